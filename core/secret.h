/* Secrets in texts that people give: in addresses of databases and files, who it is that connects and what the query
 * says; and API keys of kpi-server. */
#ifndef KPI_CORE_SECRET_H
#define KPI_CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a text is an address that may hold one: "mongodb://user:password@host/", "http://host/file?token=t",
 * and what is left of one, "user:password@host". */
bool secret_in_address(const char *text);

/* Whether an API key of kpi-server is in it. */
bool secret_is_key(const char *text);

/* Whether a text that looks like one of them is the path of a file all the same: it begins with ./ ../ or /, but not
 * with the two slashes of an address, or there is a file of that name. */
bool secret_is_path(const char *text);

enum { SECRET_SHOWN_ROOM = 256 };

/* Copies such a text to out, cut where needed, with "…" in place of the login, of the query and of a key;
 * any other text as it is. A password that is not escaped is hidden too: up to the last @. */
void secret_shown(char out[SECRET_SHOWN_ROOM], const char *text);

/* Overwrites the login and the query of an address where it lies. */
void secret_overwrite(char *address);

#endif

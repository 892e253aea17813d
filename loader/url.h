/* Addresses of files: http:// and https://, and what of them may be shown.
 *
 * Users and passwords, and parameters of the query that are named like secrets (those of signed addresses among them),
 * are for the transfer alone: they never reach a message, the log or the database. Signatures and the usual names of
 * keys are left out of what is written down; of others (private_token, hapikey) a digest is, since addresses that
 * differ in them were always different ones. No value of a query is shown, whatever its name. */
#ifndef KPI_LOADER_URL_H
#define KPI_LOADER_URL_H

#include "core/error.h"
#include "loader/arena.h"

struct url {
    const char *whole;  /* as given: for the transfer alone */
    const char *origin; /* without secrets: what tells it from others across loads */
    const char *shown;  /* without the values of the query, cut to a length that messages take */
    const char *name;   /* the last part of the path, or the host */
    bool secure;        /* https */
    bool hides;         /* the query had secrets: other files may have the same origin */
};

/* Whether the text starts with some scheme and "://". */
bool url_is(const char *text);

/* Reads an address; its texts live as long as the arena. */
bool url_read(struct url *url, struct arena *arena, const char *text, struct error *err);

#endif

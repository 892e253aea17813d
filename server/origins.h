/* The origins of other sites whose pages may read answers (https://fetch.spec.whatwg.org/#http-cors-protocol): an exact
 * list. It never changes; any thread. */
#ifndef KPI_SERVER_ORIGINS_H
#define KPI_SERVER_ORIGINS_H

#include "core/error.h"

struct origins;

/* Reads "https://a.example,http://b.example:8000". NULL with err: one is written as no browser would send it. */
struct origins *origins_new(const char *text, struct error *err);
void origins_free(struct origins *origins); /* NULL is fine */

/* The origin as the list has it; NULL: it is not on it, or there is none. */
const char *origins_find(const struct origins *origins, const char *origin);

#endif

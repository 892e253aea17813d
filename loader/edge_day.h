/* The first and last day of what a collection holds. */
#ifndef KPI_LOADER_EDGE_DAY_H
#define KPI_LOADER_EDGE_DAY_H

#include "core/db.h"

/* An edge of a collection's days: the least (direction 1) or the greatest (-1), since 1970-01-01, that documents have
 * under key. */
struct edge {
    const char *collection, *key;
    int direction;
};

/* *found is false where there is none. bound, or NULL: no document is known to be beyond that day. With an index on key
 * it is quickly seen whether it is the edge, where a search sorts all that there is. */
bool edge_day(mongoc_client_t *client, const char *database, const struct edge *edge, const int64_t *bound,
              int64_t *day, bool *found, struct error *err);

#endif

/* The first and last day of what a collection holds. */
#ifndef KPI_LOADER_EDGE_DAY_H
#define KPI_LOADER_EDGE_DAY_H

#include "core/db.h"

/* The least (direction 1) or greatest (-1) day, since 1970-01-01, that documents have under key. *found is false where
 * there is none. */
bool edge_day(mongoc_client_t *client, const char *database, const char *collection, const char *key, int direction,
              int64_t *day, bool *found, struct error *err);

#endif

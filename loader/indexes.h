/* Indexes that the sources of the KPIs ask for: "indexes" beside "collection" in pipelines/source/<name>.json. */
#ifndef KPI_LOADER_INDEXES_H
#define KPI_LOADER_INDEXES_H

#include "loader/store.h"
#include <jansson.h>

/* Creates those that are not there. A folder that is not there asks for none. */
bool indexes_create(const struct store *store, const char *pipelines_dir, struct error *err);

/* Creates those of one collection: an array of objects such as {"day": 1}. path: where they are from, for an error. */
bool indexes_of(mongoc_client_t *client, const char *database, const char *path, const char *collection,
                const json_t *indexes, struct error *err);

#endif

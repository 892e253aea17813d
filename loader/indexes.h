/* Indexes that the sources of the KPIs ask for: "indexes" beside "collection" in pipelines/source/<name>.json. */
#ifndef KPI_LOADER_INDEXES_H
#define KPI_LOADER_INDEXES_H

#include "loader/store.h"
#include <jansson.h>

/* An index that is built over the rows costs the database less than one that every row is put into. So those of a
 * collection that a load finds empty are made when it has been filled; those of the others before anything is written,
 * since the load itself looks up by them. What a load that was killed has left is no empty collection to the next. */
enum index_moment { INDEXES_BEFORE_ROWS, INDEXES_BEHIND_ROWS };

/* Creates those that are due now and not there. */
bool indexes_create(const struct store *store, const char *pipelines_dir, enum index_moment moment, struct error *err);

/* Creates those of one collection: an array of objects such as {"day": 1}. path: where they are from, for an error. */
bool indexes_of(mongoc_client_t *client, const char *database, const char *path, const char *collection,
                const json_t *indexes, struct error *err);

#endif

/* Indexes that the sources of the KPIs ask for: "indexes" beside "collection" in pipelines/source/<name>.json. */
#ifndef KPI_LOADER_INDEXES_H
#define KPI_LOADER_INDEXES_H

#include "core/error.h"
#include <mongoc/mongoc.h>

/* Creates those that are not there. A folder that is not there asks for none. */
bool indexes_create(mongoc_client_t *client, const char *database, const char *pipelines_dir, struct error *err);

#endif

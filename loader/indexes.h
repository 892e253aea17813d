/* Indexes that the sources of the KPIs ask for: "indexes" beside "collection" in pipelines/source/<name>.json. */
#ifndef KPI_LOADER_INDEXES_H
#define KPI_LOADER_INDEXES_H

#include "loader/store.h"

/* Creates those that are not there. A folder that is not there asks for none. */
bool indexes_create(const struct store *store, const char *pipelines_dir, struct error *err);

#endif

/* What the data are like after a load: every check of pipelines/quality is run and its findings are kept in the
 * collection `quality`, under the id of the import.
 *
 * A check that cannot be computed is kept with its reason and hurts nobody else. Data of a version that has been
 * checked before, by the same checks, are not checked again: the findings are kept under the new import too. */
#ifndef KPI_LOADER_QUALITY_H
#define KPI_LOADER_QUALITY_H

#include "loader/lock.h"

#define QUALITY_COLLECTION "quality"

struct quality_summary {
    size_t checks; /* how many there are */
    size_t errors; /* with findings, by severity */
    size_t warnings;
    size_t failed; /* could not be computed */
    bool repeated; /* the findings are those of an earlier import */
};

/* To be called when `meta` says the version. client: the caller's own; one more is taken from db. False: the database
 * is away, a definition is wrong, or the lock is lost: what was found then is of data that another load writes, and is
 * not kept. */
bool quality_run(struct db *db, mongoc_client_t *client, struct lock *lock, const char *pipelines_dir,
                 const char *import_id, int64_t data_version, struct quality_summary *summary, struct error *err);

#endif

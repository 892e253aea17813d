/* Answers that are kept: after a load that made a new version of the data, every KPI whose definition says "keep" is
 * asked with its defaults, as the server would be, and the answer goes to the collection `analyses`. */
#ifndef KPI_LOADER_ANALYSES_H
#define KPI_LOADER_ANALYSES_H

#include "core/db.h"

struct analyses_summary {
    size_t kept;   /* now */
    size_t failed; /* could not be computed; the log says which and why */
};

/* Keeps what is not there yet for the version of the data that `meta` says, so that a repeated load keeps nothing twice
 * and one that was interrupted keeps the rest. Of each KPI the newest `versions` are left, older ones are deleted; with
 * 0 nothing is kept and nothing deleted. client: the caller's own; one more is taken from db. False: the database is
 * away, or a definition is wrong. */
bool analyses_keep(struct db *db, mongoc_client_t *client, const char *pipelines_dir, const char *import_id,
                   int64_t versions, struct analyses_summary *summary, struct error *err);

#endif

/* Answers that are kept: after a load that made a new version of the data, every KPI whose definition says "keep" is
 * asked with its defaults, as the server would be, and the answer goes to the collection `analyses`. */
#ifndef KPI_LOADER_ANALYSES_H
#define KPI_LOADER_ANALYSES_H

#include "core/catalog.h"
#include "core/db.h"
#include "loader/lock.h"

struct analyses_summary {
    size_t kept;   /* now */
    size_t failed; /* could not be computed; the log says which and why */
};

/* Keeps what is not there yet for the version of the data that `meta` says, so that a repeated load keeps nothing twice
 * and one that was interrupted keeps the rest. Of each KPI the newest `versions` are left, older ones are deleted; with
 * 0 nothing is kept and nothing deleted. client: the caller's own; one more is taken from db. False: the database is
 * away, or the lock is lost: what was computed since is of data that another load writes, and is not kept. */
bool analyses_keep(struct db *db, mongoc_client_t *client, struct lock *lock, const struct catalog *catalog,
                   const char *import_id, int64_t versions, struct analyses_summary *summary, struct error *err);

#endif

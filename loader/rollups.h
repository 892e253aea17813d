/* Keeping the rollups of pipelines/rollup up to date: what a load does before and after it writes `meta`.
 *
 * A reader sees what the document of the data lists, and of that what its version shows (core/rollup.h). So a load that
 * has touched a few days writes their rows anew before the new version is told, for that version to show, and closes
 * what was there, which the old version goes on showing. What cannot be brought up to date so (nothing is listed, the
 * declaration is another, all days may have changed) is left out of the list that is written with the new version,
 * built from nothing beside what is there, and listed when it is whole.
 *
 * A load that is killed leaves what no reader sees: either its version was never told, or what it built is not listed.
 * The next load deletes it. What was in sight when a load began is deleted by a later one only, so that readers who
 * have not yet seen the new list find what they look for. */
#ifndef KPI_LOADER_ROLLUPS_H
#define KPI_LOADER_ROLLUPS_H

#include "core/catalog.h"
#include "core/db.h"
#include "loader/lock.h"
#include "loader/progress.h"
#include "loader/touched.h"
#include <stdio.h>

struct rollups;

/* What of a load it needs; all of it outlives the rollups. */
struct rollups_load {
    struct db *db;
    mongoc_client_t *client;
    struct lock *lock;
    struct progress *progress;
};

/* Those of the catalogue, which outlives them; NULL: rollups are off, none will be listed. */
struct rollups *rollups_new(const struct catalog *catalog);
void rollups_free(struct rollups *rollups); /* NULL is fine */

/* Sees what is there, when the lock is taken. False also where a rollup would be kept in somebody else's collection. */
bool rollups_begin(struct rollups *rollups, const struct rollups_load *load, struct error *err);

/* When orders are written and before `meta` is: brings up to date what can be so. The list for `meta`, if it is going
 * to say target_version, is rollups_listed(). May be repeated. */
bool rollups_update(struct rollups *rollups, const struct touched_days *touched, int64_t target_version,
                    struct error *err);
const bson_t *rollups_listed(const struct rollups *rollups);

/* Whether there is something to complete, after an update without touched days. */
bool rollups_is_pending(const struct rollups *rollups);

/* When `meta` says version: builds what is not listed, and lists it. May be repeated. */
bool rollups_complete(struct rollups *rollups, int64_t version, struct error *err);

/* Deletes what nobody sees any more. */
bool rollups_forget(struct rollups *rollups, struct error *err);

/* A line of what was done, and what there is to say. */
void rollups_print(const struct rollups *rollups, FILE *out);

#endif

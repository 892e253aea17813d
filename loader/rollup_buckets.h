/* The documents of a rollup's collection, as core/rollup.h describes them: writing rows, reading them again, and taking
 * them out of sight.
 *
 * What is written is seen from a version of the data on, and what is closed up to one: see rollups.h for the order in
 * which that is done. */
#ifndef KPI_LOADER_ROLLUP_BUCKETS_H
#define KPI_LOADER_ROLLUP_BUCKETS_H

#include "core/db.h"
#include "core/rollup.h"
#include "loader/lock.h"
#include "loader/rollup_cells.h"
#include "loader/touched.h"

/* Which documents of a rollup: those of a build that a version shows, of some days or all. */
struct buckets {
    const char *database;
    struct lock *lock;
    const struct rollup *rollup;
    int64_t build;
    int64_t version; /* of the data, which shows what is written now */
};

/* Makes the collection and its index, which is by day: another would be taken in its stead, whatever days are asked
 * for. May be repeated. */
bool buckets_create(const struct buckets *b, mongoc_client_t *client, struct error *err);

/* Writes all cells, of which the periods are days, months or 0; adds their number to *rows. */
bool buckets_write(const struct buckets *b, mongoc_client_t *client, struct cells *cells, int64_t *rows,
                   struct error *err);

/* Deletes what an attempt at this very version has written. */
bool buckets_undo(const struct buckets *b, mongoc_client_t *client, struct error *err);

/* How many rows of those days (NULL: of all) the version before shows; and closes them, so that this one does not. */
bool buckets_count_old(const struct buckets *b, mongoc_client_t *client, const struct touched_days *days, int64_t *rows,
                       struct error *err);
bool buckets_close_old(const struct buckets *b, mongoc_client_t *client, const struct touched_days *days,
                       struct error *err);

/* Days that are read: from first to last, but for those of `without` (or NULL). */
struct bucket_days {
    int64_t first, last;
    const struct touched_days *without;
};

/* Adds up the rows that this version shows in cells of a rollup which has this one for a parent, all under one period.
 * days: NULL for all. */
bool buckets_add_up(const struct buckets *b, mongoc_client_t *client, const struct bucket_days *days,
                    const struct rollup *child, struct cells *cells, uint32_t period, struct error *err);

/* Deletes builds before `build`, but for `old_build`. */
bool buckets_forget_builds(const struct buckets *b, mongoc_client_t *client, int64_t old_build, struct error *err);

/* Deletes what that version and later ones do not show of those days (NULL: of all). */
bool buckets_forget_closed(const struct buckets *b, mongoc_client_t *client, const struct touched_days *days,
                           int64_t version, struct error *err);

#endif

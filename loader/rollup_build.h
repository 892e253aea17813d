/* Building the rows of rollups: orders are read once for all of them, some days at once, in two spans of whole months
 * at a time. Memory is bounded by these days and by the sums of the months. */
#ifndef KPI_LOADER_ROLLUP_BUILD_H
#define KPI_LOADER_ROLLUP_BUILD_H

#include "loader/progress.h"
#include "loader/rollup_book.h"
#include "loader/rollup_buckets.h"

/* A rollup that is built. */
struct rollup_task {
    struct buckets buckets;
    const struct rollup *parent; /* the rollup's, if it is built too; NULL: it is summed from orders */
    int64_t rows;                /* that were written */
    int64_t old_rows;            /* of touched days: that were closed for it */
    struct rollup_flaw flaw;     /* what is there is of no use */
};

struct rollup_build {
    struct db *db;
    mongoc_client_t *client;
    struct progress *progress;
    struct rollup_task *tasks; /* each behind its parent */
    size_t count;
    int64_t first_day, last_day;     /* of the data */
    bool again;                      /* an attempt at the same days may have written something */
    int64_t orders;                  /* about how many there are */
    const struct touched_days *days; /* that are built; NULL: all */
};

/* With days: writes their rows anew, those of their months and those of all days, and closes what was there; what an
 * earlier attempt has done is undone first. Without: writes all rows of a build that is not there yet. */
bool rollup_build(struct rollup_build *build, struct error *err);

#endif

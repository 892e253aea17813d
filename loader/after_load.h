/* What a load does when the data are in place: the star schema, the rollups, the checks of their quality, the answers
 * to keep; and the lines of the summary that tell of it. */
#ifndef KPI_LOADER_AFTER_LOAD_H
#define KPI_LOADER_AFTER_LOAD_H

#include "core/catalog.h"
#include "core/db.h"
#include "core/options.h"
#include "loader/analyses.h"
#include "loader/quality.h"
#include "loader/rollups.h"
#include "loader/star.h"
#include <stdio.h>

struct after_load {
    bool star_ran, results_ran;
    int64_t data_ready_ms; /* on the clock of progress_now_ms(): when `meta` was written; 0 before */
    double star_seconds, quality_seconds, analyses_seconds;
    struct star_summary star;
    struct catalog
        *catalog; /* as it was before anything was written; NULL where neither rollups nor answers are kept */
    struct mistakes in_rollups; /* files that are done without */
    struct rollups *rollups;    /* NULL before after_load_check() */
    struct quality_summary quality;
    struct analyses_summary analyses;
    int64_t star_behind; /* the version that the star schema has stayed at; 0 when it has not */
};

/* Reads every definition that will be needed, before anything is written: a wrong one stops the load now and not in the
 * end. Only a wrong rollup does not, since KPIs are answered without it. */
bool after_load_check(struct after_load *after, const struct options *options, struct error *err);
void after_load_release(struct after_load *after);

/* The star schema, when it is asked for. Before `meta` is written, which will say this version if anything changed. */
bool after_load_star(struct after_load *after, const struct options *options, struct db *db, mongoc_client_t *client,
                     struct lock *lock, const char *import_id, int64_t version, const struct touched_days *touched,
                     struct error *err);

/* Quality and analyses. When `meta` is written. */
bool after_load_results(struct after_load *after, const struct options *options, struct db *db, mongoc_client_t *client,
                        struct lock *lock, const char *import_id, int64_t data_version, struct error *err);

void after_load_print(const struct after_load *after, FILE *out);

#endif

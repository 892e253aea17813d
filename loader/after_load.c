#include "loader/after_load.h"
#include "loader/progress.h"
#include "loader/quality_check.h"
#include "loader/star_table.h"

#include <string.h>

static bool is_on(const struct options *options, enum option_id id)
{
    return strcmp(options->text[id], "on") == 0;
}

static double seconds_since(int64_t start_ms)
{
    return (double)(progress_now_ms() - start_ms) / 1000;
}

/* Once for the whole load: what is kept is computed from the definitions that were found right before it. */
static bool load_catalog(struct after_load *after, const struct options *options, struct error *err)
{
    if (!is_on(options, OPTION_ROLLUPS) && !options->number[OPTION_KEEP_ANALYSES])
        return true;
    after->catalog = catalog_load_noting(options->text[OPTION_PIPELINES], &after->in_rollups, err);
    return after->catalog;
}

static bool check_quality(const char *dir, struct error *err)
{
    struct quality_checks checks;
    bool ok = quality_checks_read(dir, &checks, err);
    quality_checks_release(&checks);
    return ok;
}

static bool check_star(const char *dir, struct error *err)
{
    struct star_tables tables;
    bool ok = star_tables_read(dir, &tables, err);
    star_tables_release(&tables);
    return ok;
}

bool after_load_check(struct after_load *after, const struct options *options, struct error *err)
{
    const char *dir = options->text[OPTION_PIPELINES];
    after_load_release(after);
    if (!load_catalog(after, options, err))
        return false;
    after->rollups = rollups_new(is_on(options, OPTION_ROLLUPS) ? after->catalog : NULL);
    return (!is_on(options, OPTION_QUALITY) || check_quality(dir, err)) &&
           (!is_on(options, OPTION_STAR) || check_star(dir, err));
}

void after_load_release(struct after_load *after)
{
    rollups_free(after->rollups);
    after->rollups = NULL;
    catalog_release(after->catalog);
    after->catalog = NULL;
    mistakes_release(&after->in_rollups);
}

bool after_load_star(struct after_load *after, const struct options *options, struct db *db, mongoc_client_t *client,
                     struct lock *lock, const char *import_id, int64_t version, const struct touched_days *touched,
                     struct error *err)
{
    int64_t start = progress_now_ms();
    bool ok;
    if (!is_on(options, OPTION_STAR))
        return true;
    ok = star_update(client, db_name(db), lock, options->text[OPTION_PIPELINES], import_id, version, touched,
                     &after->star, err);
    after->star_ran = ok;
    after->star_seconds = seconds_since(start);
    return ok;
}

bool after_load_results(struct after_load *after, const struct options *options, struct db *db, mongoc_client_t *client,
                        struct lock *lock, const char *import_id, int64_t data_version, struct error *err)
{
    const char *dir = options->text[OPTION_PIPELINES];
    int64_t start = progress_now_ms();
    if (!is_on(options, OPTION_STAR))
        star_is_behind(client, db_name(db), data_version, &after->star_behind);
    if (is_on(options, OPTION_QUALITY) &&
        !quality_run(db, client, lock, dir, import_id, data_version, &after->quality, err))
        return false;
    after->quality_seconds = seconds_since(start);
    start = progress_now_ms();
    if (!analyses_keep(db, client, lock, after->catalog, import_id, options->number[OPTION_KEEP_ANALYSES],
                       &after->analyses, err))
        return false;
    after->analyses_seconds = seconds_since(start);
    after->results_ran = true;
    return true;
}

static void print_quality(const struct quality_summary *quality, double seconds, FILE *out)
{
    if (!quality->checks)
        return;
    fprintf(out, "Quality: %zu check%s in %.1f s", quality->checks, quality->checks == 1 ? "" : "s", seconds);
    if (quality->errors || quality->warnings)
        fprintf(out, "; %zu found errors and %zu found what may be wrong: see /v1/data-quality", quality->errors,
                quality->warnings);
    else
        fprintf(out, "; nothing is wrong");
    if (quality->failed)
        fprintf(out, "; %zu could not be computed", quality->failed);
    fprintf(out, "\n");
}

static void print_mistakes(const struct mistakes *in_rollups, FILE *out)
{
    char text[2048];
    for (size_t i = 0; i < in_rollups->count; i++) {
        mistake_text(&in_rollups->list[i], text, sizeof text);
        fprintf(out, "warning: %s: this rollup is not kept, and KPIs are answered without it\n", text);
    }
}

void after_load_print(const struct after_load *after, FILE *out)
{
    print_mistakes(&after->in_rollups, out);
    if (after->star_ran && after->star.whole)
        fprintf(out, "Star schema: computed as a whole, in %.1f s\n", after->star_seconds);
    else if (after->star_ran && after->star.written)
        fprintf(out, "Star schema: %zu days computed again, in %.1f s\n", after->star.days, after->star_seconds);
    if (after->data_ready_ms)
        rollups_print(after->rollups, out);
    if (!after->results_ran)
        return;
    if (after->star_behind)
        fprintf(out, "The star schema is still that of data version %lld; --star on brings it up to date.\n",
                (long long)after->star_behind);
    print_quality(&after->quality, after->quality_seconds, out);
    if (after->analyses.kept || after->analyses.failed)
        fprintf(out, "Analyses: %zu answers kept in %.1f s\n", after->analyses.kept, after->analyses_seconds);
    if (after->analyses.failed)
        fprintf(out, "%zu analys%s could not be computed; the log says why\n", after->analyses.failed,
                after->analyses.failed == 1 ? "is" : "es");
}

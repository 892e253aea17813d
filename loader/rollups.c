#include "loader/rollups_state.h"

#include <stdlib.h>
#include <string.h>

/* With more days than this and more than half of all, it costs less to build a rollup from nothing. */
enum { DAYS_MOST = 100 };

struct rollups *rollups_new(const struct catalog *catalog)
{
    struct rollups *r = memory_zeroed(1, sizeof *r);
    r->listed = bson_new();
    r->told = bson_new();
    r->left_out = bson_new();
    r->catalog = catalog;
    r->count = catalog ? catalog->rollup_count : 0;
    r->list = memory_zeroed(r->count, sizeof *r->list);
    for (size_t i = 0; i < r->count; i++)
        r->list[i].rollup = r->catalog->rollups[i];
    return r;
}

void rollups_free(struct rollups *r)
{
    if (!r)
        return;
    rollup_book_release(&r->book);
    bson_destroy(r->listed);
    bson_destroy(r->told);
    bson_destroy(r->left_out);
    free(r->list);
    free(r);
}

/* What is under a name that the loader has not used yet is somebody's: it must not be written into, nor deleted. */
static bool check_foreign(const struct rollups *r, const char *name, struct error *err)
{
    bson_t all = BSON_INITIALIZER, *doc = NULL;
    bool ok = rollup_book_owns(&r->book, name) ||
              db_first(r->load.client, rollups_database(r), name, &all, NULL, &doc, "looking for the rollups", err);
    if (doc) {
        error_set(
            err, ERROR_INVALID,
            "the rollup %s would be kept in a collection of that name, and there is one already that kpi-load has "
            "not made; rename it, or pipelines/rollup/%s.json",
            name, name);
        ok = false;
    }
    bson_destroy(doc);
    return ok;
}

static void tell(struct rollups *r, const bson_t *list)
{
    bson_destroy(r->told);
    r->told = bson_copy(list);
}

/* What the book says of the rollup, as its declaration is now. */
static void look_up(const struct rollups *r, struct kept *k)
{
    struct left_out left_out;
    k->was_listed =
        rollup_book_find(&r->book, k->rollup->name, &k->before) && strcmp(k->before.hash, k->rollup->hash) == 0;
    k->was_left_out = !k->was_listed && rollup_book_find_left_out(&r->book, k->rollup->name, &left_out) &&
                      left_out.version == r->dataset.version && strcmp(left_out.hash, k->rollup->hash) == 0;
    if (k->was_left_out)
        k->flaw = left_out.flaw;
}

bool rollups_begin(struct rollups *r, const struct rollups_load *load, struct error *err)
{
    bool ok;
    r->load = *load;
    ok = rollup_book_read(load->client, db_name(load->db), &r->book, err) &&
         dataset_read(load->client, db_name(load->db), &r->dataset, err);
    if (ok)
        tell(r, r->book.listed);
    r->had_old_builds = r->book.old_builds;
    for (size_t i = 0; i < r->count && ok; i++) {
        look_up(r, &r->list[i]);
        ok = check_foreign(r, r->list[i].rollup->name, err);
    }
    return ok;
}

static struct kept *parent_of(const struct rollups *r, const struct kept *k)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].rollup == k->rollup->parent)
            return &r->list[i];
    return NULL;
}

/* Whether so many days are touched that all of them may as well be read. */
static bool are_many(const struct rollups *r, const struct touched_days *touched)
{
    int64_t all = r->dataset.has_days ? r->dataset.last_day - r->dataset.first_day + 1 : 0;
    return touched->count > DAYS_MOST && 2 * (int64_t)touched->count > all;
}

/* Whether the reason to leave it out is still there: the order that it is due to has not been touched. */
static bool stays_out(const struct kept *k, const struct touched_days *touched)
{
    return k->was_left_out && !touched->all &&
           (k->flaw.has_day ? !touched_has(touched, k->flaw.day) : touched->count == 0);
}

static enum upkeep upkeep_of(const struct rollups *r, const struct kept *k, const struct touched_days *touched,
                             int64_t target_version)
{
    const struct kept *parent = parent_of(r, k);
    if (stays_out(k, touched))
        return UPKEEP_OUT;
    if (!k->was_listed || touched->all || (parent && parent->upkeep == UPKEEP_WHOLE))
        return UPKEEP_WHOLE;
    if (touched->count == 0)
        return UPKEEP_NONE;
    if (parent && parent->upkeep == UPKEEP_OUT)
        return UPKEEP_WHOLE;
    /* Sums of all orders that have no parent to be added up from: no day can be taken out of them. */
    if (are_many(r, touched) || target_version <= r->dataset.version ||
        (k->rollup->grain == ROLLUP_ALL && !k->rollup->parent))
        return UPKEEP_WHOLE;
    return UPKEEP_DAYS;
}

/* Tasks for all rollups of that upkeep, each behind its parent as the catalogue has them. One whose parent is not built
 * now is summed from orders. The caller frees them. */
static struct rollup_task *make_tasks(const struct rollups *r, enum upkeep upkeep, int64_t build, int64_t version,
                                      size_t *count)
{
    struct rollup_task *tasks = memory_zeroed(r->count, sizeof *tasks);
    *count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct kept *parent = parent_of(r, &r->list[i]);
        if (r->list[i].upkeep == upkeep)
            tasks[(*count)++] =
                (struct rollup_task){.buckets = {.database = rollups_database(r),
                                                 .lock = r->load.lock,
                                                 .rollup = r->list[i].rollup,
                                                 .build = build ? build : r->list[i].before.build,
                                                 .version = version},
                                     .parent = parent && parent->upkeep == upkeep ? parent->rollup : NULL};
    }
    return tasks;
}

/* Notes how those of that upkeep are to be listed now. */
static void take_results(struct rollups *r, enum upkeep upkeep, const struct rollup_task *tasks)
{
    for (size_t i = 0; i < r->count; i++) {
        struct kept *k = &r->list[i];
        if (k->upkeep != upkeep)
            continue;
        snprintf(k->now.hash, sizeof k->now.hash, "%s", k->rollup->hash);
        k->now.build = tasks->buckets.build;
        k->now.rows = tasks->rows + (upkeep == UPKEEP_DAYS ? k->before.rows - tasks->old_rows : 0);
        k->flaw = tasks->flaw;
        tasks++;
    }
}

static bool build(struct rollups *r, enum upkeep upkeep, int64_t number, int64_t version,
                  const struct touched_days *days, struct error *err)
{
    struct rollup_build job = {.db = r->load.db,
                               .client = r->load.client,
                               .progress = r->load.progress,
                               .days = days,
                               .again = r->attempts > 0};
    struct dataset dataset;
    bool ok = dataset_read(r->load.client, rollups_database(r), &dataset, err) &&
              rollup_book_orders(r->load.client, rollups_database(r), &job.orders, err);
    job.first_day = dataset.has_days ? dataset.first_day : 0;
    job.last_day = dataset.has_days ? dataset.last_day : -1;
    job.tasks = make_tasks(r, upkeep, number, version, &job.count);
    ok = ok && rollup_build(&job, err);
    if (ok)
        take_results(r, upkeep, job.tasks);
    free(job.tasks);
    return ok;
}

/* The list of those that are whole. */
static void make_list(struct rollups *r, bool with_built)
{
    bson_reinit(r->listed);
    for (size_t i = 0; i < r->count; i++) {
        const struct kept *k = &r->list[i];
        if (k->upkeep == UPKEEP_NONE)
            rollup_book_append(r->listed, k->rollup->name, &k->before);
        else if (k->upkeep != UPKEEP_OUT && !k->flaw.is && (k->upkeep == UPKEEP_DAYS || with_built))
            rollup_book_append(r->listed, k->rollup->name, &k->now);
    }
}

static size_t count_of(const struct rollups *r, enum upkeep upkeep)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        count += r->list[i].upkeep == upkeep;
    return count;
}

bool rollups_update(struct rollups *r, const struct touched_days *touched, int64_t target_version, struct error *err)
{
    int64_t start = progress_now_ms();
    bool ok;
    for (size_t i = 0; i < r->count; i++)
        r->list[i].upkeep = upkeep_of(r, &r->list[i], touched, target_version);
    r->whole = count_of(r, UPKEEP_WHOLE);
    r->changed = count_of(r, UPKEEP_DAYS);
    r->days = touched->count;
    r->touched = touched;
    ok = r->changed == 0 || build(r, UPKEEP_DAYS, 0, target_version, touched, err);
    r->attempts++;
    if (ok)
        make_list(r, false);
    if (ok && (!r->dataset.loaded || touched->all || touched->any_row))
        tell(r, r->listed);
    r->seconds += (double)(progress_now_ms() - start) / 1000;
    return ok;
}

const bson_t *rollups_listed(const struct rollups *r)
{
    return r->listed;
}

/* Before anything is made: so that it is found again whatever happens. */
static bool write_book(struct rollups *r, struct error *err)
{
    uint32_t n = bson_count_keys(r->book.collections);
    r->book.old_builds |= r->book.last_build > 0;
    r->book.last_build++;
    for (size_t i = 0; i < r->count; i++) {
        char number[16];
        const char *key, *name = r->list[i].rollup->name;
        size_t length;
        if (rollup_book_owns(&r->book, name))
            continue;
        length = bson_uint32_to_string(n++, &key, number, sizeof number);
        bson_append_utf8(r->book.collections, key, (int)length, name, -1);
    }
    return rollup_book_write(r->load.client, rollups_database(r), r->load.lock, &r->book, err);
}

/* Notes what must not be read and why, so that it is not built over and over, and servers can say so. */
static bool note_left_out(struct rollups *r, int64_t version, struct error *err)
{
    bson_reinit(r->left_out);
    for (size_t i = 0; i < r->count; i++) {
        const struct kept *k = &r->list[i];
        struct left_out left_out = {.version = version, .flaw = k->flaw};
        if (!k->flaw.is || k->upkeep == UPKEEP_NONE)
            continue;
        r->leaves_rows |= k->upkeep != UPKEEP_OUT;
        snprintf(left_out.hash, sizeof left_out.hash, "%s", k->rollup->hash);
        rollup_book_append_left_out(r->left_out, k->rollup->name, &left_out);
    }
    if (bson_equal(r->left_out, r->book.left_out))
        return true;
    r->book.old_builds |= r->leaves_rows;
    bson_destroy(r->book.left_out);
    r->book.left_out = bson_copy(r->left_out);
    return rollup_book_write(r->load.client, rollups_database(r), r->load.lock, &r->book, err);
}

bool rollups_is_pending(const struct rollups *r)
{
    return r->dataset.loaded && (r->whole || !bson_equal(r->told, r->listed));
}

bool rollups_complete(struct rollups *r, int64_t version, struct error *err)
{
    int64_t start = progress_now_ms();
    bool ok = r->whole == 0 || (write_book(r, err) && build(r, UPKEEP_WHOLE, r->book.last_build, version, NULL, err));
    if (ok)
        make_list(r, true);
    if (ok && !bson_equal(r->told, r->listed))
        ok = rollup_book_list(r->load.client, rollups_database(r), r->load.lock, r->listed, err);
    ok = ok && note_left_out(r, version, err);
    if (ok)
        tell(r, r->listed);
    r->seconds += (double)(progress_now_ms() - start) / 1000;
    return ok;
}

void rollups_print(const struct rollups *r, FILE *out)
{
    if (r->whole)
        fprintf(out, "Rollups: %zu built", r->whole);
    if (r->whole && r->changed)
        fprintf(out, ", ");
    else if (r->changed)
        fprintf(out, "Rollups: ");
    if (r->changed)
        fprintf(out, "%zu brought up to date for %zu day%s", r->changed, r->days, r->days == 1 ? "" : "s");
    if (r->whole || r->changed)
        fprintf(out, " in %.1f s\n", r->seconds);
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].flaw.is)
            fprintf(out, "The rollup %s is not used, and KPIs are answered without it: %s\n", r->list[i].rollup->name,
                    r->list[i].flaw.why);
    if (!r->catalog && r->book.listed && !bson_empty(r->book.listed))
        fprintf(out, "The rollups are out of use: KPIs are answered from the orders; --rollups on builds them anew.\n");
}

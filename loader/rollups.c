#include "loader/rollups.h"
#include "core/catalog.h"
#include "core/dataset.h"
#include "core/day.h"
#include "loader/rollup_book.h"
#include "loader/rollup_build.h"

#include <stdlib.h>
#include <string.h>

/* With more days than this and more than half of all, it costs less to build a rollup from nothing. */
enum { DAYS_MOST = 100 };

enum upkeep {
    UPKEEP_NONE,  /* it is up to date */
    UPKEEP_DAYS,  /* touched days are written anew */
    UPKEEP_WHOLE, /* it is built from nothing */
};

/* A rollup of the folder. */
struct kept {
    const struct rollup *rollup;
    enum upkeep upkeep;
    bool was_listed; /* when the load began, as its declaration is now */
    struct listed_rollup before, now;
    bool unfit; /* its sums do not fit: it is not listed */
};

struct rollups {
    struct rollups_load load;
    struct catalog *catalog; /* or NULL: they are off */
    struct rollup_book book; /* as it was when the load began, but for what it writes itself */
    struct dataset dataset;  /* likewise */
    struct kept *list;
    size_t count;
    bson_t *listed; /* what `meta` lists when this load has ended; NAME as above */
    bson_t *told;   /* what it lists now, or will with the new version */
    size_t days, whole, changed;
    double seconds;
    bool had_old_builds; /* when the load began */
    const struct touched_days *touched;
    int attempts;   /* at the touched days */
    bool forgotten; /* what is out of sight */
};

struct rollups *rollups_new(const char *dir, struct error *err)
{
    struct rollups *r = memory_zeroed(1, sizeof *r);
    r->listed = bson_new();
    r->told = bson_new();
    r->catalog = dir ? catalog_load(dir, err) : NULL;
    if (dir && !r->catalog) {
        rollups_free(r);
        return NULL;
    }
    r->count = dir ? r->catalog->rollup_count : 0;
    r->list = memory_zeroed(r->count, sizeof *r->list);
    for (size_t i = 0; i < r->count; i++)
        r->list[i].rollup = r->catalog->rollups[i];
    return r;
}

void rollups_free(struct rollups *r)
{
    if (!r)
        return;
    catalog_release(r->catalog);
    rollup_book_release(&r->book);
    bson_destroy(r->listed);
    bson_destroy(r->told);
    free(r->list);
    free(r);
}

static const char *database_of(const struct rollups *r)
{
    return db_name(r->load.db);
}

/* What is under a name that the loader has not used yet is somebody's: it must not be written into, nor deleted. */
static bool check_foreign(const struct rollups *r, const char *name, struct error *err)
{
    bson_t all = BSON_INITIALIZER, *doc = NULL;
    bool ok = rollup_book_owns(&r->book, name) ||
              db_first(r->load.client, database_of(r), name, &all, NULL, &doc, "looking for the rollups", err);
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
        struct kept *k = &r->list[i];
        k->was_listed =
            rollup_book_find(&r->book, k->rollup->name, &k->before) && strcmp(k->before.hash, k->rollup->hash) == 0;
        ok = check_foreign(r, k->rollup->name, err);
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

static enum upkeep upkeep_of(const struct rollups *r, const struct kept *k, const struct touched_days *touched,
                             int64_t target_version)
{
    const struct kept *parent = parent_of(r, k);
    if (!k->was_listed || touched->all || (parent && parent->upkeep == UPKEEP_WHOLE))
        return UPKEEP_WHOLE;
    if (touched->count == 0)
        return UPKEEP_NONE;
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
                (struct rollup_task){.buckets = {.database = database_of(r),
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
        k->unfit = tasks->unfit;
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
    bool ok = dataset_read(r->load.client, database_of(r), &dataset, err) &&
              rollup_book_orders(r->load.client, database_of(r), &job.orders, err);
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
        else if (!k->unfit && (k->upkeep == UPKEEP_DAYS || with_built))
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
    return rollup_book_write(r->load.client, database_of(r), &r->book, err);
}

bool rollups_complete(struct rollups *r, int64_t version, struct error *err)
{
    int64_t start = progress_now_ms();
    bool ok = r->whole == 0 || (write_book(r, err) && build(r, UPKEEP_WHOLE, r->book.last_build, version, NULL, err));
    if (ok)
        make_list(r, true);
    if (ok && !bson_equal(r->told, r->listed))
        ok = rollup_book_list(r->load.client, database_of(r), r->listed, err);
    if (ok)
        tell(r, r->listed);
    r->seconds += (double)(progress_now_ms() - start) / 1000;
    return ok;
}

/* What was out of sight when the load began. What this load has built from nothing has no closed rows yet. */
static bool forget_rows(struct rollups *r, const struct kept *k, const struct touched_days *months, struct error *err)
{
    static const struct touched_days *const all_days = NULL;
    const struct listed_rollup *now = k->upkeep == UPKEEP_NONE ? &k->before : &k->now;
    const enum rollup_grain grain = k->rollup->grain;
    struct listed_rollup old = {.build = now->build};
    struct buckets buckets = {
        .database = database_of(r), .lock = r->load.lock, .rollup = k->rollup, .build = now->build};
    rollup_book_find(&r->book, k->rollup->name, &old);
    return (!r->had_old_builds || buckets_forget_builds(&buckets, r->load.client, old.build, err)) &&
           (k->upkeep == UPKEEP_WHOLE || !r->book.closed.count ||
            buckets_forget_closed(&buckets, r->load.client,
                                  grain == ROLLUP_DAY     ? &r->book.closed
                                  : grain == ROLLUP_MONTH ? months
                                                          : all_days,
                                  r->dataset.version, err));
}

/* Notes what is to be forgotten by the next load. */
static bool note_forgotten(struct rollups *r, struct error *err)
{
    bool had = r->had_old_builds || r->book.closed.count;
    if (!r->whole)
        r->book.old_builds = false;
    touched_release(&r->book.closed);
    for (size_t i = 0; r->changed && i < r->touched->count; i++)
        touched_add(&r->book.closed, r->touched->days[i]);
    return (!had && !r->changed) || rollup_book_write(r->load.client, database_of(r), &r->book, err);
}

static bool forget_all_rows(struct rollups *r, struct error *err)
{
    struct touched_days months = {0};
    bool ok = true;
    for (size_t i = 0; i < r->book.closed.count; i++)
        touched_add(&months, period_start(GRANULARITY_MONTH, r->book.closed.days[i]));
    for (size_t i = 0; i < r->count && ok; i++)
        ok = forget_rows(r, &r->list[i], &months, err);
    touched_release(&months);
    return ok && note_forgotten(r, err);
}

static bool drop(struct rollups *r, const char *name, struct error *err)
{
    enum { CODE_NAMESPACE_NOT_FOUND = 26 };
    mongoc_collection_t *collection = mongoc_client_get_collection(r->load.client, database_of(r), name);
    bson_error_t why;
    bool ok = lock_held(r->load.lock, r->load.client, err);
    if (ok && !mongoc_collection_drop(collection, &why) && why.code != CODE_NAMESPACE_NOT_FOUND) {
        db_error(&why, "dropping a rollup that is declared no more", err);
        ok = false;
    }
    mongoc_collection_destroy(collection);
    return ok;
}

/* Collections of rollups that are declared no more, unless somebody may still read them. */
static bool forget_collections(struct rollups *r, struct error *err)
{
    bson_t *left = bson_new();
    struct listed_rollup ignored;
    bson_iter_t it;
    uint32_t n = 0;
    bool ok = bson_iter_init(&it, r->book.collections), dropped = false;
    while (ok && bson_iter_next(&it)) {
        const char *name = bson_iter_utf8(&it, NULL), *key;
        char number[16];
        size_t length;
        if (!catalog_rollup(r->catalog, name) && !rollup_book_find(&r->book, name, &ignored)) {
            ok = drop(r, name, err);
            dropped = true;
            continue;
        }
        length = bson_uint32_to_string(n++, &key, number, sizeof number);
        bson_append_utf8(left, key, (int)length, name, -1);
    }
    if (ok && dropped) {
        bson_destroy(r->book.collections);
        r->book.collections = left;
        return rollup_book_write(r->load.client, database_of(r), &r->book, err);
    }
    bson_destroy(left);
    return ok;
}

bool rollups_forget(struct rollups *r, struct error *err)
{
    bool ok = true;
    if (!r->catalog)
        return true;
    /* A load that has nothing to do does not look for it either. */
    if (!r->forgotten && (r->whole || r->changed || r->had_old_builds))
        ok = forget_all_rows(r, err);
    r->forgotten |= ok;
    return ok && forget_collections(r, err);
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
        if (r->list[i].unfit)
            fprintf(out, "The rollup %s has sums of more than %d digits and is not used: the orders themselves are\n",
                    r->list[i].rollup->name, DECIMAL_DIGITS);
    if (!r->catalog && r->book.listed && !bson_empty(r->book.listed))
        fprintf(out, "The rollups are out of use: KPIs are answered from the orders; --rollups on builds them anew.\n");
}

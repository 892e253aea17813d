#include "core/day.h"
#include "loader/rollups_state.h"

/* What was out of sight when the load began. What this load has built from nothing has no closed rows yet. */
static bool forget_rows(struct rollups *r, const struct kept *k, const struct touched_days *months, struct error *err)
{
    static const struct touched_days *const all_days = NULL;
    static const int64_t no_build = INT64_MAX;
    const struct listed_rollup *now = k->upkeep == UPKEEP_NONE ? &k->before : &k->now;
    const enum rollup_grain grain = k->rollup->grain;
    struct listed_rollup old = {.build = now->build};
    struct buckets buckets = {
        .database = rollups_database(r), .lock = r->load.lock, .rollup = k->rollup, .build = now->build};
    /* Nobody has read it since the load that left it out. */
    if (k->upkeep == UPKEEP_OUT)
        return !r->had_old_builds || buckets_forget_builds(&buckets, r->load.client, no_build, err);
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
        r->book.old_builds = r->leaves_rows;
    touched_release(&r->book.closed);
    for (size_t i = 0; r->changed && i < r->touched->count; i++)
        touched_add(&r->book.closed, r->touched->days[i]);
    return (!had && !r->changed) || rollup_book_write(r->load.client, rollups_database(r), r->load.lock, &r->book, err);
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
    mongoc_collection_t *collection = mongoc_client_get_collection(r->load.client, rollups_database(r), name);
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
        return rollup_book_write(r->load.client, rollups_database(r), r->load.lock, &r->book, err);
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

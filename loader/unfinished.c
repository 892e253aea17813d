#include "loader/unfinished.h"
#include "loader/fence.h"

#include <string.h>

#define LOOKING "looking for earlier imports"

static mongoc_collection_t *imports_of(const struct store *store)
{
    return mongoc_client_get_collection(store->client, db_name(store->db), "imports");
}

/* {$set: {key: value}} on all documents that match. */
static bool update_in(const struct store *store, const char *collection, const bson_t *match, const bson_t *set,
                      struct error *err)
{
    mongoc_collection_t *documents = mongoc_client_get_collection(store->client, db_name(store->db), collection);
    bson_t *change = BCON_NEW("$set", BCON_DOCUMENT(set));
    bson_error_t why;
    bool ok = mongoc_collection_update_many(documents, match, change, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "marking what earlier imports left", err);
    bson_destroy(change);
    mongoc_collection_destroy(documents);
    return ok;
}

static bool update(const struct store *store, const bson_t *match, const bson_t *set, struct error *err)
{
    return update_in(store, "imports", match, set, err);
}

/* The data are those of that import now, and have its version: readers must not take answers for current that were made
 * before, nor the next load mix the data with other hours or another money. Days and counts are told by the next load
 * that comes to its end. */
static bool tell_meta(const struct store *store, const bson_t *import, struct error *err)
{
    bson_t data = BSON_INITIALIZER, said = BSON_INITIALIZER, none = BSON_INITIALIZER, there;
    static const char *const fields[] = {"timezone", "currency"};
    bson_iter_t it;
    bool ok;
    fence_match(&data, store->lock);
    BSON_APPEND_DOCUMENT_BEGIN(&data, "version", &there); /* else no load has come to its end: nothing is said yet */
    BSON_APPEND_BOOL(&there, "$exists", true);
    bson_append_document_end(&data, &there);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (bson_iter_init_find(&it, import, fields[i]))
            bson_append_iter(&said, fields[i], -1, &it);
    if (bson_iter_init_find(&it, import, "target_version"))
        bson_append_iter(&said, "version", -1, &it);
    if (!bson_empty(&said)) /* rollups are of the data that are gone */
        BSON_APPEND_DOCUMENT(&said, "rollups", &none);
    ok = bson_empty(&said) || update_in(store, DATASET_COLLECTION, &data, &said, err);
    bson_destroy(&data);
    bson_destroy(&said);
    return ok;
}

bool unfinished_complete_swap(const struct store *store, bool *completed, struct error *err)
{
    bson_t *swapping = BCON_NEW("swapping", BCON_BOOL(true)), *done = BCON_NEW("swapping", BCON_BOOL(false));
    bson_t *import = NULL;
    bool ok = db_first(store->client, db_name(store->db), "imports", swapping, NULL, &import, LOOKING, err);
    if (import) {
        *completed = true;
        ok = ok && store_swap(store, err) && tell_meta(store, import, err) && update(store, swapping, done, err);
    }
    bson_destroy(import);
    bson_destroy(swapping);
    bson_destroy(done);
    return ok;
}

static bson_t *match_unsettled(void)
{
    return BCON_NEW("status", "{", "$in", "[", BCON_UTF8("interrupted"), BCON_UTF8("failed"), "]", "}", "settled", "{",
                    "$ne", BCON_BOOL(true), "}", "wrote", "{", "$ne", BCON_BOOL(false), "}");
}

bool unfinished_is_any(const struct store *store, bool *any, struct error *err)
{
    bson_t *filter =
        BCON_NEW("status", "{", "$in", "[", BCON_UTF8("running"), BCON_UTF8("interrupted"), BCON_UTF8("failed"), "]",
                 "}", "settled", "{", "$ne", BCON_BOOL(true), "}", "wrote", "{", "$ne", BCON_BOOL(false), "}");
    bson_t *import = NULL;
    bool ok = db_first(store->client, db_name(store->db), "imports", filter, NULL, &import, LOOKING, err);
    *any = import;
    bson_destroy(import);
    bson_destroy(filter);
    return ok;
}

/* An import that is not settled: an earlier attempt at this one, or another. */
static void take(const bson_t *doc, struct import *import, struct unfinished *found)
{
    bson_iter_t it;
    bool same = bson_iter_init_find(&it, doc, "content") && BSON_ITER_HOLDS_UTF8(&it) &&
                strcmp(bson_iter_utf8(&it, NULL), import->content) == 0 && db_number(doc, "target_version");
    if (!same) {
        found->others = true;
        found->replaced |= bson_iter_init_find(&it, doc, "swapping");
        return;
    }
    found->same = true;
    if (bson_iter_init_find(&it, doc, "_id") && BSON_ITER_HOLDS_UTF8(&it))
        bson_strncpy(import->id, bson_iter_utf8(&it, NULL), sizeof import->id);
    if (bson_iter_init_find(&it, doc, "target_version"))
        import->target_version = bson_iter_as_int64(&it);
    found->same_started_empty = bson_iter_init_find(&it, doc, "started_empty") && bson_iter_as_bool(&it);
}

/* How often this very import has been begun, by what the attempt before has written down. */
static bool count_attempts(const struct store *store, struct import *import, struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(import->id)), *before = NULL;
    bson_iter_t it;
    bool ok = db_first(store->client, db_name(store->db), "imports", filter, NULL, &before, LOOKING, err);
    import->attempts = 1;
    if (before && bson_iter_init_find(&it, before, "attempts"))
        import->attempts += (int)bson_iter_as_int64(&it);
    else if (before)
        import->attempts++;
    bson_destroy(before);
    bson_destroy(filter);
    return ok;
}

bool unfinished_find(const struct store *store, struct import *import, struct unfinished *found, struct error *err)
{
    mongoc_collection_t *imports = imports_of(store);
    bson_t *running = BCON_NEW("status", BCON_UTF8("running")),
           *interrupted = BCON_NEW("status", BCON_UTF8("interrupted")), *unsettled = match_unsettled();
    mongoc_cursor_t *cursor = NULL;
    const bson_t *doc;
    bson_error_t why;
    bool ok = store->dry_run || update(store, running, interrupted, err);
    *found = (struct unfinished){0};
    if (ok) {
        cursor = mongoc_collection_find_with_opts(imports, unsettled, NULL, NULL);
        while (mongoc_cursor_next(cursor, &doc))
            take(doc, import, found);
        ok = !mongoc_cursor_error(cursor, &why);
        if (!ok)
            db_error(&why, LOOKING, err);
    }
    ok = ok && count_attempts(store, import, err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(running);
    bson_destroy(interrupted);
    bson_destroy(unsettled);
    mongoc_collection_destroy(imports);
    return ok;
}

bool unfinished_settle(const struct store *store, struct error *err)
{
    bson_t *unsettled = match_unsettled(), *settled = BCON_NEW("settled", BCON_BOOL(true));
    bool ok = update(store, unsettled, settled, err);
    bson_destroy(unsettled);
    bson_destroy(settled);
    return ok;
}

#include "loader/unfinished.h"

#include <string.h>

#define LOOKING "looking for earlier imports"

static mongoc_collection_t *imports_of(const struct store *store)
{
    return mongoc_client_get_collection(store->client, db_name(store->db), "imports");
}

/* {$set: {key: value}} on all imports that match. */
static bool update(const struct store *store, const bson_t *match, const bson_t *set, struct error *err)
{
    mongoc_collection_t *imports = imports_of(store);
    bson_t *change = BCON_NEW("$set", BCON_DOCUMENT(set));
    bson_error_t why;
    bool ok = mongoc_collection_update_many(imports, match, change, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "marking earlier imports", err);
    bson_destroy(change);
    mongoc_collection_destroy(imports);
    return ok;
}

static bson_t *match_unsettled(void)
{
    return BCON_NEW("status", "{", "$in", "[", BCON_UTF8("interrupted"), BCON_UTF8("failed"), "]", "}", "settled", "{",
                    "$ne", BCON_BOOL(true), "}", "wrote", "{", "$ne", BCON_BOOL(false), "}");
}

/* An import that is not settled: an earlier attempt at this one, or another. */
static void take(const bson_t *doc, struct import *import, struct unfinished *found)
{
    bson_iter_t it;
    bool same = bson_iter_init_find(&it, doc, "content") && BSON_ITER_HOLDS_UTF8(&it) &&
                strcmp(bson_iter_utf8(&it, NULL), import->content) == 0;
    if (!same) {
        found->others = true;
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

#include "loader/unfinished.h"
#include "core/db.h"

static mongoc_collection_t *imports_of(mongoc_client_t *client, const char *database)
{
    return mongoc_client_get_collection(client, database, "imports");
}

/* {$set: {key: value}} on all imports that match. */
static bool update(mongoc_client_t *client, const char *database, const bson_t *match, const bson_t *set,
                   struct error *err)
{
    mongoc_collection_t *imports = imports_of(client, database);
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
                    "$ne", BCON_BOOL(true), "}");
}

bool unfinished_find(mongoc_client_t *client, const char *database, bool *found, struct error *err)
{
    mongoc_collection_t *imports = imports_of(client, database);
    bson_t *running = BCON_NEW("status", BCON_UTF8("running")),
           *interrupted = BCON_NEW("status", BCON_UTF8("interrupted"));
    bson_t *unsettled = match_unsettled(), *options = BCON_NEW("limit", BCON_INT64(1));
    mongoc_cursor_t *cursor = NULL;
    const bson_t *doc;
    bson_error_t why;
    bool ok = update(client, database, running, interrupted, err);
    if (ok) {
        cursor = mongoc_collection_find_with_opts(imports, unsettled, options, NULL);
        *found = mongoc_cursor_next(cursor, &doc);
        ok = !mongoc_cursor_error(cursor, &why);
        if (!ok)
            db_error(&why, "looking for earlier imports", err);
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(running);
    bson_destroy(interrupted);
    bson_destroy(unsettled);
    bson_destroy(options);
    mongoc_collection_destroy(imports);
    return ok;
}

bool unfinished_settle(mongoc_client_t *client, const char *database, struct error *err)
{
    bson_t *unsettled = match_unsettled(), *settled = BCON_NEW("settled", BCON_BOOL(true));
    bool ok = update(client, database, unsettled, settled, err);
    bson_destroy(unsettled);
    bson_destroy(settled);
    return ok;
}

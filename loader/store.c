#include "loader/store.h"
#include "loader/arena.h"

static const char *const next_names[KIND_COUNT] = {[KIND_LOCATION] = "next_locations",
                                                   [KIND_CUSTOMER] = "next_customers",
                                                   [KIND_PRODUCT] = "next_products",
                                                   [KIND_SELLER] = "next_sellers",
                                                   [KIND_ORDER] = "next_orders"};

enum { CODE_NAMESPACE_NOT_FOUND = 26, CODE_NAMESPACE_EXISTS = 48 };

/* Building an index, or a check of quality, may take minutes; a batch takes well under a second, and the beat of the
 * lock no time: from a database that hangs nobody is to wait for them for long. One connection for the main thread and
 * one for a helper, which can do without; two to write and one for the beat, which cannot. */
enum {
    COMMAND_TIMEOUT_MS = 300 * 1000,
    CONNECTIONS = 3,
    LEAST = 1,
    BRIEF_TIMEOUT_MS = 60 * 1000,
    BRIEF_CONNECTIONS = 4,
    BRIEF_LEAST = 3
};

static struct db *database(const struct options *options, unsigned connections, unsigned least, unsigned timeout_ms,
                           struct error *err)
{
    struct db_config config = {.uri = options->text[OPTION_URI],
                               .name = options->text[OPTION_DB],
                               .app_name = "kpi-load",
                               .pool_size = connections,
                               .pool_least = least,
                               .query_timeout_ms = timeout_ms};
    return db_new(&config, err);
}

bool store_reach(struct store *store, const struct options *options, struct error *err)
{
    *store = (struct store){.db = database(options, CONNECTIONS, LEAST, COMMAND_TIMEOUT_MS, err),
                            .replace = options->number[OPTION_REPLACE],
                            .dry_run = options->number[OPTION_DRY_RUN],
                            .retry_seconds = options->number[OPTION_RETRY]};
    if (store->db)
        store->brief = database(options, BRIEF_CONNECTIONS, BRIEF_LEAST, BRIEF_TIMEOUT_MS, err);
    if (!store->brief) {
        store_leave(store);
        return false;
    }
    if (db_ping(store->db, err)) {
        store->client = db_pop(store->db, err);
    } else {
        struct error why = *err;
        error_set(err, ERROR_UNAVAILABLE, "%s; is it running, and does --uri or MONGODB_URI say the right place?",
                  why.message);
    }
    if (store->client)
        return true;
    store_leave(store);
    return false;
}

void store_leave(struct store *store)
{
    if (store->client)
        db_push(store->db, store->client);
    db_free(store->brief);
    db_free(store->db);
    *store = (struct store){0};
}

const char *store_collection(const struct store *store, enum kind kind)
{
    return store->replace ? next_names[kind] : schema_kinds[kind].collection;
}

mongoc_collection_t *store_get(const struct store *store, mongoc_client_t *client, enum kind kind)
{
    return mongoc_client_get_collection(client, db_name(store->db), store_collection(store, kind));
}

/* Looks for one document; a collection that is not there is empty. */
static bool is_empty(const struct store *store, enum kind kind, bool *empty, struct error *err)
{
    bson_t all = BSON_INITIALIZER, *doc = NULL, *options = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}");
    bool ok = db_first(store->client, db_name(store->db), store_collection(store, kind), &all, options, &doc,
                       "looking whether data is loaded already", err);
    *empty = !doc;
    bson_destroy(doc);
    bson_destroy(options);
    return ok;
}

static bool drop(const struct store *store, const char *name, struct error *err)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(store->client, db_name(store->db), name);
    bson_error_t why;
    bool ok = mongoc_collection_drop(collection, &why) || why.code == CODE_NAMESPACE_NOT_FOUND;
    if (!ok)
        db_error(&why, "dropping what an earlier load left", err);
    mongoc_collection_destroy(collection);
    return ok;
}

bool store_open(struct store *store, struct error *err)
{
    for (int kind = 0; kind <= KIND_ORDER; kind++) {
        if (store->replace && !store->dry_run && !drop(store, next_names[kind], err))
            return false;
        store->empty[kind] = true;
        if (!store->replace && !is_empty(store, (enum kind)kind, &store->empty[kind], err))
            return false;
    }
    return true;
}

bool store_create(const struct store *store, struct error *err)
{
    mongoc_database_t *database = mongoc_client_get_database(store->client, db_name(store->db));
    bool ok = true;
    for (int kind = 0; kind <= KIND_ORDER && ok; kind++) {
        bson_error_t why;
        mongoc_collection_t *collection;
        if (!store->empty[kind])
            continue;
        collection = mongoc_database_create_collection(database, store_collection(store, (enum kind)kind), NULL, &why);
        ok = collection || why.code == CODE_NAMESPACE_EXISTS;
        if (!ok)
            db_error(&why, "creating the collections", err);
        mongoc_collection_destroy(collection);
    }
    mongoc_database_destroy(database);
    return ok;
}

bool store_clear(const struct store *store, struct error *err)
{
    bson_t all = BSON_INITIALIZER;
    bool ok = true;
    for (int kind = 0; kind <= KIND_ORDER && ok; kind++) {
        mongoc_collection_t *collection = store_get(store, store->client, (enum kind)kind);
        bson_error_t why;
        ok = !store->empty[kind] || mongoc_collection_delete_many(collection, &all, NULL, NULL, &why);
        if (!ok)
            db_error(&why, "removing what a load has begun", err);
        mongoc_collection_destroy(collection);
    }
    bson_destroy(&all);
    return ok;
}

/* Renames a collection over the one that it replaces. */
static bool rename_over(const struct store *store, enum kind kind, struct error *err)
{
    mongoc_collection_t *next = mongoc_client_get_collection(store->client, db_name(store->db), next_names[kind]);
    bson_error_t why;
    bool ok = mongoc_collection_rename(next, db_name(store->db), schema_kinds[kind].collection, true /* drop the old */,
                                       &why);
    if (!ok)
        db_error(&why, "putting the new collections into the places of the old ones", err);
    mongoc_collection_destroy(next);
    return ok;
}

/* Whether there is a collection of that name. */
static bool exists(const struct store *store, const char *name, bool *found, struct error *err)
{
    mongoc_database_t *database = mongoc_client_get_database(store->client, db_name(store->db));
    bson_error_t why = {0};
    *found = mongoc_database_has_collection(database, name, &why);
    mongoc_database_destroy(database);
    if (!*found && why.code)
        db_error(&why, "listing the collections", err);
    return *found || !why.code;
}

bool store_swap(const struct store *store, struct error *err)
{
    /* Orders last: who sees new orders sees what they refer to. store_create() has made all of them: one that is not
     * there is in its place already. */
    for (int kind = 0; kind <= KIND_ORDER; kind++) {
        bool found = false;
        if (!lock_held(store->lock, store->client, err) || !exists(store, next_names[kind], &found, err) ||
            (found && !rename_over(store, (enum kind)kind, err)))
            return false;
    }
    return true;
}

void store_filter(bson_t *filter, const char *field, const struct text *keys, size_t count)
{
    bson_t condition, in;
    BSON_APPEND_DOCUMENT_BEGIN(filter, field, &condition);
    BSON_APPEND_ARRAY_BEGIN(&condition, "$in", &in);
    for (size_t i = 0; i < count; i++) {
        char number[16];
        const char *name;
        size_t n = bson_uint32_to_string((uint32_t)i, &name, number, sizeof number);
        bson_append_utf8(&in, name, (int)n, keys[i].bytes, (int)keys[i].n);
    }
    bson_append_array_end(&condition, &in);
    bson_append_document_end(filter, &condition);
}

mongoc_cursor_t *store_find(mongoc_collection_t *collection, const struct text *keys, size_t count,
                            const char *projection)
{
    bson_t filter = BSON_INITIALIZER, options = BSON_INITIALIZER, fields;
    mongoc_cursor_t *cursor;
    store_filter(&filter, "_id", keys, count);
    if (projection) {
        BSON_APPEND_DOCUMENT_BEGIN(&options, "projection", &fields);
        BSON_APPEND_INT32(&fields, projection, 1);
        bson_append_document_end(&options, &fields);
    }
    BSON_APPEND_INT32(&options, "batchSize", (int32_t)count + 1);
    cursor = mongoc_collection_find_with_opts(collection, &filter, &options, NULL);
    bson_destroy(&options);
    bson_destroy(&filter);
    return cursor;
}

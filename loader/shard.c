#include "loader/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_ALREADY_INITIALIZED = 23, CODE_ILLEGAL_OPERATION = 20, CODE_COMMAND_NOT_FOUND = 59, NAMESPACE_MAX = 256 };

/* The driver knows what it is connected to. */
static bool is_router(mongoc_client_t *client, bool *router, struct error *err)
{
    bson_error_t why;
    mongoc_server_description_t *server = mongoc_client_select_server(client, true, NULL, &why);
    if (!server) {
        db_error(&why, "asking what kind of server it is", err);
        return false;
    }
    *router = strcmp(mongoc_server_description_type(server), "Mongos") == 0;
    mongoc_server_description_destroy(server);
    return true;
}

bool shard_look(struct store *store, bool wanted, struct error *err)
{
    if (!is_router(store->client, &store->router, err))
        return false;
    if (store->router || !wanted)
        return true;
    error_set(
        err, ERROR_INVALID,
        "--shard spreads orders over the shards of a cluster, and this server is no mongos; connect to a mongos of "
        "the cluster, or leave --shard out");
    return false;
}

bson_t *shard_enable_command(const char *database)
{
    return BCON_NEW("enableSharding", BCON_UTF8(database));
}

bson_t *shard_index_command(const char *collection)
{
    return BCON_NEW("createIndexes", BCON_UTF8(collection), "indexes", "[", "{", "key", "{", "day", BCON_INT32(1),
                    "_id", BCON_INT32(1), "}", "name", BCON_UTF8("day_1__id_1"), "}", "]");
}

bson_t *shard_collection_command(const char *database, const char *collection)
{
    char name[NAMESPACE_MAX];
    snprintf(name, sizeof name, "%s.%s", database, collection);
    return BCON_NEW("shardCollection", BCON_UTF8(name), "key", "{", "day", BCON_INT32(1), "_id", BCON_INT32(1), "}");
}

static void append_field(bson_t *to, const bson_t *from, const char *name)
{
    bson_iter_t it;
    if (bson_iter_init_find(&it, from, name))
        bson_append_iter(to, name, -1, &it);
}

void shard_filter(bson_t *filter, const bson_t *order)
{
    append_field(filter, order, "day");
    append_field(filter, order, "_id");
}

static bool command(mongoc_client_t *client, const char *database, bson_t *command, const char *what, struct error *err)
{
    bson_error_t why;
    bool ok = mongoc_client_command_simple(client, database, command, NULL, NULL, &why);
    bson_destroy(command);
    if (ok)
        return true;
    db_error(&why, what, err);
    if (why.domain != MONGOC_ERROR_SERVER)
        return false;
    if (why.code == CODE_ALREADY_INITIALIZED || why.code == CODE_ILLEGAL_OPERATION)
        error_set(err, ERROR_INVALID,
                  "%s: the orders are sharded by another key than day and _id already; reshardCollection changes it",
                  what);
    else if (why.code == CODE_COMMAND_NOT_FOUND)
        error_set(err, ERROR_INVALID, "%s: the server does not know the command", what);
    return false;
}

/* Whether the collection of that name is spread over shards, as the cluster keeps it in its own database. */
static bool is_sharded(const struct store *store, const char *collection, bool *sharded, struct error *err)
{
    char name[NAMESPACE_MAX];
    bson_t *filter, *found = NULL;
    bool ok;
    snprintf(name, sizeof name, "%s.%s", db_name(store->db), collection);
    filter = BCON_NEW("_id", BCON_UTF8(name), "dropped", "{", "$ne", BCON_BOOL(true), "}");
    ok = db_first(store->client, "config", "collections", filter, NULL, &found, "looking how orders are sharded", err);
    *sharded = found;
    bson_destroy(found);
    bson_destroy(filter);
    return ok;
}

bool shard_orders(const struct store *store, bool wanted, struct error *err)
{
    static const char what[] = "sharding the orders";
    const char *database = db_name(store->db), *collection = store_collection(store, KIND_ORDER);
    if (!wanted && store->router && store->replace &&
        !is_sharded(store, schema_kinds[KIND_ORDER].collection, &wanted, err))
        return false;
    if (!wanted || store->dry_run)
        return true;
    /* Where there are documents already, the cluster asks for the index. */
    return command(store->client, database, shard_index_command(collection), what, err) &&
           command(store->client, "admin", shard_enable_command(database), what, err) &&
           command(store->client, "admin", shard_collection_command(database, collection), what, err);
}

/* An order that is stored under another day than the one it has now. */
struct moved {
    size_t number; /* in the batch */
    bson_t *old;   /* what finds it where it is */
};

struct moves {
    struct moved *list;
    size_t count, room;
};

static void moves_release(struct moves *moves)
{
    for (size_t i = 0; i < moves->count; i++)
        bson_destroy(moves->list[i].old);
    free(moves->list);
}

static bool same_day(const bson_t *a, const bson_t *b)
{
    bson_iter_t x, y;
    return bson_iter_init_find(&x, a, "day") && bson_iter_init_find(&y, b, "day") && BSON_ITER_HOLDS_DATE_TIME(&x) &&
           BSON_ITER_HOLDS_DATE_TIME(&y) && bson_iter_date_time(&x) == bson_iter_date_time(&y);
}

/* Adds what was found, if it is one of those that move. */
static void consider(const struct batch *batch, const struct batch_index *index, const bson_t *found,
                     struct moves *moves)
{
    bson_t doc;
    bson_iter_t it;
    size_t number = batch->count;
    if (bson_iter_init_find(&it, found, "_id") && BSON_ITER_HOLDS_UTF8(&it)) {
        uint32_t n;
        const char *id = bson_iter_utf8(&it, &n);
        number = batch_index_find(index, batch, (struct text){id, n});
    }
    if (number == batch->count)
        return;
    batch_view(batch, number, &doc);
    if (same_day(found, &doc))
        return;
    moves->list = memory_grow(moves->list, &moves->room, moves->count + 1, sizeof *moves->list);
    moves->list[moves->count++] = (struct moved){number, bson_copy(found)};
}

/* Looks where the orders are that the batch replaces. */
static bool find_moves(const struct batch *batch, mongoc_collection_t *orders, struct moves *moves, struct error *err)
{
    struct batch_index index;
    struct text keys[BATCH_DOCUMENTS];
    size_t count = 0;
    mongoc_cursor_t *cursor;
    const bson_t *found;
    bson_error_t why;
    bool ok;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->fates[i] == FATE_UPDATE)
            keys[count++] = batch_key(batch, i);
    if (!count)
        return true;
    batch_index_make(&index, batch);
    cursor = store_find(orders, keys, count, "day");
    while (mongoc_cursor_next(cursor, &found))
        consider(batch, &index, found, moves);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "looking where orders are", err);
    mongoc_cursor_destroy(cursor);
    return ok;
}

struct moving {
    const struct batch *batch;
    const struct moves *moves;
    mongoc_collection_t *orders;
};

static bool add_moves(const struct moving *m, mongoc_bulk_operation_t *bulk, bson_error_t *why)
{
    bson_t *upsert = BCON_NEW("upsert", BCON_BOOL(true));
    bool ok = true;
    for (size_t i = 0; i < m->moves->count && ok; i++) {
        bson_t filter = BSON_INITIALIZER;
        shard_filter(&filter, m->moves->list[i].old);
        ok = mongoc_bulk_operation_remove_one_with_opts(bulk, &filter, NULL, why);
        bson_destroy(&filter);
    }
    for (size_t i = 0; i < m->moves->count && ok; i++) {
        bson_t filter = BSON_INITIALIZER, doc;
        batch_view(m->batch, m->moves->list[i].number, &doc);
        shard_filter(&filter, &doc);
        ok = mongoc_bulk_operation_replace_one_with_opts(bulk, &filter, &doc, upsert, why);
        bson_destroy(&filter);
    }
    bson_destroy(upsert);
    return ok;
}

/* All of it, in the session's transaction, which the driver begins, ends, and repeats when that may help. */
static bool move_in_session(mongoc_client_session_t *session, void *context, bson_t **reply, bson_error_t *why)
{
    const struct moving *m = context;
    bson_t *options = BCON_NEW("ordered", BCON_BOOL(true));
    mongoc_bulk_operation_t *bulk;
    bson_t told;
    bool ok = mongoc_client_session_append(session, options, why);
    bulk = mongoc_collection_create_bulk_operation_with_opts(m->orders, options);
    if (ok && add_moves(m, bulk, why)) {
        ok = mongoc_bulk_operation_execute(bulk, &told, why);
        *reply = bson_copy(&told); /* by which the driver sees whether to repeat it */
        bson_destroy(&told);
    } else {
        ok = false;
    }
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(options);
    return ok;
}

static bool move(mongoc_client_t *client, struct moving *m, struct error *err)
{
    bson_error_t why;
    mongoc_client_session_t *session = mongoc_client_start_session(client, NULL, &why);
    bool ok = session && mongoc_client_session_with_transaction(session, move_in_session, NULL, m, NULL, &why);
    if (!ok)
        db_error(&why, "moving orders to another day", err);
    if (session)
        mongoc_client_session_destroy(session);
    return ok;
}

bool shard_move(const struct store *store, mongoc_client_t *client, const struct batch *batch, struct error *err)
{
    mongoc_collection_t *orders = store_get(store, client, KIND_ORDER);
    struct moves moves = {0};
    bool ok = find_moves(batch, orders, &moves, err);
    if (ok && moves.count)
        ok = move(client, &(struct moving){batch, &moves, orders}, err);
    moves_release(&moves);
    mongoc_collection_destroy(orders);
    return ok;
}

#include "loader/star.h"
#include "core/dataset.h"
#include "core/day.h"
#include "loader/indexes.h"
#include "loader/star_table.h"
#include "loader/time_dim.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 1000 };

/* With more touched days than this, looking them up one by one is no gain. */
enum { DAYS_MOST = 1000 };

struct star {
    mongoc_client_t *client;
    const char *database;
    struct lock *lock;
    const char *import_id;
    int64_t version; /* of the data, if anything was touched */
    const struct touched_days *touched;
    struct star_tables tables;
};

/* What the document in `meta` says. */
struct state {
    bool there;
    bool complete; /* the tables were written to the end */
    int64_t version;
    char definitions[HASH_TEXT_MAX];
};

static bool read_state(mongoc_client_t *client, const char *database, struct state *state, struct error *err)
{
    mongoc_collection_t *meta = mongoc_client_get_collection(client, database, DATASET_COLLECTION);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(STAR_ID));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(meta, filter, NULL, NULL);
    const bson_t *doc;
    bson_iter_t it;
    bson_error_t why;
    bool ok;
    *state = (struct state){0};
    if (mongoc_cursor_next(cursor, &doc)) {
        state->there = true;
        state->complete = bson_iter_init_find(&it, doc, "version") && BSON_ITER_HOLDS_INT64(&it);
        if (state->complete)
            state->version = bson_iter_int64(&it);
        if (bson_iter_init_find(&it, doc, "definitions") && BSON_ITER_HOLDS_UTF8(&it))
            snprintf(state->definitions, sizeof state->definitions, "%s", bson_iter_utf8(&it, NULL));
    }
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "reading the state of the star schema", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(filter);
    mongoc_collection_destroy(meta);
    return ok;
}

/* version 0: the tables are being written. Who lost the lock does not say so of tables that another load has written.
 */
static bool write_state(const struct star *star, int64_t version, struct error *err)
{
    bson_t doc = BSON_INITIALIZER;
    bool ok = lock_confirm(star->lock, star->client, err);
    BSON_APPEND_UTF8(&doc, "_id", STAR_ID);
    if (version)
        BSON_APPEND_INT64(&doc, "version", version);
    else
        BSON_APPEND_NULL(&doc, "version");
    BSON_APPEND_UTF8(&doc, "definitions", star->tables.hash);
    ok = ok &&
         db_put(star->client, star->database, DATASET_COLLECTION, &doc, "writing the state of the star schema", err);
    bson_destroy(&doc);
    return ok;
}

/* Whether a document of the collection matches. */
static bool has_any(const struct star *star, const char *name, const bson_t *filter, bool *any, struct error *err)
{
    bson_t *options = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}"), *doc = NULL;
    bool ok =
        db_first(star->client, star->database, name, filter, options, &doc, "looking for what the load changed", err);
    *any = doc;
    bson_destroy(doc);
    bson_destroy(options);
    return ok;
}

/* The table's stages with one before (or NULL) and one behind (or NULL). The caller destroys it. */
static bson_t *stages_around(const bson_t *first, const struct star_table *table, const bson_t *last)
{
    bson_t *pipeline = bson_new();
    bson_iter_t it;
    uint32_t n = 0;
    char number[16];
    const char *key;
    if (first)
        BSON_APPEND_DOCUMENT(pipeline, "0", first);
    n = first ? 1 : 0;
    for (bson_iter_init(&it, table->pipeline); bson_iter_next(&it); n++) {
        size_t length = bson_uint32_to_string(n, &key, number, sizeof number);
        bson_append_iter(pipeline, key, (int)length, &it);
    }
    if (last) {
        size_t length = bson_uint32_to_string(n, &key, number, sizeof number);
        bson_append_document(pipeline, key, (int)length, last);
    }
    return pipeline;
}

static mongoc_cursor_t *run(const struct star *star, const struct star_table *table, const bson_t *pipeline)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(star->client, star->database, table->collection);
    bson_t *options = BCON_NEW("allowDiskUse", BCON_BOOL(true), "batchSize", BCON_INT32(BATCH));
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, pipeline, options, NULL);
    bson_destroy(options);
    mongoc_collection_destroy(collection);
    return cursor;
}

static bool no_error(mongoc_cursor_t *cursor, const struct star_table *table, struct error *err)
{
    bson_error_t why;
    char what[128];
    if (!mongoc_cursor_error(cursor, &why))
        return true;
    snprintf(what, sizeof what, "computing %s", table->name);
    db_error(&why, what, err);
    return false;
}

/* Runs a pipeline that ends in a stage which writes. */
static bool run_writing(const struct star *star, const struct star_table *table, const bson_t *first,
                        const bson_t *last, struct error *err)
{
    bson_t *pipeline = stages_around(first, table, last);
    mongoc_cursor_t *cursor = run(star, table, pipeline);
    const bson_t *doc;
    bool ok;
    while (mongoc_cursor_next(cursor, &doc))
        ;
    ok = no_error(cursor, table, err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(pipeline);
    return ok;
}

static bool delete_rows(const struct star *star, const struct star_table *table, const bson_t *match, struct error *err)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(star->client, star->database, table->name);
    bson_error_t why;
    bool ok = mongoc_collection_delete_many(collection, match, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "deleting rows of the star schema", err);
    mongoc_collection_destroy(collection);
    return ok;
}

/* Deletes the rows of the touched days and computes them again: merging into rows that are there is slow on some
 * engines. */
static bool refresh_days(const struct star *star, const struct star_table *table, struct error *err)
{
    bson_t match = BSON_INITIALIZER, first = BSON_INITIALIZER;
    bson_t *merge = BCON_NEW("$merge", "{", "into", BCON_UTF8(table->name), "on", "_id", "whenMatched", "replace",
                             "whenNotMatched", "insert", "}");
    bool ok = star->touched->count == 0;
    if (!ok) {
        touched_filter(star->touched, 0, star->touched->count, &match);
        BSON_APPEND_DOCUMENT(&first, "$match", &match);
        ok = delete_rows(star, table, &match, err) && run_writing(star, table, &first, merge, err);
    }
    bson_destroy(merge);
    bson_destroy(&first);
    bson_destroy(&match);
    return ok;
}

static bool send_rows(const struct star *star, mongoc_bulk_operation_t *bulk, struct error *err)
{
    bson_error_t why;
    if (!lock_held(star->lock, star->client, err))
        return false;
    if (mongoc_bulk_operation_execute(bulk, NULL, &why))
        return true;
    db_error(&why, "writing rows of the star schema", err);
    return false;
}

static void replace_row(mongoc_bulk_operation_t *bulk, const bson_t *row, const bson_t *upsert)
{
    bson_t filter = BSON_INITIALIZER;
    bson_iter_t id;
    if (bson_iter_init_find(&id, row, "_id"))
        bson_append_iter(&filter, "_id", 3, &id);
    mongoc_bulk_operation_replace_one_with_opts(bulk, &filter, row, upsert, NULL);
    bson_destroy(&filter);
}

/* Writes the rows that the cursor gives over those of their _id. */
static bool replace_rows(const struct star *star, const struct star_table *table, mongoc_cursor_t *cursor,
                         struct error *err)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(star->client, star->database, table->name);
    bson_t *upsert = BCON_NEW("upsert", BCON_BOOL(true)), *unordered = BCON_NEW("ordered", BCON_BOOL(false));
    mongoc_bulk_operation_t *bulk = NULL;
    const bson_t *row;
    size_t waiting = 0;
    bool ok = true;
    while (ok && mongoc_cursor_next(cursor, &row)) {
        if (!bulk)
            bulk = mongoc_collection_create_bulk_operation_with_opts(collection, unordered);
        replace_row(bulk, row, upsert);
        if (++waiting == BATCH) {
            ok = send_rows(star, bulk, err);
            mongoc_bulk_operation_destroy(bulk);
            bulk = NULL;
            waiting = 0;
        }
    }
    ok = ok && (!bulk || send_rows(star, bulk, err));
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(unordered);
    bson_destroy(upsert);
    mongoc_collection_destroy(collection);
    return ok;
}

/* Whether all that the table is made from has documents. */
static bool has_sources(const struct star *star, const struct star_table *table, bool *all, struct error *err)
{
    bson_t any = BSON_INITIALIZER;
    bool ok = has_any(star, table->collection, &any, all, err);
    for (size_t i = 0; i < table->depend_count && ok && *all; i++)
        ok = has_any(star, table->depends[i], &any, all, err);
    bson_destroy(&any);
    return ok;
}

/* Computes the rows that `first` lets through, and writes them over those of their _id. */
static bool recompute(const struct star *star, const struct star_table *table, const bson_t *first, struct error *err)
{
    bson_t *pipeline = stages_around(first, table, NULL);
    mongoc_cursor_t *cursor = run(star, table, pipeline);
    bool ok = replace_rows(star, table, cursor, err) && no_error(cursor, table, err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(pipeline);
    return ok;
}

/* Some engines write nothing from a collection that is not there, and refuse the pipeline. */
static bool rebuild(const struct star *star, const struct star_table *table, struct error *err)
{
    bson_t *out = BCON_NEW("$out", BCON_UTF8(table->name)), all = BSON_INITIALIZER;
    bool there, ok = has_sources(star, table, &there, err);
    if (ok && there)
        ok = run_writing(star, table, NULL, out, err);
    else if (ok)
        ok = delete_rows(star, table, &all, err) && recompute(star, table, NULL, err);
    bson_destroy(&all);
    bson_destroy(out);
    return ok &&
           (!table->indexes || indexes_of(star->client, star->database, table->name, table->name, table->indexes, err));
}

static bool refresh_changed(const struct star *star, const struct star_table *table, struct error *err)
{
    bson_t *written = BCON_NEW("import_id", BCON_UTF8(star->import_id)), first = BSON_INITIALIZER;
    bool ok = true, changed = false;
    BSON_APPEND_DOCUMENT(&first, "$match", written);
    for (size_t i = 0; i < table->depend_count && ok && !changed; i++)
        ok = has_any(star, table->depends[i], written, &changed, err);
    if (ok)
        ok = changed ? rebuild(star, table, err) : recompute(star, table, &first, err);
    bson_destroy(&first);
    bson_destroy(written);
    return ok;
}

static bool write_tables(const struct star *star, bool whole, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < star->tables.count && ok; i++) {
        const struct star_table *table = star->tables.list[i];
        bool days = table->refresh == STAR_DAYS;
        if (!lock_held(star->lock, star->client, err))
            ok = false;
        else if (whole || (days && (star->touched->all || star->touched->count > DAYS_MOST)))
            ok = rebuild(star, table, err);
        else
            ok = days ? refresh_days(star, table, err) : refresh_changed(star, table, err);
    }
    return ok && time_dim_update(star->client, star->database, whole, err);
}

static bool update(struct star *star, struct star_summary *summary, struct error *err)
{
    const struct touched_days *touched = star->touched;
    struct dataset before;
    struct state state;
    bool changes;
    if (!read_state(star->client, star->database, &state, err) ||
        !dataset_read(star->client, star->database, &before, err))
        return false;
    changes = !before.loaded || touched->all || touched->any_row;
    summary->whole = !state.complete || state.version != before.version ||
                     strcmp(state.definitions, star->tables.hash) != 0 || touched->all;
    summary->written = summary->whole || changes;
    summary->days = touched->count;
    if (!summary->written)
        return true;
    return write_state(star, 0, err) && write_tables(star, summary->whole, err) &&
           write_state(star, changes ? star->version : before.version, err);
}

bool star_update(mongoc_client_t *client, const char *database, struct lock *lock, const char *pipelines_dir,
                 const char *import_id, int64_t version, const struct touched_days *touched,
                 struct star_summary *summary, struct error *err)
{
    struct star star = {.client = client,
                        .database = database,
                        .lock = lock,
                        .import_id = import_id,
                        .version = version,
                        .touched = touched};
    bool ok;
    *summary = (struct star_summary){0};
    if (!star_tables_read(pipelines_dir, &star.tables, err))
        return false;
    ok = star.tables.count == 0 || update(&star, summary, err);
    star_tables_release(&star.tables);
    return ok;
}

void star_is_behind(mongoc_client_t *client, const char *database, int64_t data_version, int64_t *version)
{
    struct state state;
    struct error ignored;
    bool known = read_state(client, database, &state, &ignored) && state.complete;
    *version = known && state.version != data_version ? state.version : 0;
}

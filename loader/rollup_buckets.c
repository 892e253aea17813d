#include "loader/rollup_buckets.h"
#include "core/day.h"
#include "loader/indexes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A document holds so many rows at most, and about so many bytes; a batch is sent when it is as large. */
enum { ROWS_MOST = 5000, DOCUMENT_BYTES = 4 << 20, BATCH_BYTES = 2 << 20, BATCH_DOCUMENTS = 1000 };

enum { CODE_DUPLICATE_KEY = 11000 };

/* The current ones. */
#define OPEN INT64_MAX

/* Documents on their way to the database. */
struct sending {
    const struct buckets *buckets;
    mongoc_client_t *client;
    const bson_t *documents[BATCH_DOCUMENTS];
    size_t count, bytes;
};

static mongoc_collection_t *collection_of(const struct buckets *b, mongoc_client_t *client)
{
    return mongoc_client_get_collection(client, b->database, b->rollup->name);
}

bool buckets_create(const struct buckets *b, mongoc_client_t *client, struct error *err)
{
    json_t *indexes = json_pack("[{s:i}]", b->rollup->grain == ROLLUP_ALL ? "to" : "day", 1);
    bool ok = indexes_of(client, b->database, b->rollup->name, b->rollup->name, indexes, err);
    json_decref(indexes);
    return ok;
}

static void drop_batch(struct sending *s)
{
    for (size_t i = 0; i < s->count; i++)
        bson_destroy((bson_t *)(uintptr_t)s->documents[i]);
    s->count = s->bytes = 0;
}

/* What is there already was on its way when the connection broke, in an attempt before this one: the same bytes. */
static bool send_batch(struct sending *s, struct error *err)
{
    /* All of it is ours: no need to validate it. */
    bson_t *options = BCON_NEW("ordered", BCON_BOOL(false), "validate", BCON_BOOL(false));
    mongoc_collection_t *collection = collection_of(s->buckets, s->client);
    bson_error_t why;
    bool ok = s->count == 0 || lock_held(s->buckets->lock, s->client, err);
    if (ok && s->count && !mongoc_collection_insert_many(collection, s->documents, s->count, options, NULL, &why) &&
        why.code != CODE_DUPLICATE_KEY) {
        db_error(&why, "writing the rows of a rollup", err);
        ok = false;
    }
    drop_batch(s);
    mongoc_collection_destroy(collection);
    bson_destroy(options);
    return ok;
}

/* A document up to its rows. Its _id says what no other has: build, version, period and chunk. */
static bson_t *begin_document(const struct buckets *b, uint32_t period, unsigned chunk)
{
    bson_t *doc = bson_new();
    char day[DAY_TEXT_MAX] = "all", id[128];
    if (b->rollup->grain != ROLLUP_ALL)
        day_text(cells_day(period), day);
    snprintf(id, sizeof id, "%s/%lld/%lld/%u", day, (long long)b->build, (long long)b->version, chunk);
    BSON_APPEND_UTF8(doc, "_id", id);
    if (b->rollup->grain != ROLLUP_ALL)
        BSON_APPEND_DATE_TIME(doc, "day", day_to_ms(cells_day(period)));
    BSON_APPEND_INT64(doc, "build", b->build);
    BSON_APPEND_INT64(doc, "from", b->version);
    BSON_APPEND_INT64(doc, "to", OPEN);
    return doc;
}

static void append_row(const struct rollup *rollup, const struct cells *cells, size_t cell, size_t number, bson_t *rows)
{
    char text[16];
    const char *key;
    bson_t row;
    size_t n = bson_uint32_to_string((uint32_t)number, &key, text, sizeof text);
    bson_append_document_begin(rows, key, (int)n, &row);
    for (size_t d = 0; d < rollup->dimension_count; d++)
        dictionary_append(cells->dictionaries[d], cells_key(cells, cell)[d + 1], &row, rollup->dimensions[d].field, -1);
    for (size_t m = 0; m < rollup->measure_count; m++)
        sum_append(&cells_sums(cells, cell)[m], &row, rollup->measures[m].name, -1);
    bson_append_document_end(rows, &row);
}

/* A document of the cells from *at on that are of one period. */
static bson_t *make_document(const struct buckets *b, const struct cells *cells, const uint32_t *order, size_t *at,
                             unsigned chunk)
{
    uint32_t period = cells_key(cells, order[*at])[0];
    bson_t *doc = begin_document(b, period, chunk), rows;
    BSON_APPEND_ARRAY_BEGIN(doc, "rows", &rows);
    for (size_t n = 0;
         n < ROWS_MOST && rows.len < DOCUMENT_BYTES && *at < cells->count && cells_key(cells, order[*at])[0] == period;
         n++, ++*at)
        append_row(b->rollup, cells, order[*at], n, &rows);
    bson_append_array_end(doc, &rows);
    return doc;
}

bool buckets_write(const struct buckets *b, mongoc_client_t *client, struct cells *cells, int64_t *rows,
                   struct error *err)
{
    struct sending sending = {.buckets = b, .client = client};
    const uint32_t *order = cells_sort(cells);
    uint32_t period = 0;
    unsigned chunk = 0;
    bool ok = true;
    for (size_t at = 0; at < cells->count && ok;) {
        uint32_t next = cells_key(cells, order[at])[0];
        bson_t *doc;
        chunk = at && next == period ? chunk + 1 : 0;
        period = next;
        doc = make_document(b, cells, order, &at, chunk);
        sending.bytes += doc->len;
        sending.documents[sending.count++] = doc;
        if (sending.count == BATCH_DOCUMENTS || sending.bytes >= BATCH_BYTES)
            ok = send_batch(&sending, err);
    }
    ok = ok && send_batch(&sending, err);
    drop_batch(&sending);
    if (ok)
        *rows += (int64_t)cells->count;
    return ok;
}

static bool delete_rows(const struct buckets *b, mongoc_client_t *client, const bson_t *filter, struct error *err)
{
    mongoc_collection_t *collection = collection_of(b, client);
    bson_error_t why;
    bool ok = lock_held(b->lock, client, err);
    if (ok && !mongoc_collection_delete_many(collection, filter, NULL, NULL, &why)) {
        db_error(&why, "deleting old rows of a rollup", err);
        ok = false;
    }
    mongoc_collection_destroy(collection);
    return ok;
}

bool buckets_undo(const struct buckets *b, mongoc_client_t *client, struct error *err)
{
    bson_t *filter = BCON_NEW("build", BCON_INT64(b->build), "to", BCON_INT64(OPEN), "from", "{", "$gte",
                              BCON_INT64(b->version), "}");
    bool ok = delete_rows(b, client, filter, err);
    bson_destroy(filter);
    return ok;
}

/* Those that the version before shows: open, or closed by an attempt at this one. */
static bson_t *filter_old(const struct buckets *b, const struct touched_days *days)
{
    bson_t *filter = BCON_NEW("build", BCON_INT64(b->build), "to", "{", "$gte", BCON_INT64(b->version), "}", "from",
                              "{", "$lt", BCON_INT64(b->version), "}");
    if (days)
        touched_filter(days, 0, days->count, filter);
    return filter;
}

bool buckets_count_old(const struct buckets *b, mongoc_client_t *client, const struct touched_days *days, int64_t *rows,
                       struct error *err)
{
    mongoc_collection_t *collection = collection_of(b, client);
    bson_t *match = filter_old(b, days);
    bson_t *pipeline = BCON_NEW("0", "{", "$match", BCON_DOCUMENT(match), "}", "1", "{", "$project", "{", "_id",
                                BCON_INT32(0), "n", "{", "$size", "$rows", "}", "}", "}");
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, pipeline, NULL, NULL);
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    while (mongoc_cursor_next(cursor, &doc))
        *rows += db_number(doc, "n");
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "counting old rows of a rollup", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(pipeline);
    bson_destroy(match);
    mongoc_collection_destroy(collection);
    return ok;
}

bool buckets_close_old(const struct buckets *b, mongoc_client_t *client, const struct touched_days *days,
                       struct error *err)
{
    mongoc_collection_t *collection = collection_of(b, client);
    bson_t *filter = filter_old(b, days), *close = BCON_NEW("$set", "{", "to", BCON_INT64(b->version), "}");
    bson_error_t why;
    bool ok = lock_held(b->lock, client, err);
    if (ok && !mongoc_collection_update_many(collection, filter, close, NULL, NULL, &why)) {
        db_error(&why, "closing old rows of a rollup", err);
        ok = false;
    }
    bson_destroy(close);
    bson_destroy(filter);
    mongoc_collection_destroy(collection);
    return ok;
}

/* What a field of a row is called: dimensions are numbered before measures. */
static const char *name_of(const struct rollup *rollup, size_t number)
{
    return number < rollup->dimension_count ? rollup->dimensions[number].field
                                            : rollup->measures[number - rollup->dimension_count].name;
}

/* The number of the field that is called so, or -1. All rows have theirs in one order: it is mostly the one behind the
 * last, *next. */
static int find_field(const struct rollup *rollup, const char *name, size_t *next)
{
    size_t count = rollup->dimension_count + rollup->measure_count;
    for (size_t i = 0; i < count; i++, ++*next) {
        if (*next >= count)
            *next = 0;
        if (strcmp(name_of(rollup, *next), name) == 0)
            return (int)(*next)++;
    }
    return -1;
}

static void add_row(const struct rollup *child, struct cells *cells, uint32_t period, bson_iter_t *row)
{
    const int dimensions = (int)child->dimension_count;
    size_t next = 0;
    uint32_t key[child->dimension_count + 1];
    struct sum sums[child->measure_count], *cell;
    memset(key, 0, sizeof key);
    memset(sums, 0, sizeof sums);
    key[0] = period;
    while (bson_iter_next(row)) {
        int field = find_field(child, bson_iter_key(row), &next);
        if (field >= 0 && field < dimensions && !dictionary_take(cells->dictionaries[field], row, &key[field + 1]))
            cells->unfit = true;
        if (field >= dimensions && !sum_read(row, &sums[field - dimensions]))
            cells->unfit = true;
    }
    cell = cells_sums(cells, cells_find(cells, key));
    for (size_t m = 0; m < child->measure_count; m++)
        if (!sum_add(&cell[m], &sums[m]))
            cells->unfit = true;
}

static void add_rows(const struct rollup *child, struct cells *cells, uint32_t period, const bson_t *doc)
{
    bson_iter_t it, rows, row;
    if (!bson_iter_init_find(&it, doc, "rows") || !BSON_ITER_HOLDS_ARRAY(&it) || !bson_iter_recurse(&it, &rows))
        return;
    while (bson_iter_next(&rows))
        if (BSON_ITER_HOLDS_DOCUMENT(&rows) && bson_iter_recurse(&rows, &row))
            add_row(child, cells, period, &row);
}

static bool is_among(const struct touched_days *days, const bson_t *doc)
{
    bson_iter_t it;
    return days && bson_iter_init_find(&it, doc, "day") && BSON_ITER_HOLDS_DATE_TIME(&it) &&
           touched_has(days, day_from_ms(bson_iter_date_time(&it)));
}

bool buckets_add_up(const struct buckets *b, mongoc_client_t *client, const struct bucket_days *days,
                    const struct rollup *child, struct cells *cells, uint32_t period, struct error *err)
{
    mongoc_collection_t *collection = collection_of(b, client);
    bson_t *filter = BCON_NEW("build", BCON_INT64(b->build), "to", "{", "$gt", BCON_INT64(b->version), "}");
    bson_t *options =
        BCON_NEW("projection", "{", "_id", BCON_INT32(0), "day", BCON_INT32(1), "rows", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor;
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    if (days)
        BCON_APPEND(filter, "day", "{", "$gte", BCON_DATE_TIME(day_to_ms(days->first)), "$lte",
                    BCON_DATE_TIME(day_to_ms(days->last)), "}");
    cursor = mongoc_collection_find_with_opts(collection, filter, options, NULL);
    while (mongoc_cursor_next(cursor, &doc))
        if (!days || !is_among(days->without, doc))
            add_rows(child, cells, period, doc);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "reading the rows of a rollup", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    bson_destroy(filter);
    mongoc_collection_destroy(collection);
    return ok;
}

bool buckets_forget_builds(const struct buckets *b, mongoc_client_t *client, int64_t old_build, struct error *err)
{
    bson_t *before = BCON_NEW("build", "{", "$lt", BCON_INT64(old_build), "}");
    bson_t *between = BCON_NEW("build", "{", "$gt", BCON_INT64(old_build), "$lt", BCON_INT64(b->build), "}");
    bool ok = delete_rows(b, client, before, err) && (old_build >= b->build || delete_rows(b, client, between, err));
    bson_destroy(before);
    bson_destroy(between);
    return ok;
}

bool buckets_forget_closed(const struct buckets *b, mongoc_client_t *client, const struct touched_days *days,
                           int64_t version, struct error *err)
{
    bson_t *closed = BCON_NEW("build", BCON_INT64(b->build), "to", "{", "$lte", BCON_INT64(version), "}");
    bool ok;
    if (days)
        touched_filter(days, 0, days->count, closed);
    ok = delete_rows(b, client, closed, err);
    bson_destroy(closed);
    return ok;
}

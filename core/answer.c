#include "core/answer.h"
#include "core/db.h"
#include "core/render.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BATCH_ROWS = 1000 };

static mongoc_cursor_t *start(mongoc_client_t *client, const char *database, const struct plan *plan,
                              int64_t timeout_ms)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(client, database, plan->source->collection);
    bson_t *options = BCON_NEW("maxTimeMS", BCON_INT64(timeout_ms), "batchSize", BCON_INT32(BATCH_ROWS), "allowDiskUse",
                               BCON_BOOL(true));
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, plan->pipeline, options, NULL);
    bson_destroy(options);
    mongoc_collection_destroy(collection);
    return cursor;
}

/* Appends the rows, comma between; none when cursor is NULL. *more says that there are rows beyond the limit. */
static bool put_rows(mongoc_cursor_t *cursor, const struct query *query, const struct answer_limits *limits,
                     struct buffer *out, bool *more, struct error *err)
{
    const struct definition *d = query->definition;
    const bson_t *doc;
    bson_error_t why;
    int32_t rows = 0;
    *more = false;
    while (cursor && mongoc_cursor_next(cursor, &doc)) {
        if (rows == query->limit && definition_takes(d, PARAMETER_LIMIT)) {
            *more = true;
            break;
        }
        buffer_text(out, rows++ ? ",\n" : "\n");
        render_row(d, doc, out);
        if (out->used > limits->max_bytes) {
            error_set(err, ERROR_TOO_LARGE, "The answer is larger than %zu MiB; ask for fewer rows with limit.",
                      limits->max_bytes >> 20);
            return false;
        }
    }
    if (cursor && mongoc_cursor_error(cursor, &why)) {
        db_error(&why, "computing the answer", err);
        return false;
    }
    if (!rows && d->single_row) {
        buffer_char(out, '\n');
        render_empty_row(d, out);
    }
    return true;
}

static void put_text_member(struct buffer *out, const char *name, const char *text)
{
    buffer_printf(out, ",\n\"%s\":", name);
    buffer_json_string(out, text, strlen(text));
}

static void put_head(const struct query *query, const struct dataset *dataset, const struct plan *plan,
                     struct buffer *out)
{
    const struct definition *d = query->definition;
    char text[32], day[DAY_TEXT_MAX];
    struct tm utc;
    time_t now = time(NULL);
    buffer_printf(out, "{\"kpi\":\"%s\"", d->name);
    put_text_member(out, "title", d->title);
    buffer_text(out, ",\n\"parameters\":");
    query_json(query, out);
    put_text_member(out, "currency", dataset->currency);
    buffer_printf(out, ",\n\"data_version\":%lld", (long long)dataset->version);
    if (dataset->has_days) {
        day_text(dataset->last_day, day);
        put_text_member(out, "last_day", day);
    } else {
        buffer_text(out, ",\n\"last_day\":null");
    }
    put_text_member(out, "source", plan->source->name);
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    put_text_member(out, "computed_at", text);
}

/* Says what the answer lacks because the data lack it. */
static void put_notes(const struct definition *d, const struct dataset *dataset, struct buffer *out)
{
    bool first = true;
    if (!dataset->loaded) {
        buffer_text(out, ",\n\"notes\":[\"Nothing has been loaded yet: kpi-load imports data.\"]");
        return;
    }
    for (size_t i = 0; i < d->need_count; i++) {
        for (int f = 0; f < FEATURE_COUNT; f++) {
            if (strcmp(d->needs[i], feature_names[f]) != 0 || dataset->has[f])
                continue;
            buffer_text(out, first ? ",\n\"notes\":[" : ",");
            buffer_json_string(out, feature_notes[f], strlen(feature_notes[f]));
            first = false;
        }
    }
    if (!first)
        buffer_char(out, ']');
}

bool answer_json(mongoc_client_t *client, const char *database, const struct catalog *catalog,
                 const struct query *query, const struct dataset *dataset, const struct answer_limits *limits,
                 struct buffer *out, struct error *err)
{
    struct plan plan;
    mongoc_cursor_t *cursor;
    bool ok, more;
    if (!plan_make(&plan, catalog, query, dataset, err))
        return false;
    put_head(query, dataset, &plan, out);
    buffer_text(out, ",\n\"data\":[");
    /* Before the first load has ended, what lies in the database is a part of something: the answer is that of no data.
     */
    cursor = dataset->loaded ? start(client, database, &plan, limits->timeout_ms) : NULL;
    ok = put_rows(cursor, query, limits, out, &more, err);
    mongoc_cursor_destroy(cursor);
    plan_release(&plan);
    if (!ok)
        return false;
    buffer_text(out, "\n]");
    if (more)
        buffer_printf(out, ",\n\"next_offset\":%lld", (long long)query->offset + query->limit);
    put_notes(query->definition, dataset, out);
    buffer_text(out, "}\n");
    if (out->failed)
        error_set(err, ERROR_INTERNAL, "out of memory");
    return !out->failed;
}

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

bool answer_start(struct answer *answer, mongoc_client_t *client, const char *database, const struct catalog *catalog,
                  const struct query *query, const struct dataset *dataset, int64_t timeout_ms, struct error *err)
{
    *answer = (struct answer){.query = query};
    if (!plan_make(&answer->plan, catalog, query, dataset, err))
        return false;
    /* Before the first load has ended, what lies in the database is a part of something: the answer is that of no data.
     */
    if (dataset->loaded)
        answer->cursor = start(client, database, &answer->plan, timeout_ms);
    return true;
}

bool answer_next(struct answer *answer, const bson_t **row, struct error *err)
{
    bson_error_t why;
    *row = NULL;
    if (!answer->cursor || answer->more)
        return true;
    if (mongoc_cursor_next(answer->cursor, row)) {
        bool takes_limit = definition_takes(answer->query->definition, PARAMETER_LIMIT);
        answer->more = answer->rows == answer->query->limit && takes_limit;
        if (!takes_limit && answer->rows == LIMIT_MOST) {
            *row = NULL;
            error_set(err, ERROR_TOO_LARGE, "The answer has more than %d rows; ask for a shorter range, or filter.",
                      LIMIT_MOST);
            return false;
        }
        if (answer->more)
            *row = NULL;
        else
            answer->rows++;
        return true;
    }
    *row = NULL;
    if (!mongoc_cursor_error(answer->cursor, &why))
        return true;
    db_error(&why, "computing the answer", err);
    return false;
}

void answer_release(struct answer *answer)
{
    mongoc_cursor_destroy(answer->cursor);
    plan_release(&answer->plan);
}

/* Appends the rows, comma between. */
static bool put_rows(struct answer *answer, size_t max_bytes, struct buffer *out, struct error *err)
{
    const struct definition *d = answer->query->definition;
    const bson_t *row;
    bool ok;
    while ((ok = answer_next(answer, &row, err)) && row) {
        buffer_text(out, answer->rows > 1 ? ",\n" : "\n");
        render_row(d, row, out);
        if (out->used > max_bytes) {
            error_set(err, ERROR_TOO_LARGE, "The answer is larger than %zu MiB; ask for fewer rows with limit.",
                      max_bytes >> 20);
            return false;
        }
    }
    if (ok && !answer->rows && d->single_row) {
        buffer_char(out, '\n');
        render_empty_row(d, out);
    }
    return ok;
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

size_t answer_notes(const struct definition *d, const struct dataset *dataset, const char *notes[ANSWER_NOTES_MOST])
{
    size_t count = 0;
    if (!dataset->loaded) {
        notes[0] = "Nothing has been loaded yet: kpi-load imports data.";
        return 1;
    }
    for (int f = 0; f < FEATURE_COUNT; f++)
        for (size_t i = 0; i < d->need_count; i++)
            if (strcmp(d->needs[i], feature_names[f]) == 0 && !dataset->has[f] &&
                (!count || notes[count - 1] != feature_notes[f]))
                notes[count++] = feature_notes[f];
    return count;
}

static void put_notes(const struct definition *d, const struct dataset *dataset, struct buffer *out)
{
    const char *notes[ANSWER_NOTES_MOST];
    size_t count = answer_notes(d, dataset, notes);
    for (size_t i = 0; i < count; i++) {
        buffer_text(out, i ? "," : ",\n\"notes\":[");
        buffer_json_string(out, notes[i], strlen(notes[i]));
    }
    if (count)
        buffer_char(out, ']');
}

bool answer_json(mongoc_client_t *client, const char *database, const struct catalog *catalog,
                 const struct query *query, const struct dataset *dataset, const struct answer_limits *limits,
                 struct buffer *out, struct error *err)
{
    struct answer answer;
    bool ok = answer_start(&answer, client, database, catalog, query, dataset, limits->timeout_ms, err);
    if (ok) {
        put_head(query, dataset, &answer.plan, out);
        buffer_text(out, ",\n\"data\":[");
        ok = put_rows(&answer, limits->max_bytes, out, err);
    }
    answer_release(&answer);
    if (!ok)
        return false;
    buffer_text(out, "\n]");
    if (answer.more)
        buffer_printf(out, ",\n\"next_offset\":%lld", (long long)query->offset + query->limit);
    put_notes(query->definition, dataset, out);
    buffer_text(out, "}\n");
    if (out->failed)
        error_set(err, ERROR_INTERNAL, "out of memory");
    return !out->failed;
}

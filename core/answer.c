#include "core/answer.h"
#include "core/compare.h"
#include "core/db.h"
#include "core/explain.h"
#include "core/render.h"
#include "core/stopwatch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BATCH_ROWS = 1000 };

/* What a pipeline runs in. */
struct context {
    mongoc_client_t *client;
    const char *database;
    const struct catalog *catalog;
    const struct dataset *dataset;
    const struct answer_limits *limits;
};

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
    int64_t started = stopwatch_us();
    *answer = (struct answer){.client = client,
                              .database = database,
                              .query = query,
                              .dataset = dataset,
                              .costed = costed_of(query->definition, dataset)};
    if (!plan_make(&answer->plan, catalog, query, dataset, err))
        return false;
    answer->plan_us = stopwatch_us() - started;
    /* Before the first load has ended, what lies in the database is a part of something: the answer is that of no data.
     */
    if (dataset->loaded)
        answer->cursor = start(client, database, &answer->plan, timeout_ms);
    return true;
}

/* Orders are changed in place. Loads say so before they begin, and publish behind it: where neither shows, none has. */
static bool check_clean(struct answer *answer, struct error *err)
{
    struct dataset now = {.writing = true};
    if (!answer->dataset->writing && !dataset_read(answer->client, answer->database, &now, err))
        return false;
    answer->dirty = now.writing || now.print != answer->dataset->print;
    return true;
}

/* Rows of a rollup that a version shows stay until the next but one has been published, and loads publish no faster
 * than one a lease. What was read since is whole unless that has happened. */
static bool check_whole(struct answer *answer, struct error *err)
{
    struct dataset now;
    if (!answer->plan.source->rollup)
        return check_clean(answer, err);
    if (stopwatch_us() - answer->dataset->read_us < INT64_C(1000) * DATASET_LEASE_MS)
        return true;
    if (!dataset_read(answer->client, answer->database, &now, err))
        return false;
    if (now.version <= answer->dataset->version + 1)
        return true;
    error_set(err, ERROR_CHANGED, "The data changed while the answer was computed; ask again.");
    return false;
}

bool answer_next(struct answer *answer, const bson_t **row, struct error *err)
{
    bson_error_t why;
    int64_t started;
    bool found;
    *row = NULL;
    if (!answer->cursor || answer->more)
        return true;
    started = stopwatch_us();
    found = mongoc_cursor_next(answer->cursor, row); /* the first time the pipeline is sent, too */
    answer->database_us += stopwatch_us() - started;
    if (found) {
        bool takes_limit = definition_takes(answer->query->definition, PARAMETER_LIMIT);
        answer->more = answer->rows == answer->query->limit && takes_limit;
        if (!takes_limit && answer->rows == LIMIT_MOST) {
            *row = NULL;
            error_set(err, ERROR_TOO_LARGE, "The answer has more than %d rows; ask for a shorter range, or filter.",
                      LIMIT_MOST);
            return false;
        }
        if (!answer->more) {
            answer->rows++;
            costed_add(&answer->costed, *row);
            return true;
        }
        *row = NULL;
        return check_whole(answer, err);
    }
    *row = NULL;
    if (!mongoc_cursor_error(answer->cursor, &why))
        return check_whole(answer, err);
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

/* Appends the members that an answer and its comparison both have: data, and where to go on. */
static bool put_data(struct answer *answer, size_t max_bytes, struct buffer *out, struct error *err)
{
    int64_t started = stopwatch_us(), database_us = answer->database_us;
    buffer_text(out, ",\n\"data\":[");
    if (!put_rows(answer, max_bytes, out, err))
        return false;
    buffer_text(out, "\n]");
    if (answer->more)
        buffer_printf(out, ",\n\"next_offset\":%lld", (long long)answer->query->offset + answer->query->limit);
    answer->render_us = stopwatch_us() - started - (answer->database_us - database_us);
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

static void put_notes(const struct answer *answer, bool dirty, struct buffer *out)
{
    const char *notes[ANSWER_NOTES_MOST + 2];
    char costed[COSTED_NOTE_MAX];
    size_t count = answer_notes(answer->query, answer->dataset, notes);
    if (costed_note(&answer->costed, costed))
        notes[count++] = costed;
    if (dirty)
        notes[count++] =
            "A load changes the data, or was broken off: the answer may hold some of its orders already, and "
            "not others.";
    for (size_t i = 0; i < count; i++) {
        buffer_text(out, i ? "," : ",\n\"notes\":[");
        buffer_json_string(out, notes[i], strlen(notes[i]));
    }
    if (count)
        buffer_char(out, ']');
}

/* Appends what the other range is. */
static void put_compared(const struct compared *compared, struct buffer *out)
{
    const struct query *other = &compared->query;
    char from[DAY_TEXT_MAX], to[DAY_TEXT_MAX], as_of[DAY_TEXT_MAX];
    day_text(other->from, from);
    day_text(other->to, to);
    buffer_printf(out, "\"from\":\"%s\",\"to\":\"%s\"", from, to);
    if (other->has_as_of) {
        day_text(other->as_of, as_of);
        buffer_printf(out, ",\"as_of\":\"%s\"", as_of);
    }
    buffer_printf(out, ",\"partial\":%s", compared->partial ? "true" : "false");
}

/* Appends the same over the range that this one is compared with; nothing where no comparison is asked for. */
static bool put_comparison(const struct context *context, const struct query *query, struct buffer *out, bool *dirty,
                           struct error *err)
{
    struct compared compared;
    struct answer answer;
    bool ok;
    if (!compare_query(query, context->dataset, &compared))
        return true;
    buffer_text(out, ",\n\"comparison\":{");
    if (!compared.reached) {
        buffer_text(out, "\"from\":null,\"to\":null,\"partial\":true,\n\"data\":[]}");
        return true;
    }
    put_compared(&compared, out);
    ok = answer_start(&answer, context->client, context->database, context->catalog, &compared.query, context->dataset,
                      context->limits->timeout_ms, err) &&
         put_data(&answer, context->limits->max_bytes, out, err);
    *dirty |= answer.dirty;
    answer_release(&answer);
    buffer_char(out, '}');
    return ok;
}

bool answer_json(mongoc_client_t *client, const char *database, const struct catalog *catalog,
                 const struct query *query, const struct dataset *dataset, const struct answer_limits *limits,
                 struct buffer *out, bool *dirty, struct error *err)
{
    const struct context context = {client, database, catalog, dataset, limits};
    struct answer answer;
    bool ok = answer_start(&answer, client, database, catalog, query, dataset, limits->timeout_ms, err);
    if (ok) {
        put_head(query, dataset, &answer.plan, out);
        ok = put_data(&answer, limits->max_bytes, out, err);
        *dirty = answer.dirty;
        ok = ok && put_comparison(&context, query, out, dirty, err);
    }
    if (ok) {
        put_notes(&answer, *dirty, out);
        if (query->explain) {
            buffer_text(out, ",\n\"explain\":");
            explain_json(&answer, catalog, out);
        }
        buffer_text(out, "}\n");
    }
    answer_release(&answer);
    if (ok && out->failed)
        error_set(err, ERROR_INTERNAL, "out of memory");
    return ok && !out->failed;
}

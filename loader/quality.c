#include "loader/quality.h"
#include "core/bind.h"
#include "core/dataset.h"
#include "core/day.h"
#include "loader/arena.h"
#include "loader/clock.h"
#include "loader/quality_check.h"
#include "loader/side_by_side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char LOOKING[] = "looking for earlier checks of the data";

enum { CHECK_TIMEOUT_MS = 120 * 1000, ROWS_MOST = 1000 };

/* What a check has found. */
struct finding {
    bool computed;
    int64_t count, of;
    bool says_of;    /* a row did */
    bson_t examples; /* an array */
    bson_t rows;     /* an array; only of a check with rows */
    uint32_t row_count, example_count;
    struct error why; /* it could not be computed */
};

struct quality {
    const struct quality_checks *checks;
    const char *database;
    bson_t *meta;             /* the document of the data, or NULL */
    bson_t values;            /* of variables */
    struct finding *findings; /* one a check */
};

static bool append_numbered(bson_t *array, uint32_t *count, const bson_iter_t *value)
{
    char number[16];
    const char *key;
    size_t n = bson_uint32_to_string((*count)++, &key, number, sizeof number);
    return bson_append_iter(array, key, (int)n, value);
}

/* Only what the definition says that a row has. */
static void keep_row(const struct quality_check *check, const bson_t *doc, struct finding *finding)
{
    char number[16];
    const char *key;
    bson_iter_t it;
    bson_t row;
    size_t n = bson_uint32_to_string(finding->row_count, &key, number, sizeof number);
    if (++finding->row_count > ROWS_MOST)
        return;
    bson_append_document_begin(&finding->rows, key, (int)n, &row);
    for (size_t i = 0; i < check->column_count; i++)
        if (bson_iter_init_find(&it, doc, check->columns[i]))
            bson_append_iter(&row, check->columns[i], -1, &it);
    bson_append_document_end(&finding->rows, &row);
}

static bool add_row(const struct quality_check *check, const bson_t *doc, struct finding *finding)
{
    bson_iter_t it, example;
    if (!bson_iter_init_find(&it, doc, "count") || !BSON_ITER_HOLDS_NUMBER(&it)) {
        error_set(&finding->why, ERROR_INTERNAL, "a row of its pipeline has no count");
        return false;
    }
    finding->count += bson_iter_as_int64(&it);
    if (bson_iter_init_find(&it, doc, "of") && BSON_ITER_HOLDS_NUMBER(&it)) {
        finding->of += bson_iter_as_int64(&it);
        finding->says_of = true;
    }
    if (check->has_rows)
        keep_row(check, doc, finding);
    else if (bson_iter_init_find(&it, doc, "examples") && BSON_ITER_HOLDS_ARRAY(&it) &&
             bson_iter_recurse(&it, &example))
        while (bson_iter_next(&example))
            append_numbered(&finding->examples, &finding->example_count, &example);
    return true;
}

static mongoc_cursor_t *start(mongoc_client_t *client, const char *database, const struct quality_check *check,
                              const bson_t *pipeline)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(client, database, check->collection);
    bson_t *options = BCON_NEW("maxTimeMS", BCON_INT64(CHECK_TIMEOUT_MS), "allowDiskUse", BCON_BOOL(true));
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, pipeline, options, NULL);
    bson_destroy(options);
    mongoc_collection_destroy(collection);
    return cursor;
}

static void compute(const struct quality *q, mongoc_client_t *client, const struct quality_check *check,
                    struct finding *finding)
{
    bson_t pipeline = BSON_INITIALIZER;
    const bson_t *doc;
    bson_error_t why;
    mongoc_cursor_t *cursor = NULL;
    if (bind_pipeline(check->pipeline, &q->values, &pipeline, &finding->why)) {
        cursor = start(client, q->database, check, &pipeline);
        finding->computed = true;
        while (finding->computed && mongoc_cursor_next(cursor, &doc))
            finding->computed = add_row(check, doc, finding);
        if (mongoc_cursor_error(cursor, &why)) {
            db_error(&why, "checking the quality of the data", &finding->why);
            finding->computed = false;
        }
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(&pipeline);
}

/* How many documents the collection has, as the load counted them. */
static bool counted(const bson_t *meta, const char *collection, int64_t *n)
{
    bson_iter_t it, counts;
    if (!meta || !bson_iter_init_find(&it, meta, "counts") || !BSON_ITER_HOLDS_DOCUMENT(&it) ||
        !bson_iter_recurse(&it, &counts) || !bson_iter_find(&counts, collection))
        return false;
    *n = bson_iter_as_int64(&counts);
    return true;
}

/* A check that fails is a finding too; only a database that is away ends it all. */
static bool run_check(void *context, mongoc_client_t *client, size_t number, struct error *err)
{
    struct quality *q = context;
    const struct quality_check *check = q->checks->list[number];
    struct finding *finding = &q->findings[number];
    compute(q, client, check, finding);
    if (!finding->computed && finding->why.kind == ERROR_UNAVAILABLE) {
        *err = finding->why;
        return false;
    }
    if (finding->computed && !finding->says_of && !counted(q->meta, check->collection, &finding->of))
        finding->of = 0;
    return true;
}

/* count / of, to 6 digits as ratios have. */
static void put_share(bson_t *doc, const struct finding *finding)
{
    if (finding->of)
        BSON_APPEND_DOUBLE(doc, "share", rint(1e6 * (double)finding->count / (double)finding->of) / 1e6);
    else
        BSON_APPEND_NULL(doc, "share");
}

static void put_finding(bson_t *list, size_t number, const struct quality_check *check, const struct finding *finding)
{
    char text[16];
    const char *key;
    bson_t doc;
    size_t n = bson_uint32_to_string((uint32_t)number, &key, text, sizeof text);
    bson_append_document_begin(list, key, (int)n, &doc);
    BSON_APPEND_UTF8(&doc, "name", check->name);
    BSON_APPEND_UTF8(&doc, "title", check->title);
    BSON_APPEND_UTF8(&doc, "summary", check->summary);
    BSON_APPEND_UTF8(&doc, "severity", severity_names[check->severity]);
    BSON_APPEND_UTF8(&doc, "collection", check->collection);
    if (finding->computed) {
        BSON_APPEND_INT64(&doc, "count", finding->count);
        BSON_APPEND_INT64(&doc, "of", finding->of);
        put_share(&doc, finding);
        BSON_APPEND_ARRAY(&doc, "examples", &finding->examples);
        if (check->has_rows)
            BSON_APPEND_ARRAY(&doc, "rows", &finding->rows);
    } else {
        BSON_APPEND_NULL(&doc, "count");
        BSON_APPEND_NULL(&doc, "of");
        BSON_APPEND_NULL(&doc, "share");
        BSON_APPEND_UTF8(&doc, "error", finding->why.message);
    }
    bson_append_document_end(list, &doc);
}

static void summarise(const struct quality *q, struct quality_summary *summary)
{
    summary->checks = q->checks->count;
    for (size_t i = 0; i < q->checks->count; i++) {
        const struct finding *finding = &q->findings[i];
        bool found = finding->computed && finding->count > 0;
        summary->failed += !finding->computed;
        summary->errors += found && q->checks->list[i]->severity == SEVERITY_ERROR;
        summary->warnings += found && q->checks->list[i]->severity == SEVERITY_WARNING;
    }
}

static bool keep(const struct quality *q, mongoc_client_t *client, const char *import_id, int64_t data_version,
                 struct error *err)
{
    bson_t doc = BSON_INITIALIZER, list;
    bool ok;
    BSON_APPEND_UTF8(&doc, "_id", import_id);
    BSON_APPEND_INT64(&doc, "data_version", data_version);
    BSON_APPEND_DATE_TIME(&doc, "computed_at", clock_ms());
    BSON_APPEND_UTF8(&doc, "definitions", q->checks->hash);
    BSON_APPEND_ARRAY_BEGIN(&doc, "checks", &list);
    for (size_t i = 0; i < q->checks->count; i++)
        put_finding(&list, i, q->checks->list[i], &q->findings[i]);
    bson_append_array_end(&doc, &list);
    ok = db_put(client, q->database, QUALITY_COLLECTION, &doc, "keeping the quality of the data", err);
    bson_destroy(&doc);
    return ok;
}

/* Keeps what was found in the same data before under this import too. *done: it was there. */
static bool repeat(const struct quality *q, mongoc_client_t *client, const char *import_id, int64_t data_version,
                   bool *done, struct error *err)
{
    bson_t *filter = BCON_NEW("data_version", BCON_INT64(data_version), "definitions", BCON_UTF8(q->checks->hash),
                              "checks.error", "{", "$exists", BCON_BOOL(false), "}");
    bson_t *earlier = NULL, doc = BSON_INITIALIZER;
    bool ok = db_first(client, q->database, QUALITY_COLLECTION, filter, NULL, &earlier, LOOKING, err);
    *done = earlier != NULL;
    if (earlier) {
        BSON_APPEND_UTF8(&doc, "_id", import_id);
        bson_copy_to_excluding_noinit(earlier, &doc, "_id", NULL);
        ok = db_put(client, q->database, QUALITY_COLLECTION, &doc, "keeping the quality of the data", err);
    }
    bson_destroy(earlier);
    bson_destroy(&doc);
    bson_destroy(filter);
    return ok;
}

static void prepare(struct quality *q)
{
    int64_t now = clock_ms();
    bson_init(&q->values);
    BSON_APPEND_DATE_TIME(&q->values, "now", now);
    BSON_APPEND_DATE_TIME(&q->values, "yesterday", day_to_ms(day_from_ms(now) - 1));
    q->findings = memory_zeroed(q->checks->count + 1, sizeof *q->findings);
    for (size_t i = 0; i < q->checks->count; i++) {
        bson_init(&q->findings[i].examples);
        bson_init(&q->findings[i].rows);
    }
}

static void release(struct quality *q)
{
    for (size_t i = 0; q->findings && i < q->checks->count; i++) {
        bson_destroy(&q->findings[i].examples);
        bson_destroy(&q->findings[i].rows);
    }
    free(q->findings);
    bson_destroy(&q->values);
    bson_destroy(q->meta);
}

bool quality_run(struct db *db, mongoc_client_t *client, struct lock *lock, const char *pipelines_dir,
                 const char *import_id, int64_t data_version, struct quality_summary *summary, struct error *err)
{
    struct quality_checks checks;
    struct quality q = {.checks = &checks, .database = db_name(db)};
    bson_t *data = BCON_NEW("_id", BCON_UTF8(DATASET_ID));
    bool ok;
    *summary = (struct quality_summary){0};
    if (!quality_checks_read(pipelines_dir, &checks, err)) {
        bson_destroy(data);
        return false;
    }
    prepare(&q);
    ok = repeat(&q, client, import_id, data_version, &summary->repeated, err);
    if (ok && !summary->repeated) {
        ok = db_first(client, q.database, DATASET_COLLECTION, data, NULL, &q.meta, LOOKING, err) &&
             side_by_side(db, client, checks.count, run_check, &q, err) && lock_confirm(lock, client, err) &&
             keep(&q, client, import_id, data_version, err);
        summarise(&q, summary);
    }
    release(&q);
    quality_checks_release(&checks);
    bson_destroy(data);
    return ok;
}

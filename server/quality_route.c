#include "core/nearest.h"
#include "core/render.h"
#include "core/utf8.h"
#include "server/list_job.h"
#include "server/routes.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT = 10, LIMIT_ACCEPTED = 100, NAMES_MOST = 1000 };

static const struct list_form form = {.text = "import", .limit = LIMIT, .limit_most = LIMIT_ACCEPTED};

/* What became of the rows of a file; names of fields of an import's files. */
static const char *const fates[] = {"read", "inserted", "updated", "unchanged", "skipped", "rejected"};
enum { FATES = sizeof fates / sizeof fates[0] };

/* The counts of one file, which earlier versions of the loader may not have written all. */
static void put_file(struct buffer *out, const bson_iter_t *file, int64_t totals[FATES])
{
    bson_iter_t members, it;
    buffer_text(out, "{\"file\":");
    if (bson_iter_recurse(file, &members) && bson_iter_find(&members, "file"))
        render_value(&members, COLUMN_STRING, out);
    else
        buffer_text(out, "null");
    for (int i = 0; i < FATES; i++) {
        int64_t n = bson_iter_recurse(file, &it) && bson_iter_find(&it, fates[i]) ? bson_iter_as_int64(&it) : 0;
        totals[i] += n;
        buffer_printf(out, ",\"%s\":%lld", fates[i], (long long)n);
    }
    buffer_char(out, '}');
}

/* Files one by one and all together. Only what is known to be no path of the machine is shown. */
static void put_files(struct buffer *out, const bson_t *import)
{
    int64_t totals[FATES] = {0};
    bson_iter_t it, file;
    bool first = true;
    buffer_text(out, ",\"files\":[");
    if (bson_iter_init_find(&it, import, "files") && BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &file)) {
        for (; bson_iter_next(&file); first = false) {
            buffer_text(out, first ? "\n  " : ",\n  ");
            put_file(out, &file, totals);
        }
    }
    buffer_text(out, "],\n \"rows\":");
    for (int i = 0; i < FATES; i++)
        buffer_printf(out, "%s\"%s\":%lld", i ? "," : "{", fates[i], (long long)totals[i]);
    buffer_char(out, '}');
}

/* A field that is a list or an object, and shown as an empty one where it is missing. */
static void put_collection(struct buffer *out, const char *name, const bson_t *doc, const char *field,
                           const char *empty)
{
    bson_iter_t it;
    buffer_printf(out, ",\n \"%s\":", name);
    if (doc && bson_iter_init_find(&it, doc, field) && (BSON_ITER_HOLDS_ARRAY(&it) || BSON_ITER_HOLDS_DOCUMENT(&it)))
        render_value(&it, COLUMN_TIME, out);
    else
        buffer_text(out, empty);
}

/* Every check on a line of its own. */
static void put_checks(struct buffer *out, const bson_t *quality)
{
    bson_iter_t it, check;
    bool first = true;
    buffer_text(out, ",\n \"checked_at\":");
    if (quality && bson_iter_init_find(&it, quality, "computed_at"))
        render_value(&it, COLUMN_TIME, out);
    else
        buffer_text(out, "null");
    buffer_text(out, ",\n \"checks\":[");
    if (quality && bson_iter_init_find(&it, quality, "checks") && BSON_ITER_HOLDS_ARRAY(&it) &&
        bson_iter_recurse(&it, &check)) {
        for (; bson_iter_next(&check); first = false) {
            buffer_text(out, first ? "\n  " : ",\n  ");
            render_value(&check, COLUMN_TIME, out);
        }
    }
    buffer_char(out, ']');
}

/* What was found after an import, or NULL: it was not checked. The caller destroys it. */
static bson_t *quality_of(struct list_job *list, mongoc_client_t *client, const bson_t *import,
                          struct response *response, bool *ok)
{
    bson_t filter = BSON_INITIALIZER, *found = NULL;
    mongoc_cursor_t *cursor;
    const bson_t *doc;
    bson_iter_t id;
    if (bson_iter_init_find(&id, import, "_id"))
        bson_append_iter(&filter, "_id", 3, &id);
    cursor = list_find(list, client, "quality", &filter, NULL);
    if (mongoc_cursor_next(cursor, &doc))
        found = bson_copy(doc);
    *ok = list_ended(cursor, "reading the quality of the data", response);
    mongoc_cursor_destroy(cursor);
    bson_destroy(&filter);
    return found;
}

static bool put_import(struct list_job *list, mongoc_client_t *client, const bson_t *import, struct buffer *out,
                       struct response *response)
{
    bson_iter_t it;
    bool ok;
    bson_t *quality = quality_of(list, client, import, response, &ok);
    buffer_text(out, "{\"import\":");
    if (bson_iter_init_find(&it, import, "_id"))
        render_value(&it, COLUMN_STRING, out);
    list_put_field(out, "status", import, "status", COLUMN_STRING);
    list_put_field(out, "attempts", import, "attempts", COLUMN_COUNT);
    list_put_field(out, "started_at", import, "started_at", COLUMN_TIME);
    list_put_field(out, "finished_at", import, "finished_at", COLUMN_TIME);
    list_put_field(out, "seconds", import, "seconds", COLUMN_NUMBER);
    list_put_field(out, "profile", import, "profile", COLUMN_STRING);
    list_put_field(out, "data_version", import, "data_version", COLUMN_COUNT);
    put_files(out, import);
    put_collection(out, "rejected", import, "rejected", "{}");
    put_collection(out, "cleaned", import, "cleaned", "[]");
    put_checks(out, quality);
    buffer_char(out, '}');
    bson_destroy(quality);
    return ok;
}

/* The import whose id is nearest to one that is not there, among the newest. */
static bool refuse_unknown(struct list_job *list, mongoc_client_t *client, struct response *response)
{
    bson_t all = BSON_INITIALIZER;
    bson_t *options = BCON_NEW("sort", "{", "started_at", BCON_INT32(-1), "}", "limit", BCON_INT64(NAMES_MOST),
                               "projection", "{", "_id", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = list_find(list, client, "imports", &all, options);
    char best[VALUE_BYTES_MOST + 1] = "";
    const char *kept = NULL;
    unsigned distance = 0;
    const bson_t *doc;
    bson_iter_t it;
    while (mongoc_cursor_next(cursor, &doc)) {
        const char *before = kept;
        if (!bson_iter_init_find(&it, doc, "_id") || !BSON_ITER_HOLDS_UTF8(&it))
            continue;
        nearest_consider(list->query.text, bson_iter_utf8(&it, NULL), &kept, &distance);
        if (kept != before)
            utf8_copy(best, sizeof best, kept);
        kept = *best ? best : NULL;
    }
    if (list_ended(cursor, "listing the imports", response)) {
        if (*best)
            response_problem(response, HTTP_NOT_FOUND, "There is no import '%s'; did you mean '%s'?", list->query.text,
                             best);
        else
            response_problem(response, HTTP_NOT_FOUND, "There is no import '%s'; /v1/data-quality lists them.",
                             list->query.text);
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    return false;
}

static mongoc_cursor_t *find_imports(struct list_job *list, mongoc_client_t *client)
{
    bson_t filter = BSON_INITIALIZER;
    bson_t *options = BCON_NEW("sort", "{", "started_at", BCON_INT32(-1), "_id", BCON_INT32(-1), "}", "skip",
                               BCON_INT64(list->query.offset), "limit", BCON_INT64(list->query.limit + 1));
    mongoc_cursor_t *cursor;
    if (*list->query.text)
        BSON_APPEND_UTF8(&filter, "_id", list->query.text);
    cursor = list_find(list, client, "imports", &filter, options);
    bson_destroy(options);
    bson_destroy(&filter);
    return cursor;
}

/* The name of an import that is not there is a mistake; else no load has been made yet. */
static bool explain_nothing(struct list_job *list, mongoc_client_t *client, struct buffer *body,
                            struct response *response)
{
    (void)body;
    return !*list->query.text || refuse_unknown(list, client, response);
}

static bool put_imports(struct list_job *list, mongoc_client_t *client, struct buffer *body, struct response *response)
{
    static const struct list_page page = {"listing the imports", put_import, explain_nothing};
    return list_put_page(list, client, find_imports(list, client), &page, body, response);
}

void handle_data_quality(struct request *request)
{
    list_job_submit(request, &form, put_imports);
}

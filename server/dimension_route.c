#include "core/bind.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/render.h"
#include "core/utf8.h"
#include "server/list_query.h"
#include "server/routes.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct list_form form = {.text = "q", .text_may_be_empty = true, .limit = 100, .limit_most = 1000};

struct menu_job {
    struct job job;
    struct server *server;
    struct library *library;
    const struct menu *menu;
    struct list_query query; /* its text is a prefix */
};

/* A condition that a text begins with the prefix, in any case of letters. Every character stands for itself. */
static void append_prefix(const char *prefix, bson_t *values)
{
    char pattern[2 * VALUE_BYTES_MOST + 2] = "^";
    size_t n = 1;
    bson_t condition;
    for (; *prefix; prefix++) {
        if (strchr("\\^$.|?*+()[]{}", *prefix))
            pattern[n++] = '\\';
        pattern[n++] = *prefix;
    }
    pattern[n] = '\0';
    BSON_APPEND_DOCUMENT_BEGIN(values, "prefix", &condition);
    BSON_APPEND_UTF8(&condition, "$regex", pattern);
    BSON_APPEND_UTF8(&condition, "$options", "i");
    bson_append_document_end(values, &condition);
}

static bool put_values(struct menu_job *menu, mongoc_client_t *client, const bson_t *pipeline, struct buffer *out,
                       struct error *err)
{
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client, db_name(menu->server->db), menu->menu->collection);
    bson_t *options = BCON_NEW("maxTimeMS", BCON_INT64(menu->server->config.query_timeout_s * 1000LL));
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, pipeline, options, NULL);
    const bson_t *doc;
    bson_error_t why;
    bson_iter_t it;
    bool ok;
    int32_t rows = 0;
    while (rows <= menu->query.limit && mongoc_cursor_next(cursor, &doc)) {
        char separator = '{';
        if (rows++ == menu->query.limit)
            break;
        buffer_text(out, rows > 1 ? ",\n" : "\n");
        for (bson_iter_init(&it, doc); bson_iter_next(&it); separator = ',') {
            buffer_printf(out, "%c\"%s\":", separator, bson_iter_key(&it));
            render_value(&it, COLUMN_STRING, out);
        }
        buffer_char(out, '}');
    }
    buffer_text(out, "\n]");
    if (rows > menu->query.limit)
        buffer_printf(out, ",\n\"next_offset\":%lld", (long long)menu->query.offset + menu->query.limit);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "listing the values of a dimension", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(collection);
    return ok;
}

static void run_menu(struct job *job, mongoc_client_t *client)
{
    struct menu_job *menu = (struct menu_job *)job;
    bson_t values = BSON_INITIALIZER, pipeline = BSON_INITIALIZER;
    struct buffer body = {0};
    struct error err = {0};
    append_prefix(menu->query.text, &values);
    BSON_APPEND_INT32(&values, "limit", menu->query.limit + 1);
    BSON_APPEND_INT32(&values, "offset", menu->query.offset);
    buffer_printf(&body, "{\"dimension\":\"%s\",\n\"title\":", menu->menu->name);
    buffer_json_string(&body, menu->menu->title, strlen(menu->menu->title));
    buffer_text(&body, ",\n\"data\":[");
    if (bind_pipeline(menu->menu->pipeline, &values, &pipeline, &err) &&
        put_values(menu, client, &pipeline, &body, &err)) {
        buffer_text(&body, "}\n");
        response_take(&job->response, HTTP_OK, content_type_json, &body);
    } else {
        log_event(LOG_WARN, "a dimension could not be listed", LOG_STR("dimension", menu->menu->name),
                  LOG_STR("reason", err.message));
        buffer_release(&body);
        response_error(&job->response, &err);
    }
    bson_destroy(&pipeline);
    bson_destroy(&values);
}

static void release_menu(struct job *job)
{
    struct menu_job *menu = (struct menu_job *)job;
    library_release(menu->library);
    free(menu);
}

static void answer_unknown_dimension(struct request *request, const struct catalog *catalog)
{
    const char *best = NULL;
    unsigned distance = 0;
    for (size_t i = 0; i < catalog->menu_count; i++)
        nearest_consider(request->tail, catalog->menus[i]->name, &best, &distance);
    if (best)
        response_problem(&request->response, HTTP_NOT_FOUND, "There is no dimension '%.*s'; did you mean '%s'?",
                         (int)utf8_cut(request->tail, 80), request->tail, best);
    else
        response_problem(&request->response, HTTP_NOT_FOUND, "There is no dimension '%.*s'.",
                         (int)utf8_cut(request->tail, 80), request->tail);
}

void handle_dimension(struct request *request)
{
    struct library *library = server_library(request->server);
    const struct menu *menu = catalog_menu(library->catalog, request->tail);
    struct parameter_error why;
    struct list_query query;
    struct menu_job *job;
    if (!menu) {
        answer_unknown_dimension(request, library->catalog);
        library_release(library);
        return;
    }
    if (!list_query_parse(&form, request, &query, &why)) {
        response_parameter_problem(&request->response, &why);
        library_release(library);
        return;
    }
    job = calloc(1, sizeof *job);
    if (!job) {
        response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
        library_release(library);
        return;
    }
    job->job.run = run_menu;
    job->job.release = release_menu;
    job->server = request->server;
    job->library = library;
    job->menu = menu;
    job->query = query;
    workers_submit(request->server->light, &job->job, request);
}

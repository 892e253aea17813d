#include "server/list_job.h"
#include "core/hash.h"
#include "core/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_list(struct job *job)
{
    struct list_job *list = (struct list_job *)job;
    library_release(list->library);
    free(list->if_none_match);
    free(list);
}

static void run_list(struct job *job, mongoc_client_t *client)
{
    struct list_job *list = (struct list_job *)job;
    struct response *response = &job->response;
    struct buffer body = {0};
    char hash[HASH_TEXT_MAX] = "";
    if (!list->body(list, client, &body, response)) {
        buffer_release(&body);
        return;
    }
    if (!body.failed)
        hash_text(body.bytes, body.used, hash);
    snprintf(response->etag, sizeof response->etag, "W/\"%s\"", hash); /* plain and compressed alike */
    if (!body.failed && etag_is_named(list->if_none_match, response->etag)) {
        buffer_release(&body);
        response_constant(response, HTTP_NOT_MODIFIED, NULL, "", 0);
    } else {
        response_take(response, HTTP_OK, content_type_json, &body);
    }
}

void list_job_submit(struct request *request, const struct list_form *form, list_body *body)
{
    const char *named = request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    struct parameter_error why;
    struct list_query query;
    struct list_job *list;
    if (!list_query_parse(form, request, &query, &why)) {
        response_parameter_problem(&request->response, &why);
        return;
    }
    list = calloc(1, sizeof *list);
    if (list && named)
        list->if_none_match = strdup(named);
    if (!list || (named && !list->if_none_match)) {
        free(list);
        response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
        return;
    }
    list->job.run = run_list;
    list->job.release = release_list;
    list->server = request->server;
    list->library = server_library(request->server);
    list->query = query;
    list->body = body;
    workers_submit(request->server->light, &list->job, request);
}

static int64_t time_limit_ms(const struct list_job *list)
{
    return list->server->config.query_timeout_s * 1000LL;
}

mongoc_cursor_t *list_find(const struct list_job *list, mongoc_client_t *client, const char *collection,
                           const bson_t *filter, const bson_t *options)
{
    mongoc_collection_t *from = mongoc_client_get_collection(client, db_name(list->server->db), collection);
    bson_t limited = BSON_INITIALIZER;
    mongoc_cursor_t *cursor;
    BSON_APPEND_INT64(&limited, "maxTimeMS", time_limit_ms(list));
    if (options)
        bson_concat(&limited, options);
    cursor = mongoc_collection_find_with_opts(from, filter, &limited, NULL);
    bson_destroy(&limited);
    mongoc_collection_destroy(from);
    return cursor;
}

mongoc_cursor_t *list_aggregate(const struct list_job *list, mongoc_client_t *client, const char *collection,
                                const bson_t *pipeline)
{
    mongoc_collection_t *from = mongoc_client_get_collection(client, db_name(list->server->db), collection);
    bson_t *options = BCON_NEW("maxTimeMS", BCON_INT64(time_limit_ms(list)));
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(from, MONGOC_QUERY_NONE, pipeline, options, NULL);
    bson_destroy(options);
    mongoc_collection_destroy(from);
    return cursor;
}

bool list_put_page(struct list_job *list, mongoc_client_t *client, mongoc_cursor_t *cursor,
                   const struct list_page *page, struct buffer *body, struct response *response)
{
    const bson_t *doc;
    int32_t rows = 0;
    bool ok = true;
    buffer_text(body, "{\"data\":[");
    while (ok && mongoc_cursor_next(cursor, &doc) && ++rows <= list->query.limit) {
        buffer_text(body, rows > 1 ? ",\n" : "\n");
        ok = page->put(list, client, doc, body, response);
    }
    ok = ok && list_ended(cursor, page->doing, response);
    mongoc_cursor_destroy(cursor);
    buffer_text(body, "\n]");
    if (ok && !rows && !list->query.offset)
        ok = page->put_nothing(list, client, body, response);
    if (rows > list->query.limit)
        buffer_printf(body, ",\n\"next_offset\":%lld", (long long)list->query.offset + list->query.limit);
    buffer_text(body, "}\n");
    return ok;
}

bool list_ended(mongoc_cursor_t *cursor, const char *what, struct response *response)
{
    bson_error_t why;
    struct error err = {0};
    if (!mongoc_cursor_error(cursor, &why))
        return true;
    db_error(&why, what, &err);
    response_error(response, &err);
    return false;
}

void list_put_field(struct buffer *out, const char *name, const bson_t *doc, const char *field, enum column_type type)
{
    bson_iter_t it;
    buffer_printf(out, ",\"%s\":", name);
    if (bson_iter_init_find(&it, doc, field))
        render_value(&it, type, out);
    else
        buffer_text(out, "null");
}

#include "core/render.h"
#include "core/version.h"
#include "server/flight.h"
#include "server/routes.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char content_type_text[] = "text/plain; charset=utf-8";

/* Alive: the HTTP threads answer. Says nothing of the database. */
void handle_livez(struct request *request)
{
    if (request_takes_none(request))
        response_constant(&request->response, HTTP_OK, content_type_text, "ok\n", 3);
}

/* Something that asks the database and answers when it has: no data of its own but the server. */
struct system_job {
    struct job job;
    struct server *server;
    enum role role; /* of who asks */
};

static void release_system_job(struct job *job)
{
    free(job);
}

static void submit(struct request *request, job_run run)
{
    struct system_job *system = calloc(1, sizeof *system);
    if (!system) {
        response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
        return;
    }
    system->job.run = run;
    system->job.release = release_system_job;
    system->server = request->server;
    system->role = request->role;
    workers_submit(request->server->light, &system->job, request);
}

/* Needs no key and is not limited, so that it asks the database no more often than it has to; and waits for the look of
 * the one who watches it, which is told in time where a worker would wait for as long as a pipeline may take. */
void handle_readyz(struct request *request)
{
    struct server *server = request->server;
    struct data_view view;
    if (!request_takes_none(request))
        return;
    view = server_view(server);
    if (view.away) {
        server_answer_away(server, &request->response);
    } else if (request->again || look_covers(view.confirmed_us, request->started_us)) {
        response_constant(&request->response, HTTP_OK, content_type_text, "ready\n", 6);
    } else {
        flights_await_look(server->flights, request, 0);
    }
}

/* What only the database knows of the state of the data, as JSON; and what is kept of it. */
struct told {
    struct buffer data;   /* members of the answer for all: counts, rollups left out, the last import */
    struct buffer engine; /* for who runs the server */
};

/* Appends how many documents each collection had when the last load ended, as that load counted them. */
static void put_counts(mongoc_client_t *client, const char *database, struct buffer *out)
{
    mongoc_collection_t *meta = mongoc_client_get_collection(client, database, DATASET_COLLECTION);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(DATASET_ID));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(meta, filter, NULL, NULL);
    const bson_t *doc;
    bson_iter_t it;
    buffer_text(out, ",\n\"counts\":");
    if (mongoc_cursor_next(cursor, &doc) && bson_iter_init_find(&it, doc, "counts"))
        render_value(&it, COLUMN_COUNT, out);
    else
        buffer_text(out, "{}");
    mongoc_cursor_destroy(cursor);
    bson_destroy(filter);
    mongoc_collection_destroy(meta);
}

/* Appends the rollups that kpi-load has built and then not given to readers, each with its reason. */
static void put_left_out(mongoc_client_t *client, const char *database, struct buffer *out)
{
    mongoc_collection_t *meta = mongoc_client_get_collection(client, database, DATASET_COLLECTION);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8("rollups"));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(meta, filter, NULL, NULL);
    const bson_t *doc;
    bson_iter_t it, entry, member;
    const char *separator = "";
    buffer_text(out, ",\n\"rollups_left_out\":[");
    if (mongoc_cursor_next(cursor, &doc) && bson_iter_init_find(&it, doc, "left_out") &&
        BSON_ITER_HOLDS_DOCUMENT(&it) && bson_iter_recurse(&it, &entry))
        while (bson_iter_next(&entry)) {
            const char *name = bson_iter_key(&entry), *why = "";
            if (BSON_ITER_HOLDS_DOCUMENT(&entry) && bson_iter_recurse(&entry, &member) &&
                bson_iter_find(&member, "why") && BSON_ITER_HOLDS_UTF8(&member))
                why = bson_iter_utf8(&member, NULL);
            buffer_printf(out, "%s{\"rollup\":\"%s\",\"reason\":", separator, name);
            buffer_json_string(out, why, strlen(why));
            buffer_char(out, '}');
            separator = ",";
        }
    buffer_char(out, ']');
    mongoc_cursor_destroy(cursor);
    bson_destroy(filter);
    mongoc_collection_destroy(meta);
}

/* Appends the newest import as it is stored, without what could name a path of the machine. */
static void put_last_import(mongoc_client_t *client, const char *database, struct buffer *out)
{
    mongoc_collection_t *imports = mongoc_client_get_collection(client, database, "imports");
    bson_t filter = BSON_INITIALIZER;
    bson_t *options = BCON_NEW("sort", "{", "started_at", BCON_INT32(-1), "}", "limit", BCON_INT64(1), "projection",
                               "{", "_id", BCON_INT32(0), "started_at", BCON_INT32(1), "finished_at", BCON_INT32(1),
                               "status", BCON_INT32(1), "profile", BCON_INT32(1), "seconds", BCON_INT32(1), "files",
                               BCON_INT32(1), "data_version", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(imports, &filter, options, NULL);
    const bson_t *doc;
    bson_iter_t it;
    buffer_text(out, ",\n\"last_import\":");
    if (mongoc_cursor_next(cursor, &doc) && bson_iter_init(&it, doc)) {
        char separator = '{';
        while (bson_iter_next(&it)) {
            buffer_printf(out, "%c\"%s\":", separator, bson_iter_key(&it));
            render_value(&it, COLUMN_TIME, out);
            separator = ',';
        }
        buffer_char(out, '}');
    } else {
        buffer_text(out, "null");
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(imports);
}

/* Appends what the database calls itself: its version, and no address. False: it did not tell. */
static bool put_engine(mongoc_client_t *client, struct buffer *out)
{
    bson_t *command = BCON_NEW("buildInfo", BCON_INT32(1)), reply;
    bson_iter_t it;
    const char *version = "unknown";
    bool ok = mongoc_client_command_simple(client, "admin", command, NULL, &reply, NULL);
    if (ok && bson_iter_init_find(&it, &reply, "version") && BSON_ITER_HOLDS_UTF8(&it))
        version = bson_iter_utf8(&it, NULL);
    buffer_text(out, ",\n\"engine\":{\"version\":");
    buffer_json_string(out, version, strlen(version));
    buffer_char(out, '}');
    bson_destroy(&reply);
    bson_destroy(command);
    return ok;
}

static void put_dataset(const struct dataset *dataset, struct buffer *out)
{
    char day[DAY_TEXT_MAX];
    buffer_printf(out, ",\n\"data_version\":%lld,\n\"first_day\":", (long long)dataset->version);
    if (dataset->has_days) {
        day_text(dataset->first_day, day);
        buffer_printf(out, "\"%s\",\"last_day\":", day);
        day_text(dataset->last_day, day);
        buffer_printf(out, "\"%s\"", day);
    } else {
        buffer_text(out, "null,\"last_day\":null");
    }
    buffer_printf(out, ",\n\"load_under_way\":%s", dataset->writing ? "true" : "false");
    buffer_text(out, ",\n\"currency\":");
    buffer_json_string(out, dataset->currency, strlen(dataset->currency));
    buffer_text(out, ",\"timezone\":");
    buffer_json_string(out, dataset->timezone, strlen(dataset->timezone));
}

/* Appends what is wrong with the files of the server: for who runs it. */
static void put_findings(struct server *server, struct buffer *out)
{
    struct keys *keys = server->access ? access_keys(server->access) : NULL;
    buffer_text(out, ",\n\"definition_errors\":");
    server_put_mistakes(server, out);
    buffer_text(out, ",\n\"definition_warnings\":");
    server_put_warnings(server, out);
    if (keys) {
        buffer_text(out, ",\n\"keys_error\":");
        keys_put_problem(keys, out);
    }
}

static void put_server(struct server *server, struct buffer *out)
{
    size_t kpis, mistakes;
    pthread_rwlock_rdlock(&server->lock);
    kpis = server->library->catalog->definition_count;
    mistakes = server->mistakes.count;
    pthread_rwlock_unlock(&server->lock);
    buffer_printf(out, "{\"version\":\"%s\",\n\"uptime_s\":%llu,\n\"kpis\":%zu,\n\"reload_error\":", KPI_VERSION,
                  (unsigned long long)((server_now_us() - server->started_us) / 1000000), kpis);
    buffer_text(out, mistakes ? "\"Definitions changed and cannot be used; definition_errors says which and why.\""
                              : "null");
}

/* False: it has gone away meanwhile, and may not have told all. */
static bool ask_database(struct server *server, mongoc_client_t *client, struct told *told)
{
    const char *database = db_name(server->db);
    put_counts(client, database, &told->data);
    put_left_out(client, database, &told->data);
    put_last_import(client, database, &told->data);
    return put_engine(client, &told->engine);
}

static void put_status(struct server *server, enum role role, const struct dataset *dataset, const struct told *told,
                       bool stale, struct response *response)
{
    struct buffer body = {0};
    put_server(server, &body);
    if (role >= ROLE_OPERATE)
        put_findings(server, &body);
    put_dataset(dataset, &body);
    buffer_put(&body, told->data.bytes, told->data.used);
    if (role >= ROLE_OPERATE)
        buffer_put(&body, told->engine.bytes, told->engine.used);
    buffer_text(&body, stale ? ",\n\"stale\":true}\n" : "}\n");
    body.failed |= told->data.failed || told->engine.failed;
    response_take(response, HTTP_OK, content_type_json, &body);
}

/* Keeps what the database has told last, for when it is away. */
static void keep_told(struct server *server, struct told *told)
{
    struct told old;
    pthread_rwlock_wrlock(&server->lock);
    old = (struct told){server->told_data, server->told_engine};
    server->told_data = told->data;
    server->told_engine = told->engine;
    pthread_rwlock_unlock(&server->lock);
    *told = old;
}

/* Copies it. False: there is none. */
static bool recall_told(struct server *server, struct told *told)
{
    pthread_rwlock_rdlock(&server->lock);
    buffer_put(&told->data, server->told_data.bytes, server->told_data.used);
    buffer_put(&told->engine, server->told_engine.bytes, server->told_engine.used);
    pthread_rwlock_unlock(&server->lock);
    return told->data.used && !told->data.failed && !told->engine.failed;
}

static void release_told(struct told *told)
{
    buffer_release(&told->data);
    buffer_release(&told->engine);
}

/* Answers with what was known last, marked, as long as KPIs are answered so: who opens the dashboard then sees of which
 * days their numbers are. False: there is nothing to be given. */
static bool answer_old_status(struct server *server, enum role role, struct response *response)
{
    struct data_view view = server_view(server);
    struct told told = {0};
    bool known = server_is_young(server, view.confirmed_us) && recall_told(server, &told);
    if (known) {
        put_status(server, role, &view.dataset, &told, true, response);
        metrics_stale(&server->metrics);
    }
    release_told(&told);
    return known;
}

static void run_status(struct job *job, mongoc_client_t *client)
{
    struct system_job *system = (struct system_job *)job;
    struct told told = {0};
    struct dataset dataset;
    struct error err = {0};
    bool whole;
    if (!server_look(system->server, client, &dataset, &err)) {
        if (!answer_old_status(system->server, system->role, &job->response))
            response_error(&job->response, &err);
        return;
    }
    whole = ask_database(system->server, client, &told);
    put_status(system->server, system->role, &dataset, &told, false, &job->response);
    if (whole)
        keep_told(system->server, &told);
    release_told(&told);
}

void handle_status(struct request *request)
{
    struct server *server = request->server;
    if (!request_takes_none(request))
        return;
    if (!server_knows_database_away(server) || !answer_old_status(server, request->role, &request->response))
        submit(request, run_status);
}

#include "core/render.h"
#include "core/version.h"
#include "server/routes.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char content_type_text[] = "text/plain; charset=utf-8";
static const char content_type_metrics[] = "text/plain; version=0.0.4; charset=utf-8";

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
    workers_submit(request->server->light, &system->job, request);
}

static void run_readyz(struct job *job, mongoc_client_t *client)
{
    struct system_job *system = (struct system_job *)job;
    struct dataset dataset;
    struct error err = {0};
    if (server_look(system->server, client, &dataset, &err))
        response_constant(&job->response, HTTP_OK, content_type_text, "ready\n", 6);
    else
        response_error(&job->response, &err);
}

void handle_readyz(struct request *request)
{
    if (request_takes_none(request))
        submit(request, run_readyz);
}

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

/* Appends what the database calls itself: its version, and no address. */
static void put_engine(mongoc_client_t *client, struct buffer *out)
{
    bson_t *command = BCON_NEW("buildInfo", BCON_INT32(1)), reply;
    bson_iter_t it;
    const char *version = "unknown";
    if (mongoc_client_command_simple(client, "admin", command, NULL, &reply, NULL) &&
        bson_iter_init_find(&it, &reply, "version") && BSON_ITER_HOLDS_UTF8(&it))
        version = bson_iter_utf8(&it, NULL);
    buffer_text(out, ",\n\"engine\":{\"version\":");
    buffer_json_string(out, version, strlen(version));
    buffer_char(out, '}');
    bson_destroy(&reply);
    bson_destroy(command);
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
    buffer_text(out, ",\n\"currency\":");
    buffer_json_string(out, dataset->currency, strlen(dataset->currency));
    buffer_text(out, ",\"timezone\":");
    buffer_json_string(out, dataset->timezone, strlen(dataset->timezone));
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
    buffer_text(out, ",\n\"definition_errors\":");
    server_put_mistakes(server, out);
}

static void run_status(struct job *job, mongoc_client_t *client)
{
    struct system_job *system = (struct system_job *)job;
    const char *database = db_name(system->server->db);
    struct buffer body = {0};
    struct dataset dataset;
    struct error err = {0};
    if (!server_look(system->server, client, &dataset, &err)) {
        response_error(&job->response, &err);
        return;
    }
    put_server(system->server, &body);
    put_dataset(&dataset, &body);
    put_counts(client, database, &body);
    put_last_import(client, database, &body);
    put_engine(client, &body);
    buffer_text(&body, "}\n");
    response_take(&job->response, HTTP_OK, content_type_json, &body);
}

void handle_status(struct request *request)
{
    if (request_takes_none(request))
        submit(request, run_status);
}

void handle_metrics(struct request *request)
{
    struct server *server = request->server;
    struct buffer body = {0};
    struct dataset dataset;
    unsigned waiting, running, exports_waiting, exports_running;
    if (!request_takes_none(request))
        return;
    dataset = server_dataset(server);
    workers_counts(server->workers, &waiting, &running);
    workers_counts(server->exports, &exports_waiting, &exports_running);
    metrics_print(&server->metrics, &body);
    buffer_printf(
        &body,
        "# HELP kpi_jobs_waiting Requests that wait for a worker.\n# TYPE kpi_jobs_waiting gauge\n"
        "kpi_jobs_waiting %u\n"
        "# HELP kpi_jobs_running Requests that a worker computes.\n# TYPE kpi_jobs_running gauge\n"
        "kpi_jobs_running %u\n"
        "# HELP kpi_exports_waiting Requests for CSV or NDJSON that wait for a worker.\n"
        "# TYPE kpi_exports_waiting gauge\n"
        "kpi_exports_waiting %u\n"
        "# HELP kpi_exports_running Answers in CSV or NDJSON that are being sent.\n"
        "# TYPE kpi_exports_running gauge\n"
        "kpi_exports_running %u\n"
        "# HELP kpi_connections Connections of clients that are open.\n# TYPE kpi_connections gauge\n"
        "kpi_connections %u\n"
        "# HELP kpi_connections_most Connections that can be held; more are refused.\n"
        "# TYPE kpi_connections_most gauge\n"
        "kpi_connections_most %u\n"
        "# HELP kpi_event_listeners Clients that listen to /v1/events.\n# TYPE kpi_event_listeners gauge\n"
        "kpi_event_listeners %u\n"
        "# HELP kpi_data_version Version of the loaded data.\n# TYPE kpi_data_version gauge\n"
        "kpi_data_version %lld\n"
        "# HELP kpi_database_up Whether the database answered when last asked.\n# TYPE kpi_database_up gauge\n"
        "kpi_database_up %d\n"
        "# HELP kpi_build_info The program's version.\n# TYPE kpi_build_info gauge\n"
        "kpi_build_info{version=\"%s\"} 1\n",
        waiting, running, exports_waiting, exports_running, clients_count(server->clients),
        server->config.capacity.connections, events_count(server->events), (long long)dataset.version,
        server_reaches_database(server), KPI_VERSION);
    response_take(&request->response, HTTP_OK, content_type_metrics, &body);
}

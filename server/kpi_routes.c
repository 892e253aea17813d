#include "core/hash.h"
#include "core/log.h"
#include "core/utf8.h"
#include "server/form.h"
#include "server/kpi_job.h"
#include "server/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES_MOST = 64 << 20 };

static const char kpi_vary[] = "Accept, Accept-Encoding";

/* The body of /v1/kpis, and of nothing else: the same for all until the definitions change. */
void handle_kpi_list(struct request *request)
{
    struct library *library;
    if (!request_takes_none(request))
        return;
    library = server_library(request->server);
    document_answer(&library->list, request);
    library_release(library);
}

/* The tag of an answer: what it is made of, so that it can be compared without computing it. Weak, since an answer that
 * is computed again differs in its computed_at. */
static void make_etag(const struct catalog *catalog, const struct query *query, const struct dataset *dataset,
                      char etag[48])
{
    struct buffer key = {0};
    char hash[HASH_TEXT_MAX] = "";
    etag[0] = '\0';
    if (query->explain) /* how long it took is never the same again */
        return;
    buffer_printf(&key, "%s %s %lld %lld %d ", catalog->sources_hash, query->definition->hash,
                  (long long)dataset->version, (long long)dataset->last_day, dataset->loaded);
    buffer_printf(&key, "%s ", format_names[query->format]);
    query_json(query, &key);
    if (!key.failed)
        hash_text(key.bytes, key.used, hash);
    snprintf(etag, 48, "W/\"%s\"", hash);
    buffer_release(&key);
}

static void release_kpi_job(struct job *job)
{
    struct kpi_job *kpi = (struct kpi_job *)job;
    for (size_t i = 0; i < kpi->parameter_count; i++) {
        free((char *)(uintptr_t)kpi->parameters[i].name);
        free((char *)(uintptr_t)kpi->parameters[i].value);
    }
    free(kpi->parameters);
    if (kpi->stream)
        stream_end(kpi->stream, kpi->whole);
    library_release(kpi->library);
    free(kpi);
}

/* The state of the data may have changed since the request came, or not have been known at all: what the request means
 * is settled by what it is now, and the answer says the version that its numbers are of. */
static bool prepare(struct kpi_job *kpi, mongoc_client_t *client, struct response *response)
{
    const struct definition *definition = kpi->query.definition;
    struct parameter_error why;
    struct error err = {0};
    if (!server_look(kpi->server, client, &kpi->dataset, &err)) {
        response_error(response, &err);
        return false;
    }
    if (!query_parse_as(kpi->accepted, &kpi->query, definition, &kpi->dataset, kpi->parameters, kpi->parameter_count,
                        &why)) {
        response_parameter_problem(response, &why);
        return false;
    }
    make_etag(kpi->library->catalog, &kpi->query, &kpi->dataset, response->etag);
    return true;
}

void kpi_fail(struct kpi_job *kpi, const struct error *err)
{
    log_event(err->kind == ERROR_INVALID || err->kind == ERROR_UNAVAILABLE ? LOG_DEBUG : LOG_WARN,
              "a KPI could not be computed", LOG_STR("kpi", kpi->query.definition->name),
              LOG_STR("reason", err->message));
    response_error(&kpi->job.response, err);
}

static void run_kpi_job(struct job *job, mongoc_client_t *client)
{
    struct kpi_job *kpi = (struct kpi_job *)job;
    const struct answer_limits limits = {kpi->server->config.query_timeout_s * 1000LL, ANSWER_BYTES_MOST};
    const char *name = kpi->query.definition->name;
    struct buffer body = {0};
    struct error err = {0};
    uint64_t started;
    bool ok;
    job->response.vary = kpi_vary;
    if (!prepare(kpi, client, &job->response))
        return;
    if (kpi->query.format != FORMAT_JSON) {
        kpi_stream(kpi, client);
        return;
    }
    started = server_now_us();
    ok = answer_json(client, db_name(kpi->server->db), kpi->library->catalog, &kpi->query, &kpi->dataset, &limits,
                     &body, &err);
    metrics_pipeline(&kpi->server->metrics, name, ok, server_now_us() - started);
    if (ok) {
        response_take(&job->response, HTTP_OK, content_type_json, &body);
        return;
    }
    buffer_release(&body);
    kpi_fail(kpi, &err);
}

/* Copies the parameters: names and values live in the connection, which the job may outlive. */
static bool copy_parameters(struct kpi_job *kpi, const struct request *request)
{
    kpi->parameters = calloc(request->parameter_count + 1, sizeof kpi->parameters[0]);
    if (!kpi->parameters)
        return false;
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct raw_parameter *from = &request->parameters[i];
        struct raw_parameter *to = &kpi->parameters[kpi->parameter_count++];
        to->name = strdup(from->name);
        to->value = from->value ? strdup(from->value) : NULL;
        if (!to->name || (from->value && !to->value))
            return false;
    }
    return true;
}

/* Settles which form the request wants, by its parameter or by its headers. */
static bool choose_form(struct request *request, struct kpi_job *kpi)
{
    bool named = false;
    for (size_t i = 0; i < request->parameter_count; i++)
        named = named || strcmp(request->parameters[i].name, "format") == 0;
    kpi->accepted = named ? FORMAT_JSON : form_negotiate(request);
    if (kpi->accepted < FORMAT_COUNT)
        return true;
    response_problem(&request->response, HTTP_NOT_ACCEPTABLE, "A KPI is answered with %s, %s or %s.",
                     forms[FORMAT_JSON].type, forms[FORMAT_CSV].type, forms[FORMAT_NDJSON].type);
    return false;
}

/* Refuses what is wrong whatever the data, answers 304 where it can; otherwise there is something to compute. */
static bool has_to_be_computed(struct request *request, struct kpi_job *kpi, const struct definition *definition)
{
    struct parameter_error why;
    char etag[48];
    request->response.vary = kpi_vary;
    if (!choose_form(request, kpi))
        return false;
    if (!query_parse_as(kpi->accepted, &kpi->query, definition, &kpi->dataset, kpi->parameters, kpi->parameter_count,
                        &why)) {
        response_parameter_problem(&request->response, &why);
        return false;
    }
    make_etag(kpi->library->catalog, &kpi->query, &kpi->dataset, etag);
    if (*etag && server_knows_data(request->server) && request_matches(request, etag)) {
        memcpy(request->response.etag, etag, sizeof etag);
        response_constant(&request->response, HTTP_NOT_MODIFIED, NULL, "", 0);
        return false;
    }
    return true;
}

static void answer_unknown_kpi(struct request *request, const struct catalog *catalog)
{
    const char *best = catalog_nearest(catalog, request->tail);
    if (best)
        response_problem(&request->response, HTTP_NOT_FOUND, "There is no KPI '%.*s'; did you mean '%s'?",
                         (int)utf8_cut(request->tail, 80), request->tail, best);
    else
        response_problem(&request->response, HTTP_NOT_FOUND, "There is no KPI '%.*s'; /v1/kpis lists them.",
                         (int)utf8_cut(request->tail, 80), request->tail);
}

void handle_kpi(struct request *request)
{
    struct library *library = server_library(request->server);
    const struct definition *definition = catalog_find(library->catalog, request->tail);
    struct kpi_job *kpi;
    if (!definition) {
        answer_unknown_kpi(request, library->catalog);
        library_release(library);
        return;
    }
    kpi = calloc(1, sizeof *kpi);
    if (!kpi) {
        response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
        library_release(library);
        return;
    }
    kpi->job.run = run_kpi_job;
    kpi->job.release = release_kpi_job;
    kpi->job.abandon = kpi_stream_abandon;
    kpi->server = request->server;
    kpi->library = library;
    kpi->dataset = server_dataset(request->server);
    if (!copy_parameters(kpi, request))
        response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
    else if (has_to_be_computed(request, kpi, definition)) {
        workers_submit(kpi->query.format == FORMAT_JSON ? request->server->workers : request->server->exports,
                       &kpi->job, request);
        return;
    }
    release_kpi_job(&kpi->job);
}

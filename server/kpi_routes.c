#include "core/log.h"
#include "core/utf8.h"
#include "server/access.h"
#include "server/flight.h"
#include "server/form.h"
#include "server/kpi_job.h"
#include "server/kpi_kept.h"
#include "server/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The body of /v1/kpis, and of nothing else: the same for all until the definitions change. */
void handle_kpi_list(struct request *request)
{
    struct library *library;
    if (!request_takes_none(request))
        return;
    library = server_library(request->server);
    document_answer(library, &library->list, request);
    library_release(library);
}

static void release_kpi_job(struct job *job)
{
    struct kpi_job *kpi = (struct kpi_job *)job;
    question_release(kpi->question);
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
    struct data_view view;
    if (!server_look(kpi->server, client, &kpi->dataset, &err)) {
        response_error(response, &err);
        return false;
    }
    view = server_view(kpi->server);
    kpi->dataset = view.dataset;
    if (!query_parse_as(kpi->accepted, &kpi->query, definition, &kpi->dataset, kpi->question->parameters,
                        kpi->question->count, &why)) {
        response_parameter_problem(response, &why);
        return false;
    }
    kpi_etag(kpi->library->catalog, &kpi->query, &kpi->dataset, response->etag);
    return true;
}

void kpi_log_failure(const char *kpi, const struct error *err)
{
    log_event(err->kind == ERROR_INVALID || err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_CHANGED ? LOG_DEBUG
                                                                                                         : LOG_WARN,
              "a KPI could not be computed", LOG_STR("kpi", kpi), LOG_STR("reason", err->message));
}

void kpi_fail(struct kpi_job *kpi, const struct error *err)
{
    kpi_log_failure(kpi->query.definition->name, err);
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
    bool ok, dirty;
    job->response.vary = kpi_vary;
    if (!prepare(kpi, client, &job->response))
        return;
    if (kpi->query.format != FORMAT_JSON) {
        kpi_stream(kpi, client);
        return;
    }
    started = server_now_us();
    ok = answer_json(client, db_name(kpi->server->db), kpi->library->catalog, &kpi->query, &kpi->dataset, &limits,
                     &body, &dirty, &err);
    metrics_pipeline(&kpi->server->metrics, name, ok, server_now_us() - started);
    if (ok) {
        response_take(&job->response, HTTP_OK, content_type_json, &body);
        return;
    }
    buffer_release(&body);
    kpi_fail(kpi, &err);
}

/* Settles which form the request wants, by its parameter or by its headers. */
static bool choose_form(struct request *request, enum format *accepted)
{
    bool named = false;
    for (size_t i = 0; i < request->parameter_count; i++)
        named = named || strcmp(request->parameters[i].name, "format") == 0;
    *accepted = named ? FORMAT_JSON : form_negotiate(request);
    if (*accepted < FORMAT_COUNT)
        return true;
    response_problem(&request->response, HTTP_NOT_ACCEPTABLE, "A KPI is answered with %s, %s or %s.",
                     forms[FORMAT_JSON].type, forms[FORMAT_CSV].type, forms[FORMAT_NDJSON].type);
    return false;
}

/* Reads the request as what it means whatever the data. */
static bool read_query(struct request *request, const struct definition *definition, struct query *query,
                       enum format *accepted)
{
    static const struct dataset nothing;
    struct parameter_error why;
    request->response.vary = kpi_vary;
    if (!choose_form(request, accepted))
        return false;
    if (query_parse_as(*accepted, query, definition, &nothing, request->parameters, request->parameter_count, &why))
        return true;
    response_parameter_problem(&request->response, &why);
    return false;
}

/* Whether the client has the answer that would be made now. */
static bool client_has_it(struct request *request, const struct library *library, const struct query *query,
                          const struct dataset *dataset)
{
    char etag[48];
    kpi_etag(library->catalog, query, dataset, etag);
    if (!*etag || !request_matches(request, etag))
        return false;
    memcpy(request->response.etag, etag, sizeof etag);
    response_constant(&request->response, HTTP_NOT_MODIFIED, NULL, "", 0);
    return true;
}

/* Answers what is not kept: rows that are too many, and explanations. Takes the library over. */
static void answer_once(struct request *request, struct library *library, const struct query *query,
                        enum format accepted)
{
    const struct definition *definition = query->definition;
    struct data_view view = server_view(request->server);
    struct kpi_job *kpi = calloc(1, sizeof *kpi);
    struct parameter_error why;
    if (kpi)
        kpi->question = question_new(request->tail, accepted, request->parameters, request->parameter_count);
    if (!kpi || !kpi->question) {
        free(kpi);
        library_release(library);
        response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
        return;
    }
    kpi->job.run = run_kpi_job;
    kpi->job.release = release_kpi_job;
    kpi->job.abandon = kpi_stream_abandon;
    kpi->server = request->server;
    kpi->library = library;
    kpi->dataset = view.dataset;
    kpi->accepted = accepted;
    if (!query_parse_as(accepted, &kpi->query, definition, &view.dataset, kpi->question->parameters,
                        kpi->question->count, &why))
        response_parameter_problem(&request->response, &why);
    else if (!view.state || !client_has_it(request, library, &kpi->query, &view.dataset)) {
        workers_submit(kpi_workers(request->server, kpi->query.format), &kpi->job, request);
        return;
    }
    release_kpi_job(&kpi->job);
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
    enum format accepted;
    struct query query;
    if (!definition) {
        answer_unknown_kpi(request, library->catalog);
    } else if (!read_query(request, definition, &query, &accepted)) {
        ; /* it was told what is wrong */
    } else if (query.explain && !access_has_role(request, ROLE_OPERATE)) {
        ; /* it was told so */
    } else if (query.explain || !kpi_kept_answer(request, library, &query, accepted)) {
        answer_once(request, library_hold(library), &query, accepted);
    }
    library_release(library);
}

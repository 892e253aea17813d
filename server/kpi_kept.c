#include "server/kpi_kept.h"
#include "core/hash.h"
#include "server/flight.h"
#include "server/form.h"
#include "server/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char kpi_path[] = "/v1/kpis/";
const char kpi_vary[] = "Accept, Accept-Encoding";

/* What an answer is made of, but for the data. */
static void put_making(const struct catalog *catalog, const struct query *query, struct buffer *out)
{
    const struct definition *d = query->definition;
    buffer_printf(out, "%s %s %s %s ", d->name, catalog->sources_hash, d->hash, format_names[query->format]);
    query_json(query, out);
}

void kpi_etag(const struct catalog *catalog, const struct query *query, const struct dataset *dataset, char etag[48])
{
    struct buffer key = {0};
    char hash[HASH_TEXT_MAX];
    etag[0] = '\0';
    if (query->explain) /* how long it took is never the same again */
        return;
    buffer_printf(&key, "%" PRIu64 " ", dataset->print);
    put_making(catalog, query, &key);
    if (!key.failed) {
        hash_text(key.bytes, key.used, hash);
        snprintf(etag, 48, "W/\"%s\"", hash);
    }
    buffer_release(&key);
}

bool kpi_id(const struct server *server, const struct catalog *catalog, const struct query *query, struct cache_id *id)
{
    struct buffer key = {0};
    bool ok;
    put_making(catalog, query, &key);
    ok = !key.failed;
    if (ok)
        *id = cache_id(server->cache, key.bytes, key.used);
    buffer_release(&key);
    return ok;
}

static void hit(struct request *request, struct kept *kept)
{
    struct server *server = request->server;
    bool not_modified = request_matches(request, kept->etag);
    if (!__atomic_load_n(&server->wanted, __ATOMIC_RELAXED))
        __atomic_store_n(&server->wanted, true, __ATOMIC_RELAXED);
    kept_answer(kept, &request->response, request_accepts_gzip(request), not_modified, NULL);
    cache_count(server->cache, true);
}

void kpi_kept_id(struct request *request, const char *uri)
{
    if (request->server->config.cache_bytes && strncmp(uri, kpi_path, sizeof kpi_path - 1) == 0 && !request->refused)
        request->uri_id = cache_id(request->server->cache, uri, strlen(uri));
}

bool kpi_is_right(const struct server *server, const struct kept *kept, uint64_t asked_us)
{
    uint64_t confirmed_us = __atomic_load_n(&server->confirmed_us, __ATOMIC_ACQUIRE);
    return look_covers(confirmed_us, asked_us) && kept->state == __atomic_load_n(&server->state, __ATOMIC_ACQUIRE);
}

bool kpi_kept_find(struct request *request, const char *method)
{
    struct server *server = request->server;
    struct kept *kept = NULL;
    enum format form;
    bool found;
    if ((!request->uri_id.a && !request->uri_id.b) || request->refused || request->has_body ||
        (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0))
        return false;
    form = form_negotiate(request);
    request->uri_id.b ^= (uint64_t)form + 1; /* the target means another form to each */
    if (form < FORMAT_COUNT)
        kept = (struct kept *)cache_find(server->cache, request->uri_id);
    found =
        kept && kpi_is_right(server, kept, request->started_us) &&
        __atomic_load_n(&kept->library, __ATOMIC_RELAXED) == __atomic_load_n(&server->library_number, __ATOMIC_ACQUIRE);
    if (found) {
        request->route = route_find(kpi_path, &request->tail);
        hit(request, kept);
    }
    kept_release(kept);
    return found;
}

static void respond_out_of_memory(struct request *request)
{
    response_problem(&request->response, HTTP_INTERNAL_ERROR, "Out of memory.");
}

/* Answers with what is kept, marked. */
static void answer_stale(struct request *request, struct kept *kept)
{
    struct cache *cache = request->server->cache;
    struct kept *stale = (struct kept *)cache_find(cache, kept_stale_id(kept));
    if (stale && stale->state != kept->state) {
        kept_release(stale);
        stale = NULL;
    }
    if (!stale) {
        stale = kept_make_stale(kept);
        if (stale)
            cache_keep(cache, &stale->entry);
    }
    if (stale)
        kept_answer(stale, &request->response, request_accepts_gzip(request), false, NULL);
    else
        respond_out_of_memory(request);
    kept_release(stale);
    metrics_stale(&request->server->metrics);
}

static uint64_t deadline(const struct request *request)
{
    uint64_t wait_us = (uint64_t)request->server->config.fresh_wait_s * 1000000;
    return request->started_us + (wait_us ? wait_us : 1);
}

/* What an answer to the request is decided by. */
struct asking {
    struct request *request;
    struct library *library;
    const struct query *query; /* read without a state of the data */
    enum format accepted;
    struct cache_id id;
    struct data_view view;
    struct kept *kept; /* what is kept of it, right or not; or NULL */
};

/* Whether what is kept may be given although it may be right no more. Rows alone have no room for the mark. */
static bool may_be_given(const struct asking *a)
{
    struct server *server = a->request->server;
    return a->kept && a->query->format == FORMAT_JSON &&
           server_is_young(server, server_right_us(server, a->kept->state));
}

/* Whether the client has the answer already: that of the data as they were last known. */
static bool has_it(const struct asking *a)
{
    struct request *request = a->request;
    struct parameter_error why;
    struct query query;
    char etag[48];
    if (!a->view.state || !request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH) ||
        !query_parse_as(a->accepted, &query, a->query->definition, &a->view.dataset, request->parameters,
                        request->parameter_count, &why))
        return false;
    kpi_etag(a->library->catalog, &query, &a->view.dataset, etag);
    if (!*etag || !request_matches(request, etag))
        return false;
    response_constant(&request->response, HTTP_NOT_MODIFIED, NULL, "", 0);
    memcpy(request->response.etag, etag, sizeof etag);
    return true;
}

/* Has the answer computed, by whoever is at it already, for the request to wait for or for later. */
static void compute(const struct asking *a, struct request *request)
{
    struct server *server = a->request->server;
    bool old = may_be_given(a);
    uint64_t until_us = old && !a->request->late ? deadline(a->request) : 0;
    struct question *question;
    struct flight *flight;
    if (flights_board(server->flights, a->id, request, until_us))
        return;
    question = question_new(a->request->tail, a->accepted, a->request->parameters, a->request->parameter_count);
    flight = flight_new(server, kpi_workers(server, a->query->format), library_hold(a->library), question, a->id,
                        kpi_compute);
    if (flight)
        flights_start(server->flights, flight, request, until_us);
    else if (request)
        respond_out_of_memory(request);
}

/* The database is away, or does not answer in time. */
static void answer_without_database(const struct asking *a)
{
    struct request *request = a->request;
    if (server_is_young(request->server, a->view.confirmed_us) && has_it(a))
        return;
    if (may_be_given(a)) {
        answer_stale(request, a->kept);
        return;
    }
    server_answer_away(request->server, &request->response);
}

/* The data are known, and what is kept is not of them. */
static void answer_anew(const struct asking *a)
{
    struct request *request = a->request;
    bool old = may_be_given(a);
    if (has_it(a))
        return;
    if (!request->late)
        cache_count(request->server->cache, false);
    if (old && (request->late || !request->server->config.fresh_wait_s)) {
        compute(a, NULL);
        answer_stale(request, a->kept);
    } else {
        compute(a, request);
    }
}

/* False: it is for the caller. */
static bool answer(const struct asking *a)
{
    struct request *request = a->request;
    struct server *server = request->server;
    bool covered = look_covers(a->view.confirmed_us, request->started_us);
    if (covered && a->kept && a->kept->state == a->view.state) {
        /* Under these definitions the target means this: next time it need not be read. */
        __atomic_store_n(&a->kept->library, a->library->number, __ATOMIC_RELAXED);
        cache_alias(server->cache, &a->kept->entry, request->uri_id);
        hit(request, a->kept);
    } else if (request->alone) {
        return false;
    } else if (covered) {
        answer_anew(a);
    } else if (a->view.away || (request->late && may_be_given(a))) {
        answer_without_database(a);
    } else {
        bool old = may_be_given(a);
        flights_await_look(server->flights, request, old && !request->late ? deadline(request) : 0);
    }
    return true;
}

bool kpi_kept_answer(struct request *request, struct library *library, const struct query *query, enum format accepted)
{
    struct asking a = {.request = request, .library = library, .query = query, .accepted = accepted};
    bool answered;
    request->response.vary = kpi_vary;
    __atomic_store_n(&request->server->wanted, true, __ATOMIC_RELAXED);
    if (!kpi_id(request->server, library->catalog, query, &a.id)) {
        respond_out_of_memory(request);
        return true;
    }
    a.kept = (struct kept *)cache_find(request->server->cache, a.id);
    a.view = server_view(request->server); /* behind it: no answer is of a state that is not known here */
    answered = answer(&a);
    kept_release(a.kept);
    return answered;
}

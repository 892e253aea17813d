#include "core/log.h"
#include "server/flight.h"
#include "server/form.h"
#include "server/kpi_job.h"
#include "server/kpi_kept.h"

#include <string.h>

enum {
    REFRESHED_MOST = 16, /* computed anew at once when there are new data */
    ATTEMPTS = 3,        /* while loads take away what is being read */
};

/* The state of the data that the answer will be of. What is known may be old by now, when the flight has waited for a
 * worker. */
static bool know_data(struct server *server, mongoc_client_t *client, struct data_view *view, struct error *err)
{
    struct dataset dataset;
    *view = server_view(server);
    if (look_covers(view->confirmed_us, server_now_us()))
        return true;
    if (view->away) {
        error_set(err, ERROR_UNAVAILABLE, "the database is away");
        return false;
    }
    if (!server_look(server, client, &dataset, err))
        return false;
    *view = server_view(server);
    return true;
}

struct kept *kpi_keep(const struct flight *flight, const struct query *query, const struct data_view *view,
                      struct buffer *body, bool dirty, struct error *err)
{
    struct response head = {.vary = kpi_vary, .policy = &flight->server->policy};
    struct kept *kept;
    response_take(&head, HTTP_OK, forms[query->format].content_type, body);
    if (!dirty)
        kpi_etag(flight->library->catalog, query, &view->dataset, head.etag);
    if (forms[query->format].extension)
        kpi_name_file(query, &view->dataset, head.file_name, sizeof head.file_name);
    kept = head.status == HTTP_OK ? kept_new(flight->id, dirty ? 0 : view->state, &head, cache_status_hit) : NULL;
    if (!kept) {
        response_release(&head);
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    kept->library = flight->library->number;
    kept->question = question_hold(flight->question);
    kept->entry.size += flight->question->size;
    return kept;
}

static struct kept *make_json(const struct flight *flight, mongoc_client_t *client, const struct query *query,
                              const struct data_view *view, struct error *err)
{
    struct server *server = flight->server;
    const struct answer_limits limits = {server->config.query_timeout_s * 1000LL, ANSWER_BYTES_MOST};
    struct buffer body = {0};
    uint64_t started = server_now_us();
    bool dirty = false;
    bool ok = answer_json(client, db_name(server->db), flight->library->catalog, query, &view->dataset, &limits, &body,
                          &dirty, err);
    metrics_pipeline(&server->metrics, query->definition->name, ok, server_now_us() - started);
    if (ok)
        return kpi_keep(flight, query, view, &body, dirty, err);
    buffer_release(&body);
    return NULL;
}

/* Computes the answer. NULL: err says why there is none; or it says nothing, since rows are sent that are too many. */
static struct kept *make(struct flight *flight, mongoc_client_t *client, const struct query *query,
                         const struct data_view *view, struct error *err)
{
    if (query->format == FORMAT_JSON)
        return make_json(flight, client, query, view, err);
    return kpi_rows(flight, client, query, view, err);
}

/* Those who want plain bytes need not wait until they are compressed, if anybody ever wants them so. */
static void land(struct flight *flight, struct kept *kept, const struct data_view *view)
{
    bool others = flight_land(flight, kept, view->confirmed_us, false);
    bool keeps = kept->state && cache_takes(flight->server->cache, kept->entry.size);
    if (others || keeps)
        kept_compress(kept, cache_status_hit);
    if (keeps)
        cache_keep(flight->server->cache, &kept->entry);
    flight_land(flight, kept, view->confirmed_us, true);
}

/* What is kept already for the flight, if it is right; else NULL. */
static struct kept *find_right(const struct flight *flight, const struct data_view *view)
{
    struct kept *kept = (struct kept *)cache_peek(flight->server->cache, flight->id);
    if (kept && kept->state == view->state)
        return kept;
    kept_release(kept);
    return NULL;
}

/* Parses and computes. NULL: as from make(). */
static struct kept *make_from_question(struct flight *flight, mongoc_client_t *client, const struct data_view *view,
                                       struct error *err)
{
    const struct question *question = flight->question;
    const struct definition *definition = catalog_find(flight->library->catalog, question->kpi);
    struct parameter_error why;
    struct query query;
    if (query_parse_as(question->accepted, &query, definition, &view->dataset, question->parameters, question->count,
                       &why))
        return make(flight, client, &query, view, err);
    error_set(err, ERROR_INVALID, "%s", why.detail);
    return NULL;
}

/* The same, and again when loads have taken away what was being read. */
static struct kept *make_of_newest(struct flight *flight, mongoc_client_t *client, struct data_view *view,
                                   struct error *err)
{
    struct kept *kept = make_from_question(flight, client, view, err);
    for (int i = 1; i < ATTEMPTS && !kept && err->kind == ERROR_CHANGED; i++) {
        *err = (struct error){0};
        if (!know_data(flight->server, client, view, err))
            break;
        kept = make_from_question(flight, client, view, err);
    }
    return kept;
}

void kpi_compute(struct job *job, mongoc_client_t *client)
{
    struct flight *flight = (struct flight *)job;
    struct error err = {0};
    struct data_view view;
    struct kept *kept = NULL;
    bool known = know_data(flight->server, client, &view, &err);
    if (known)
        kept = find_right(flight, &view); /* another may have landed while this one waited */
    if (kept) {
        flight_land(flight, kept, view.confirmed_us, true);
    } else if (known && (kept = make_of_newest(flight, client, &view, &err))) {
        land(flight, kept, &view);
    } else if (err.kind) {
        kpi_log_failure(flight->question->kpi, &err);
        flight_fail(flight, &err);
    }
    kept_release(kept);
}

struct workers *kpi_workers(const struct server *server, enum format format)
{
    return format == FORMAT_JSON ? server->workers : server->exports;
}

/* Starts to compute what the entry answers, as the definitions are now. */
static void refresh(struct server *server, struct library *library, const struct kept *kept)
{
    static const struct dataset nothing;
    const struct question *question = kept->question;
    const struct definition *definition = question ? catalog_find(library->catalog, question->kpi) : NULL;
    struct parameter_error why;
    struct flight *flight;
    struct query query;
    struct cache_id id;
    if (!definition ||
        !query_parse_as(question->accepted, &query, definition, &nothing, question->parameters, question->count,
                        &why) ||
        !kpi_id(server, library->catalog, &query, &id))
        return;
    flight = flight_new(server, kpi_workers(server, query.format), library_hold(library), question_hold(kept->question),
                        id, kpi_compute);
    if (flight)
        flights_start(server->flights, flight, NULL, 0);
}

void kpi_refresh(struct server *server)
{
    struct cache_entry *hottest[REFRESHED_MOST];
    size_t count = cache_hottest(server->cache, hottest, REFRESHED_MOST);
    struct library *library = server_library(server);
    for (size_t i = 0; i < count; i++) {
        refresh(server, library, (const struct kept *)hottest[i]);
        cache_release(hottest[i]);
    }
    library_release(library);
}

/* GET /metrics: all that the server counts, and what it holds at the moment. It asks the database nothing, so that it
 * is answered when that is away, and as often as one likes. */
#include "core/rollup.h"
#include "core/version.h"
#include "server/flight.h"
#include "server/process_metrics.h"
#include "server/routes.h"
#include "server/server.h"

#include <time.h>

static const char content_type_metrics[] = "text/plain; version=0.0.4; charset=utf-8";

enum { POOLS = 3, MS_PER_DAY = 24 * 3600 * 1000 };

/* The workers of each kind, as labels call them. */
static void counts_of_all(const struct server *server, struct workers_counts counts[POOLS])
{
    counts[0] = workers_counts(server->workers);
    counts[1] = workers_counts(server->exports);
    counts[2] = workers_counts(server->light);
}

static const struct label pools[POOLS] = {{"pool", "kpis"}, {"pool", "exports"}, {"pool", "light"}};

static void put_workers(const struct server *server, struct buffer *out)
{
    struct workers_counts c[POOLS];
    counts_of_all(server, c);
    expose_gauge(out, "kpi_jobs_waiting", "Computations of KPIs that wait for a worker.", c[0].waiting);
    expose_gauge(out, "kpi_jobs_running", "Computations of KPIs that a worker is at.", c[0].running);
    expose_gauge(out, "kpi_exports_waiting", "Answers in CSV or NDJSON that wait for a worker.", c[1].waiting);
    expose_gauge(out, "kpi_exports_running", "Answers in CSV or NDJSON that are computed or sent.", c[1].running);
    expose_gauge(out, "kpi_light_jobs_waiting", "Requests for status, menus and records that wait for a worker.",
                 c[2].waiting);
    expose_gauge(out, "kpi_light_jobs_running", "Requests for status, menus and records that a worker is at.",
                 c[2].running);
    expose_family(out, "kpi_workers", "gauge", "Workers, each with a connection to the database of its own.");
    for (int i = 0; i < POOLS; i++)
        expose_number(out, "kpi_workers", &pools[i], c[i].threads);
    expose_gauge(out, "kpi_queue_most", "How many may wait for a worker of each pool; more are refused.",
                 server->config.queue_most);
    expose_family(out, "kpi_queue_refused_total", "counter", "What was refused with 503, as the queue was full.");
    for (int i = 0; i < POOLS; i++)
        expose_number(out, "kpi_queue_refused_total", &pools[i], (int64_t)c[i].refused);
    expose_family(out, "kpi_queue_expired_total", "counter", "What was given up in the queue, as no worker came free.");
    for (int i = 0; i < POOLS; i++)
        expose_number(out, "kpi_queue_expired_total", &pools[i], (int64_t)c[i].expired);
    expose_family(out, "kpi_queue_wait_seconds", "histogram", "Time in the queue before a worker came free.");
    for (int i = 0; i < POOLS; i++)
        expose_histogram(out, "kpi_queue_wait_seconds", &pools[i], &c[i].waited);
}

static void put_connections(const struct server *server, struct buffer *out)
{
    struct clients_counts clients = clients_counts(server->clients);
    expose_gauge(out, "kpi_connections", "Connections of clients that are open.", clients.open);
    expose_gauge(out, "kpi_connections_most", "Connections that can be held; more are refused.", clients.most);
    expose_counter(out, "kpi_connections_accepted_total", "Connections of clients that were opened.", clients.accepted);
    expose_counter(out, "kpi_connections_refused_total", "Connections that were one more than can be held.",
                   clients.refused);
    expose_gauge(out, "kpi_event_listeners", "Clients that listen to /v1/events.", events_count(server->events));
    expose_gauge(out, "kpi_event_listeners_most", "How many may listen; more are refused.",
                 events_most(server->events));
}

static void put_database(struct server *server, struct buffer *out)
{
    struct db_pool_counts pool = db_pool_counts(server->db);
    expose_gauge(out, "kpi_database_up", "Whether the database answered when last asked.",
                 server_reaches_database(server));
    expose_counter(out, "kpi_database_looks_total", "How often the state of the data was asked for.",
                   __atomic_load_n(&server->looks, __ATOMIC_RELAXED));
    expose_counter(out, "kpi_database_look_failures_total", "How often it was not told.",
                   __atomic_load_n(&server->look_failures, __ATOMIC_RELAXED));
    expose_gauge(out, "kpi_breaker_open", "Whether the database is known to be away: what needs it is refused at once.",
                 server_knows_database_away(server));
    expose_counter(out, "kpi_breaker_refused_total", "Requests refused with 503 while it was open.",
                   __atomic_load_n(&server->metrics.refused_away, __ATOMIC_RELAXED));
    expose_gauge(out, "kpi_database_pool_in_use", "Connections to the database that are in use.", pool.in_use);
    expose_gauge(out, "kpi_database_pool_most", "Connections to the database that there may be.", pool.most);
    expose_counter(out, "kpi_database_pool_timeouts_total", "How often no connection came free in time.",
                   pool.timeouts);
}

/* What is not known has no sample: no number would be true. A clock that was set back makes nothing younger than new.
 */
static void put_data(const struct dataset *dataset, struct buffer *out)
{
    static const char age[] = "kpi_data_age_seconds", last[] = "kpi_data_last_day_timestamp_seconds";
    struct timespec now;
    int64_t age_ms;
    clock_gettime(CLOCK_REALTIME, &now);
    age_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000 - dataset->loaded_ms;
    expose_gauge(out, "kpi_data_version", "Version of the loaded data; 0 before the first.", dataset->version);
    expose_family(out, age, "gauge", "Time since a load changed the data.");
    if (dataset->loaded && dataset->loaded_ms)
        expose_seconds(out, age, NULL, age_ms > 0 ? (double)age_ms / 1000 : 0);
    expose_family(out, last, "gauge", "Newest day in the data: its midnight, in seconds since 1970.");
    if (dataset->loaded && dataset->has_days)
        expose_number(out, last, NULL, dataset->last_day * (MS_PER_DAY / 1000));
}

static void put_definitions(struct server *server, const struct dataset *dataset, struct buffer *out)
{
    struct library *library = server_library(server);
    const struct catalog *catalog = library->catalog;
    size_t in_use = 0, mistakes, warnings;
    for (size_t i = 0; i < catalog->rollup_count; i++)
        in_use += !catalog->rollups[i]->source.left_out && dataset_rollup(dataset, catalog->rollups[i]->hash);
    pthread_rwlock_rdlock(&server->lock);
    mistakes = server->mistakes.count;
    warnings = server->warnings.count;
    pthread_rwlock_unlock(&server->lock);
    expose_gauge(out, "kpi_definitions", "KPIs that are served.", (int64_t)catalog->definition_count);
    expose_gauge(out, "kpi_definition_errors",
                 "What is wrong with definition files; what they defined before is served.", (int64_t)mistakes);
    expose_gauge(out, "kpi_definition_warnings", "What is served and may not be meant so.", (int64_t)warnings);
    expose_counter(out, "kpi_definition_reloads_total", "How often changed definitions took the place of others.",
                   __atomic_load_n(&server->library_number, __ATOMIC_RELAXED));
    expose_family(out, "kpi_rollups", "gauge",
                  "Rollups that are declared: whether they answer, or are not whole or not to be used.");
    expose_number(out, "kpi_rollups", &(struct label){"state", "in_use"}, (int64_t)in_use);
    expose_number(out, "kpi_rollups", &(struct label){"state", "left_out"},
                  (int64_t)catalog->rollup_count - (int64_t)in_use);
    library_release(library);
}

static void put_cache(struct server *server, struct buffer *out)
{
    struct cache_counts cache = cache_counts(server->cache);
    struct flight_counts flights = flights_counts(server->flights);
    expose_counter(out, "kpi_cache_hits_total", "Requests for KPIs that were answered from the cache.", cache.hits);
    expose_counter(out, "kpi_cache_misses_total", "Requests for KPIs whose answer was not in the cache.", cache.misses);
    expose_counter(out, "kpi_cache_collapsed_total",
                   "Requests that waited for an answer that was being computed already.", flights.collapsed);
    expose_counter(out, "kpi_cache_stale_total", "Requests that got an old answer, marked stale.",
                   __atomic_load_n(&server->metrics.stale, __ATOMIC_RELAXED));
    expose_counter(out, "kpi_cache_evictions_total", "Answers that had to make room for others.", cache.evictions);
    expose_gauge(out, "kpi_cache_bytes", "Memory that the answers in the cache take.", (int64_t)cache.bytes);
    expose_gauge(out, "kpi_cache_max_bytes", "The most that they may take.", (int64_t)cache.max_bytes);
    expose_gauge(out, "kpi_cache_entries", "Answers in the cache.", (int64_t)cache.entries);
    expose_gauge(out, "kpi_requests_waiting", "Requests that wait for an answer that is being computed.",
                 flights.waiting);
}

void handle_metrics(struct request *request)
{
    struct server *server = request->server;
    struct dataset dataset;
    struct buffer body = {0};
    if (!request_takes_none(request))
        return;
    dataset = server_dataset(server);
    metrics_print(&server->metrics, &body);
    put_workers(server, &body);
    put_connections(server, &body);
    put_database(server, &body);
    put_data(&dataset, &body);
    put_definitions(server, &dataset, &body);
    put_cache(server, &body);
    expose_family(&body, "kpi_build_info", "gauge", "The program's version; always 1.");
    expose_number(&body, "kpi_build_info", &(struct label){"version", KPI_VERSION}, 1);
    process_metrics_print(server->started_ms, &body);
    response_take(&request->response, HTTP_OK, content_type_metrics, &body);
}

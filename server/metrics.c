#include "server/metrics.h"
#include "server/routes.h"

#include <stdio.h>
#include <string.h>

static const enum http_status statuses[] = {
#define METRIC_STATUS(number, name, title) HTTP_##name,
    HTTP_STATUSES(METRIC_STATUS)
#undef METRIC_STATUS
};

enum { STATUS_COUNT = sizeof statuses / sizeof statuses[0] };
_Static_assert(sizeof statuses / sizeof statuses[0] <= METRIC_STATUSES, "a status has no counter");

/* No KPI can have this name. */
static const char other_kpis[] = "(others)";

void metrics_init(struct metrics *metrics)
{
    memset(metrics, 0, sizeof *metrics);
    pthread_mutex_init(&metrics->lock, NULL);
}

void metrics_release(struct metrics *metrics)
{
    pthread_mutex_destroy(&metrics->lock);
}

static void add_one(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static uint64_t get(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void metrics_request(struct metrics *metrics, size_t route, enum http_status status, uint64_t microseconds)
{
    for (size_t i = 0; i < STATUS_COUNT; i++)
        if (statuses[i] == status)
            add_one(&metrics->requests[route][i]);
    histogram_add(&metrics->durations[route], microseconds);
}

/* With the lock held: the counters of a KPI. Files come and go while a server runs; its memory, and the series that
 * Prometheus keeps, have a bound. */
static size_t pipeline_of(struct metrics *metrics, const char *kpi)
{
    enum { LONGEST = sizeof metrics->pipelines[0].kpi - 1 };
    size_t i = 0;
    while (i < metrics->pipeline_count && strncmp(metrics->pipelines[i].kpi, kpi, LONGEST) != 0)
        i++;
    if (i < metrics->pipeline_count)
        return i;
    if (i >= METRIC_PIPELINES - 1) {
        kpi = other_kpis;
        i = METRIC_PIPELINES - 1;
    }
    snprintf(metrics->pipelines[i].kpi, sizeof metrics->pipelines[i].kpi, "%s", kpi);
    metrics->pipeline_count = i + 1;
    return i;
}

void metrics_pipeline(struct metrics *metrics, const char *kpi, bool ok, uint64_t microseconds)
{
    size_t i;
    pthread_mutex_lock(&metrics->lock);
    i = pipeline_of(metrics, kpi);
    histogram_add(&metrics->pipelines[i].durations, microseconds);
    metrics->pipelines[i].failures += !ok;
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_stale(struct metrics *metrics)
{
    add_one(&metrics->stale);
}

void metrics_refused_away(struct metrics *metrics)
{
    add_one(&metrics->refused_away);
}

static void print_requests(const struct metrics *metrics, struct buffer *out)
{
    expose_family(out, "kpi_http_requests_total", "counter", "Requests answered, by route and status.");
    for (size_t r = 0; r <= route_count; r++)
        for (size_t s = 0; s < STATUS_COUNT; s++)
            if (get(&metrics->requests[r][s]))
                buffer_printf(out, "kpi_http_requests_total{route=\"%s\",status=\"%d\"} %llu\n", route_label(r),
                              (int)statuses[s], (unsigned long long)get(&metrics->requests[r][s]));
}

static bool is_empty(const struct histogram *histogram)
{
    for (size_t b = 0; b <= HISTOGRAM_BUCKETS; b++)
        if (get(&histogram->buckets[b]))
            return false;
    return true;
}

static void print_durations(const struct metrics *metrics, struct buffer *out)
{
    static const char name[] = "kpi_http_request_duration_seconds";
    expose_family(out, name, "histogram", "Time from a request's first byte to the end of its answer.");
    for (size_t r = 0; r <= route_count; r++)
        if (!is_empty(&metrics->durations[r]))
            expose_histogram(out, name, &(struct label){"route", route_label(r)}, &metrics->durations[r]);
}

static void print_pipelines(struct metrics *metrics, struct buffer *out)
{
    static const char durations[] = "kpi_pipeline_seconds", failures[] = "kpi_pipeline_failures_total";
    pthread_mutex_lock(&metrics->lock);
    expose_family(out, durations, "histogram", "Time that the pipelines of a KPI took, its answer's making included.");
    for (size_t i = 0; i < metrics->pipeline_count; i++)
        expose_histogram(out, durations, &(struct label){"kpi", metrics->pipelines[i].kpi},
                         &metrics->pipelines[i].durations);
    expose_family(out, failures, "counter", "Pipelines that failed, by KPI.");
    for (size_t i = 0; i < metrics->pipeline_count; i++)
        expose_number(out, failures, &(struct label){"kpi", metrics->pipelines[i].kpi},
                      (int64_t)metrics->pipelines[i].failures);
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_print(struct metrics *metrics, struct buffer *out)
{
    print_requests(metrics, out);
    print_durations(metrics, out);
    print_pipelines(metrics, out);
    expose_gauge(out, "kpi_http_requests_in_flight", "Requests being served, listeners to events included.",
                 __atomic_load_n(&metrics->in_flight, __ATOMIC_RELAXED));
}

#include "server/metrics.h"
#include "server/routes.h"

#include <stdio.h>
#include <string.h>

static const uint64_t bucket_bounds_us[METRIC_BUCKETS] = {100,    500,    1000,   5000,    10000,   50000,
                                                          100000, 250000, 500000, 1000000, 5000000, 10000000};
static const enum http_status statuses[] = {
#define METRIC_STATUS(number, name, title) HTTP_##name,
    HTTP_STATUSES(METRIC_STATUS)
#undef METRIC_STATUS
};

enum { STATUS_COUNT = sizeof statuses / sizeof statuses[0] };
_Static_assert(sizeof statuses / sizeof statuses[0] <= METRIC_STATUSES, "a status has no counter");

void metrics_init(struct metrics *metrics)
{
    memset(metrics, 0, sizeof *metrics);
    pthread_mutex_init(&metrics->lock, NULL);
}

void metrics_release(struct metrics *metrics)
{
    pthread_mutex_destroy(&metrics->lock);
}

static void add(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static uint64_t get(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void metrics_request(struct metrics *metrics, size_t route, enum http_status status, uint64_t microseconds)
{
    size_t bucket = 0;
    while (bucket < METRIC_BUCKETS && microseconds > bucket_bounds_us[bucket])
        bucket++;
    for (size_t i = 0; i < STATUS_COUNT; i++)
        if (statuses[i] == status)
            add(&metrics->requests[route][i], 1);
    add(&metrics->buckets[route][bucket], 1);
    add(&metrics->microseconds[route], microseconds);
}

void metrics_pipeline(struct metrics *metrics, const char *kpi, bool ok, uint64_t microseconds)
{
    size_t i = 0;
    pthread_mutex_lock(&metrics->lock);
    while (i < metrics->pipeline_count && strcmp(metrics->pipelines[i].kpi, kpi) != 0)
        i++;
    if (i == metrics->pipeline_count && i < METRIC_PIPELINES) {
        snprintf(metrics->pipelines[i].kpi, sizeof metrics->pipelines[i].kpi, "%s", kpi);
        metrics->pipeline_count++;
    }
    if (i < METRIC_PIPELINES) {
        metrics->pipelines[i].runs++;
        metrics->pipelines[i].failures += !ok;
        metrics->pipelines[i].microseconds += microseconds;
    }
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_stale(struct metrics *metrics)
{
    add(&metrics->stale, 1);
}

static double seconds(uint64_t microseconds)
{
    return (double)microseconds / 1e6;
}

static void print_requests(const struct metrics *metrics, struct buffer *out)
{
    buffer_text(out, "# HELP kpi_http_requests_total Requests answered.\n# TYPE kpi_http_requests_total counter\n");
    for (size_t r = 0; r <= route_count; r++)
        for (size_t s = 0; s < STATUS_COUNT; s++)
            if (get(&metrics->requests[r][s]))
                buffer_printf(out, "kpi_http_requests_total{route=\"%s\",status=\"%d\"} %llu\n", route_label(r),
                              (int)statuses[s], (unsigned long long)get(&metrics->requests[r][s]));
}

static void print_latencies(const struct metrics *metrics, struct buffer *out)
{
    buffer_text(out, "# HELP kpi_http_request_duration_seconds Time from a request's first byte to its answer.\n"
                     "# TYPE kpi_http_request_duration_seconds histogram\n");
    for (size_t r = 0; r <= route_count; r++) {
        uint64_t total = 0;
        for (size_t b = 0; b <= METRIC_BUCKETS; b++)
            total += get(&metrics->buckets[r][b]);
        if (!total)
            continue;
        total = 0;
        for (size_t b = 0; b < METRIC_BUCKETS; b++) {
            total += get(&metrics->buckets[r][b]);
            buffer_printf(out, "kpi_http_request_duration_seconds_bucket{route=\"%s\",le=\"%g\"} %llu\n",
                          route_label(r), seconds(bucket_bounds_us[b]), (unsigned long long)total);
        }
        total += get(&metrics->buckets[r][METRIC_BUCKETS]);
        buffer_printf(out, "kpi_http_request_duration_seconds_bucket{route=\"%s\",le=\"+Inf\"} %llu\n", route_label(r),
                      (unsigned long long)total);
        buffer_printf(out, "kpi_http_request_duration_seconds_sum{route=\"%s\"} %.6f\n", route_label(r),
                      seconds(get(&metrics->microseconds[r])));
        buffer_printf(out, "kpi_http_request_duration_seconds_count{route=\"%s\"} %llu\n", route_label(r),
                      (unsigned long long)total);
    }
}

static void print_pipelines(struct metrics *metrics, struct buffer *out)
{
    buffer_text(out, "# HELP kpi_pipeline_seconds Time that the pipelines of a KPI took.\n"
                     "# TYPE kpi_pipeline_seconds summary\n");
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->pipeline_count; i++) {
        buffer_printf(out, "kpi_pipeline_seconds_sum{kpi=\"%s\"} %.6f\n", metrics->pipelines[i].kpi,
                      seconds(metrics->pipelines[i].microseconds));
        buffer_printf(out, "kpi_pipeline_seconds_count{kpi=\"%s\"} %llu\n", metrics->pipelines[i].kpi,
                      (unsigned long long)metrics->pipelines[i].runs);
    }
    buffer_text(out, "# HELP kpi_pipeline_failures_total Pipelines that failed.\n"
                     "# TYPE kpi_pipeline_failures_total counter\n");
    for (size_t i = 0; i < metrics->pipeline_count; i++)
        buffer_printf(out, "kpi_pipeline_failures_total{kpi=\"%s\"} %llu\n", metrics->pipelines[i].kpi,
                      (unsigned long long)metrics->pipelines[i].failures);
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_print(struct metrics *metrics, struct buffer *out)
{
    print_requests(metrics, out);
    print_latencies(metrics, out);
    print_pipelines(metrics, out);
    buffer_printf(
        out,
        "# HELP kpi_http_requests_in_flight Requests being served.\n# TYPE kpi_http_requests_in_flight gauge\n"
        "kpi_http_requests_in_flight %lld\n",
        (long long)__atomic_load_n(&metrics->in_flight, __ATOMIC_RELAXED));
}

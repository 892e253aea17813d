/* Counters of the running server, as Prometheus reads them. All functions may be called from any thread. */
#ifndef KPI_SERVER_METRICS_H
#define KPI_SERVER_METRICS_H

#include "core/buffer.h"
#include "server/http_status.h"
#include <pthread.h>

enum { METRIC_ROUTES = 16, METRIC_STATUSES = 16, METRIC_BUCKETS = 12, METRIC_PIPELINES = 256 };

struct metrics {
    uint64_t requests[METRIC_ROUTES][METRIC_STATUSES];
    uint64_t buckets[METRIC_ROUTES][METRIC_BUCKETS + 1]; /* the last has no bound */
    uint64_t microseconds[METRIC_ROUTES];
    int64_t in_flight;
    uint64_t stale;

    pthread_mutex_t lock; /* of the pipelines */
    struct {
        char kpi[64];
        uint64_t runs, failures, microseconds;
    } pipelines[METRIC_PIPELINES];
    size_t pipeline_count;
};

void metrics_init(struct metrics *metrics);
void metrics_release(struct metrics *metrics);

void metrics_request(struct metrics *metrics, size_t route, enum http_status status, uint64_t microseconds);
void metrics_pipeline(struct metrics *metrics, const char *kpi, bool ok, uint64_t microseconds);

/* An answer was given that may be right no more. */
void metrics_stale(struct metrics *metrics);

/* Appends the counters in Prometheus' text format. */
void metrics_print(struct metrics *metrics, struct buffer *out);

#endif

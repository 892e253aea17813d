/* Counters of the running server, as Prometheus reads them. All functions may be called from any thread. */
#ifndef KPI_SERVER_METRICS_H
#define KPI_SERVER_METRICS_H

#include "server/exposition.h"
#include "server/http_status.h"
#include <pthread.h>
#include <stdbool.h>

enum { METRIC_ROUTES = 24, METRIC_STATUSES = 24, METRIC_PIPELINES = 256 };

struct metrics {
    uint64_t requests[METRIC_ROUTES][METRIC_STATUSES];
    struct histogram durations[METRIC_ROUTES];
    int64_t in_flight;
    uint64_t stale, refused_away;

    pthread_mutex_t lock; /* of the pipelines */
    struct {
        char kpi[64];
        uint64_t failures;
        struct histogram durations;
    } pipelines[METRIC_PIPELINES]; /* the last is of all KPIs that the others have no room for */
    size_t pipeline_count;
};

void metrics_init(struct metrics *metrics);
void metrics_release(struct metrics *metrics);

void metrics_request(struct metrics *metrics, size_t route, enum http_status status, uint64_t microseconds);
void metrics_pipeline(struct metrics *metrics, const char *kpi, bool ok, uint64_t microseconds);

/* An answer was given that may be right no more. */
void metrics_stale(struct metrics *metrics);

/* A request was refused without asking the database, as that is away. */
void metrics_refused_away(struct metrics *metrics);

/* Appends the counters in Prometheus' text format. */
void metrics_print(struct metrics *metrics, struct buffer *out);

#endif

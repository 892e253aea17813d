/* What Prometheus' own clients tell of a process, under the same names, so that dashboards made for any program fit. */
#ifndef KPI_SERVER_PROCESS_METRICS_H
#define KPI_SERVER_PROCESS_METRICS_H

#include "core/buffer.h"

/* started_ms: since 1970. What the system does not tell is left out. */
void process_metrics_print(int64_t started_ms, struct buffer *out);

#endif

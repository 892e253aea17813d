/* A clock that never goes back, for how long something takes. Any thread. */
#ifndef KPI_CORE_STOPWATCH_H
#define KPI_CORE_STOPWATCH_H

#include <stdint.h>

/* Microseconds since some point in the past. */
int64_t stopwatch_us(void);

#endif

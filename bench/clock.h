/* The clock of the bare programs. */
#ifndef KPI_BENCH_CLOCK_H
#define KPI_BENCH_CLOCK_H

#include <time.h>

/* Seconds since some moment; never set back. */
static inline double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif

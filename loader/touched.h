/* The days whose orders a load has changed: what is derived from orders by day has to follow. */
#ifndef KPI_LOADER_TOUCHED_H
#define KPI_LOADER_TOUCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct touched_days {
    bool all;      /* any day may have changed */
    int64_t *days; /* since the epoch, sorted, each once; not to be looked at when `all` */
    size_t count, room;
};

void touched_add(struct touched_days *touched, int64_t day);
void touched_release(struct touched_days *touched);

#endif

/* Within rollup_build.c: the rollups of a span of whole months, which one thread builds. */
#ifndef KPI_LOADER_ROLLUP_SPAN_H
#define KPI_LOADER_ROLLUP_SPAN_H

#include "loader/rollup_build.h"
#include <pthread.h>

/* So many orders are read at once, about; and so many are in a span, unless a month alone has more. */
enum { ORDERS_AT_ONCE = 8000, ORDERS_OF_SPAN = 20000, DAYS_MOST = 4096 };

/* The sums over all days, which both threads add to. */
struct whole {
    struct cells cells;
    struct dictionary *values;
    struct dictionary **dictionaries;
};

struct building {
    struct rollup_build *build;
    int64_t *months; /* first days */
    size_t month_count, month_room;
    size_t span_months;   /* so many months are a span */
    int64_t days_at_once; /* to begin with */
    struct whole *whole;  /* by task; only of those of all days */
    pthread_mutex_t lock; /* of whole, of what tasks count, and of the progress */
    size_t done;
};

static inline const struct rollup *building_rollup(const struct building *b, size_t task)
{
    return b->build->tasks[task].buckets.rollup;
}

/* The task that builds the parent of this one, which has one. */
static inline size_t building_parent(const struct building *b, size_t task)
{
    size_t i = 0;
    while (building_rollup(b, i) != b->build->tasks[task].parent)
        i++;
    return i;
}

/* The flaw of sums that do not fit. */
void flaw_of_sums(struct rollup_flaw *flaw);

/* Builds the span of that number; for side_by_side(), with a struct building for a context. */
bool span_build(void *building, mongoc_client_t *client, size_t number, struct error *err);

#endif

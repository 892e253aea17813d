/* What a load has changed, for what is kept up to date from orders: the star schema. */
#ifndef KPI_LOADER_TOUCHED_H
#define KPI_LOADER_TOUCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Business days of orders that were inserted or changed. An order that moved to another day touches both. */
struct touched_days {
    bool all;      /* any day may have changed: it is not known which */
    bool any_row;  /* anything at all was inserted or changed, be it only a customer's name */
    int64_t *days; /* days since 1970-01-01, in no order; not owned by who reads them */
    size_t count;
};

#endif

/* The statuses of an order, and whether an order in it counts as a sale. Constant data. */
#ifndef KPI_CORE_ORDER_STATUS_H
#define KPI_CORE_ORDER_STATUS_H

#include <stdbool.h>
#include <stddef.h>

struct order_status {
    const char *name;
    bool counted;
};
extern const struct order_status order_statuses[];
extern const size_t order_status_count;

#endif

/* What rollups declare as determined, held to the orders while they are read: lines of one order that have the same
 * product have the same category.
 *
 * Only lines of one order are compared. An order whose lines of one product were of two categories would be in two rows
 * of the product, and be counted twice where those are put together; that another order had the product in another
 * category does no harm. One thread. */
#ifndef KPI_LOADER_ROLLUP_CLAIMS_H
#define KPI_LOADER_ROLLUP_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One value of `by` has one value of `dimension`: numbers of the dimensions of items. */
struct claim {
    size_t by, dimension;
    struct claim_seen *seen; /* by the number of the value of `by`: the last order that had it */
    size_t seen_count, seen_room;
    bool broken; /* and then on that day, by two values of `dimension` with one of `by` */
    int64_t day;
    uint32_t by_value, values[2];
};

/* Zeroed, there are none. */
struct claims {
    struct claim *list;
    size_t count, room;
};

/* The number of that claim, which is added when it is not there. */
size_t claims_add(struct claims *claims, size_t by, size_t dimension);

/* Holds the values of an item of the order of that number, counted from 1, to all claims. Of several orders that break
 * one, that of the earliest day is noted. */
void claims_check(struct claims *claims, uint32_t order, int64_t day, const uint32_t *item);

void claims_release(struct claims *claims);

#endif

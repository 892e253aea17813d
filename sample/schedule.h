/* When the orders of a run are made, and by whom: growth over the range, a peak in the fourth quarter, patterns by
 * weekday and hour, and customers that come back after a while. */
#ifndef SAMPLE_SCHEDULE_H
#define SAMPLE_SCHEDULE_H

#include "sample/random.h"

#include <stdbool.h>
#include <stdint.h>

struct schedule {
    int32_t from; /* first day */
    int32_t days;
    uint32_t orders;
    uint32_t customers;     /* that order at least once */
    uint32_t *hourly;       /* orders in each hour of the range */
    uint32_t *customer;     /* who makes the nth order; customers are numbered as they first appear */
    uint32_t *seconds;      /* within the current hour, ascending */
    uint32_t seconds_count; /* of the current hour */
    uint32_t next_second;
    uint32_t next_hour;
    uint32_t next_order;
    uint64_t seed;
};

/* Plans the orders of the days from from to to. False when there is no memory; release in either case. */
bool schedule_init(struct schedule *schedule, uint64_t seed, uint32_t orders, int32_t from, int32_t to);
void schedule_release(struct schedule *schedule);

/* The next order in time: its number from 0, its second since 1970 and its customer. False after the last one. */
bool schedule_next(struct schedule *schedule, uint32_t *order, int64_t *second, uint32_t *customer);

#endif

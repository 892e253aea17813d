/* What a load has changed, for what is kept up to date from orders: the star schema and the rollups. */
#ifndef KPI_LOADER_TOUCHED_H
#define KPI_LOADER_TOUCHED_H

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Business days of orders that were inserted or changed. An order that moved to another day touches both. */
struct touched_days {
    bool all;      /* any day may have changed: it is not known which */
    bool any_row;  /* anything at all was inserted or changed, be it only a customer's name */
    int64_t *days; /* since 1970-01-01, sorted, each once */
    size_t count, room;
};

bool touched_has(const struct touched_days *touched, int64_t day);
void touched_add(struct touched_days *touched, int64_t day);

/* Appends {day: {$in: […]}} of so many days, from the one at `from` on. */
void touched_filter(const struct touched_days *touched, size_t from, size_t count, bson_t *filter);

void touched_release(struct touched_days *touched);

#endif

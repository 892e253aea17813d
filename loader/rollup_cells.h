/* The rows of a rollup while they are summed: a cell for each period and combination of values.
 *
 * Sums are exact. A period is a day since 1970-01-01: the day itself, the first of the month, or 0 for all days.
 * Dictionaries are those of the caller, one a dimension; tables that share them may be added up without a look at the
 * values. One thread. */
#ifndef KPI_LOADER_ROLLUP_CELLS_H
#define KPI_LOADER_ROLLUP_CELLS_H

#include "core/decimal.h"
#include "loader/dictionary.h"

/* A number that is added, or the sum so far. Zeroed: nothing, which is null and changes no sum. */
struct sum {
    int128 coefficient;
    int scale;
    bool known; /* something that is not null was added */
    bool money; /* some of it was a decimal: so is the sum */
};

struct cells {
    size_t dimension_count, measure_count;
    struct dictionary **dictionaries; /* of each dimension; neither the list nor they are owned */
    uint32_t *keys;                   /* of each cell: its period, and the number of each value */
    struct sum *sums;                 /* of each cell: its measures */
    uint32_t *marks;                  /* of each cell: whatever the caller notes, 0 at first */
    uint32_t *order;                  /* of cells_sort() */
    uint32_t *slots;                  /* open addressing: number of the cell + 1, or 0 */
    size_t count, key_room, sum_room, mark_room, order_room, slot_count;
    bool unfit; /* a sum has more digits than a decimal holds, or a number is none that can be summed exactly */
};

void cells_init(struct cells *cells, struct dictionary **dictionaries, size_t dimension_count, size_t measure_count);
void cells_release(struct cells *cells);
void cells_clear(struct cells *cells);

/* The number of the cell with that key (dimension_count + 1 numbers), which is made when it is not there. */
size_t cells_find(struct cells *cells, const uint32_t *key);

static inline struct sum *cells_sums(const struct cells *cells, size_t cell)
{
    return cells->sums + cell * cells->measure_count;
}

static inline const uint32_t *cells_key(const struct cells *cells, size_t cell)
{
    return cells->keys + cell * (cells->dimension_count + 1);
}

static inline uint32_t cells_period(int64_t day)
{
    return (uint32_t)(int32_t)day;
}

static inline int64_t cells_day(uint32_t period)
{
    return (int32_t)period;
}

/* Reads a number; false where it is none that can be summed exactly. Null is nothing. */
bool sum_read(const bson_iter_t *it, struct sum *out);
struct sum sum_of_count(int64_t count);

/* False: it does not fit, and *to is unchanged. */
bool sum_add(struct sum *to, const struct sum *value);

/* Appends the sum: a decimal without trailing zeros, an integer, or null. */
void sum_append(const struct sum *sum, bson_t *doc, const char *key, int n);

/* Which of another table's dimensions and measures this one has, by their numbers there. */
struct cells_part {
    const size_t *dimensions, *measures;
};

/* The period that one is a part of. */
typedef uint32_t cells_period_in(uint32_t period);

/* Adds another table's cells up in this one. */
void cells_add(struct cells *to, const struct cells *from, const struct cells_part *part, cells_period_in *period_in);

/* Numbers of the cells by period and then by their values: the same data give the same order. */
const uint32_t *cells_sort(struct cells *cells);

#endif

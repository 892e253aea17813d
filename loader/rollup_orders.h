/* What rollups need of orders: the fields to ask the database for, and an order's values once it is there.
 *
 * Values of dimensions are numbers of dictionaries, one for each path, which all rollups of an `order_reading` share.
 * One thread. */
#ifndef KPI_LOADER_ROLLUP_ORDERS_H
#define KPI_LOADER_ROLLUP_ORDERS_H

#include "core/rollup.h"
#include "loader/rollup_cells.h"
#include "loader/rollup_claims.h"

/* A field of an order, or of one of its items. */
struct order_field {
    const char *name;
    int dimension; /* its place among the dimensions of that level, or -1 */
    int number;    /* its place among the numbers of that level, or -1 */
};

enum { LEVEL_ORDER, LEVEL_ITEM, LEVEL_COUNT };

/* The fields that are read of one level. */
struct order_level {
    struct order_field *fields;
    size_t field_count, field_room;
    struct dictionary **dictionaries; /* of each dimension; owned */
    size_t dimension_count, dimension_room, number_count;
};

struct order_reading {
    struct order_level levels[LEVEL_COUNT];
    const char *items;    /* the list of items, or NULL: nobody asks for them */
    int product;          /* the dimension of items that tells products apart, or -1 */
    struct claims claims; /* of all its rollups, about the dimensions of items */

    /* Of the order that was read last: */
    int64_t day;
    uint32_t number;      /* counted from 1 */
    uint32_t *dimensions; /* of the order, and behind it of its items */
    struct sum *numbers;  /* likewise */
    bool *repeated;       /* of each item: an earlier one is of the same product */
    size_t item_count, dimension_room, number_room, repeated_room;
    uint32_t *product_orders; /* by the product's number: the last order that had it */
    size_t product_room, product_count;
    bool unfit; /* something was of no type that can be summed exactly or told apart */
};

/* Where a rollup finds what it is made of in an order_reading. */
struct order_part {
    const struct rollup *rollup;
    struct dictionary **dictionaries; /* of each dimension; the list is owned */
    struct place {
        int level;
        size_t at;
    } * dimensions, *measures;
    size_t *claims; /* numbers of those that it makes */
    size_t claim_count;
};

/* Empty. */
void order_reading_init(struct order_reading *reading);
void order_reading_release(struct order_reading *reading);

/* Adds what a rollup needs; before the first order is read. False: a path leads deeper than into items. */
bool order_part_init(struct order_part *part, struct order_reading *reading, const struct rollup *rollup,
                     struct error *err);
void order_part_release(struct order_part *part);

/* Appends {field: 1, …}. */
void order_reading_projection(const struct order_reading *reading, bson_t *projection);

/* Reads an order. False: it has no day. */
bool order_read(struct order_reading *reading, const bson_t *doc);

/* The claim of the rollup that an order has broken, or NULL: what it declares as determined is not. */
const struct claim *order_broken_claim(const struct order_reading *reading, const struct order_part *part);

/* Adds the order that was read last to a rollup's cells, under a period. */
void order_add(const struct order_reading *reading, const struct order_part *part, struct cells *cells,
               uint32_t period);

#endif

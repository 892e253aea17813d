/* The canonical documents, as DESIGN and docs describe them: every field is present, unknown values are null. */
#ifndef KPI_LOADER_DOCUMENT_H
#define KPI_LOADER_DOCUMENT_H

#include "loader/dimension.h"
#include <bson/bson.h>

/* One item of an order: the values by ITEM_…, with references as numbers of dimension rows. */
struct order_item {
    struct value values[ITEM_FIELDS];
};

struct order_totals {
    struct value gross, sales, profit, discount, freight;
    struct value units;
};

/* An order put together. Texts are not owned. */
struct order {
    struct value values[ORDER_FIELDS];
    struct order_item *items;
    size_t item_count, item_room;
    struct value (*payments)[PAYMENT_FIELDS];
    size_t payment_count, payment_room;
    struct order_totals totals;
    struct value review_score; /* of the latest review, or null */
};

/* Appends the fields of a row of a dimension. */
void document_dimension(bson_t *doc, const struct dimension dimensions[DIMENSION_COUNT], enum kind kind,
                        int64_t number);

/* Appends the fields of an order, with what it copies from its customer, location and products. */
void document_order(bson_t *doc, const struct dimension dimensions[DIMENSION_COUNT], const struct order *order);

#endif

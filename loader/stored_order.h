/* Reading an order back from its document, so that what a load says of it can be added to what is known. */
#ifndef KPI_LOADER_STORED_ORDER_H
#define KPI_LOADER_STORED_ORDER_H

#include "loader/order.h"
#include "loader/stored.h"

/* Asks for all dimension rows that the order refers to; stored_fetch() gets them. */
void stored_order_want(struct stored *stored, const bson_t *doc);

/* Fills *order, whose parts must be empty, with what the document holds; every part is FROM_DATABASE. Texts point into
 * the document. False when it is no document of ours: err says so. */
bool stored_order_read(const struct stored *stored, const bson_t *doc, struct order *order, struct error *err);

#endif

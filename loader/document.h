/* The canonical documents, as DESIGN and docs describe them: every field is present, unknown values are null. */
#ifndef KPI_LOADER_DOCUMENT_H
#define KPI_LOADER_DOCUMENT_H

#include "loader/dimension.h"
#include "loader/order.h"
#include <bson/bson.h>

/* Appends the fields of a row of a dimension. */
void document_dimension(bson_t *doc, const struct dimension dimensions[DIMENSION_COUNT], enum kind kind,
                        int64_t number);

/* Appends the fields of an order, with what it copies from its customer, location and products. */
void document_order(bson_t *doc, const struct dimension dimensions[DIMENSION_COUNT], const struct order *order);

#endif

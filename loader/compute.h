/* The arithmetic of an order's items: what a source leaves out is worked out from what it gives, exactly. */
#ifndef KPI_LOADER_COMPUTE_H
#define KPI_LOADER_COMPUTE_H

#include "loader/fault.h"
#include "loader/schema.h"
#include "loader/value.h"

enum { COMPUTED_DIGITS = 4 }; /* behind the point, where a division or a rate makes more */

/* Completes the item's values (by ITEM_…): gross, discount, sales and freight are numbers afterwards, unit_price is
 * one too, cost and profit are null where nothing tells them. unit_cost is the product's, or NULL.
 *
 *   gross       given, else quantity × unit_price, else sales ÷ (1 − discount_rate), else sales + discount
 *   sales       given, else gross − discount
 *   discount    given, else gross − sales, else gross × discount_rate, else 0
 *   cost        given, else sales − profit, else quantity × unit_cost
 *   profit      given, else sales − cost
 *   unit_price  given, else gross ÷ quantity */
bool compute_item(struct value values[ITEM_FIELDS], const struct decimal *unit_cost, struct fault *fault);

/* Adds `more` to *sum. Null and a number is the number; null and null is null. False when it does not fit. */
bool compute_add(struct value *sum, const struct value *more);

#endif

/* An order that is put together from its parts: items, payments, reviews; and its totals.
 *
 * The struct is reused from order to order. Texts belong to the records that it is made of. One thread. */
#ifndef KPI_LOADER_ORDER_H
#define KPI_LOADER_ORDER_H

#include "core/error.h"
#include "loader/cleaning.h"
#include "loader/schema.h"
#include "loader/value.h"
#include "loader/zone.h"

/* By ITEM_…, with references as numbers of dimension rows. */
struct order_item {
    struct value values[ITEM_FIELDS];
};

struct order_payment {
    struct value values[PAYMENT_FIELDS];
};

struct order_review {
    struct value values[REVIEW_FIELDS];
};

struct order_totals {
    struct value gross, sales, profit, discount, freight;
    struct value units;
    struct value products; /* distinct ones */
};

struct order {
    const struct zone *zone; /* of the shop; not owned */
    struct value values[ORDER_FIELDS];
    struct order_item *items;
    size_t item_count, item_room;
    struct order_payment *payments;
    size_t payment_count, payment_room;
    struct order_review *reviews;
    size_t review_count, review_room;
    struct order_totals totals;
};

/* Forgets the parts. */
void order_clear(struct order *order);
void order_release(struct order *order);

/* What became of a part: new in the order; said before in the same words; its key was there with other values. */
enum order_result { ORDER_ADDED, ORDER_SAME, ORDER_DIFFERS, ORDER_OVERFLOW };

/* A line: added to the item of the same product and seller, or an item of its own. */
enum order_result order_add_item(struct order *order, const struct value line[ITEM_FIELDS], struct cleaning *cleaning);

/* A payment; its key is its sequence, where it has one. *first: the one that was there, unless added. */
enum order_result order_add_payment(struct order *order, const struct value payment[PAYMENT_FIELDS],
                                    const struct value **first);

enum order_result order_add_review(struct order *order, const struct value review[REVIEW_FIELDS],
                                   const struct value **first);

/* Sums the items. Profit is that of the items whose profit is known, null when none is. False: too large. */
bool order_add_up(struct order *order);

/* When it was ordered by the shop's clock, in milliseconds since 1970-01-01 00:00. */
int64_t order_wall_time(const struct order *order);

/* The score of the latest review, of several at one time the last; or null. */
struct value order_review_score(const struct order *order);

#endif

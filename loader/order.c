#include "loader/order.h"
#include "loader/compute.h"

#include <stdlib.h>
#include <string.h>

void order_clear(struct order *order)
{
    order->item_count = order->payment_count = order->review_count = 0;
}

void order_release(struct order *order)
{
    free(order->items);
    free(order->payments);
    free(order->reviews);
    memset(order, 0, sizeof *order);
}

enum order_result order_add_item(struct order *order, const struct value line[ITEM_FIELDS], struct cleaning *cleaning)
{
    static const int summed[] = {ITEM_QUANTITY, ITEM_GROSS,  ITEM_DISCOUNT, ITEM_SALES,
                                 ITEM_COST,     ITEM_PROFIT, ITEM_FREIGHT};
    for (size_t i = 0; i < order->item_count; i++) {
        struct value *item = order->items[i].values;
        bool ok = true;
        if (!value_equal(&item[ITEM_PRODUCT], &line[ITEM_PRODUCT]) ||
            !value_equal(&item[ITEM_SELLER], &line[ITEM_SELLER]))
            continue;
        for (size_t k = 0; k < sizeof summed / sizeof summed[0]; k++)
            ok = compute_add(&item[summed[k]], &line[summed[k]]) && ok;
        cleaning->merged++;
        return ok ? ORDER_ADDED : ORDER_OVERFLOW;
    }
    order->items = memory_grow(order->items, &order->item_room, order->item_count + 1, sizeof *order->items);
    memcpy(order->items[order->item_count++].values, line, sizeof order->items->values);
    return ORDER_ADDED;
}

static enum order_result compare(const struct value *first, const struct value *later, int count)
{
    for (int i = 0; i < count; i++)
        if (!value_equal(&first[i], &later[i]))
            return ORDER_DIFFERS;
    return ORDER_SAME;
}

enum order_result order_add_payment(struct order *order, const struct value payment[PAYMENT_FIELDS],
                                    const struct value **first)
{
    for (size_t i = 0; i < order->payment_count && payment[PAYMENT_SEQUENCE].type != VALUE_NULL; i++) {
        *first = order->payments[i].values;
        if (value_equal(&(*first)[PAYMENT_SEQUENCE], &payment[PAYMENT_SEQUENCE]))
            return compare(*first, payment, PAYMENT_FIELDS);
    }
    order->payments =
        memory_grow(order->payments, &order->payment_room, order->payment_count + 1, sizeof *order->payments);
    memcpy(order->payments[order->payment_count++].values, payment, sizeof order->payments->values);
    return ORDER_ADDED;
}

enum order_result order_add_review(struct order *order, const struct value review[REVIEW_FIELDS],
                                   const struct value **first)
{
    for (size_t i = 0; i < order->review_count; i++) {
        *first = order->reviews[i].values;
        if (value_equal(&(*first)[REVIEW_ID], &review[REVIEW_ID]))
            return compare(*first, review, REVIEW_FIELDS);
    }
    order->reviews = memory_grow(order->reviews, &order->review_room, order->review_count + 1, sizeof *order->reviews);
    memcpy(order->reviews[order->review_count++].values, review, sizeof order->reviews->values);
    return ORDER_ADDED;
}

/* Whether an item before this one is of the same product, from another seller. */
static bool product_seen(const struct order *order, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (value_equal(&order->items[i].values[ITEM_PRODUCT], &order->items[number].values[ITEM_PRODUCT]))
            return true;
    return false;
}

bool order_add_up(struct order *order)
{
    struct order_totals *t = &order->totals;
    struct value zero = value_number(decimal_from_int(0));
    bool ok = true;
    *t = (struct order_totals){zero, zero, value_null(), zero, zero, value_integer(0), value_integer(0)};
    for (size_t i = 0; i < order->item_count; i++) {
        const struct value *item = order->items[i].values;
        ok = compute_add(&t->gross, &item[ITEM_GROSS]) && compute_add(&t->sales, &item[ITEM_SALES]) &&
             compute_add(&t->profit, &item[ITEM_PROFIT]) && compute_add(&t->discount, &item[ITEM_DISCOUNT]) &&
             compute_add(&t->freight, &item[ITEM_FREIGHT]) && compute_add(&t->units, &item[ITEM_QUANTITY]) && ok;
        t->products.integer += !product_seen(order, i);
    }
    return ok;
}

int64_t order_wall_time(const struct order *order)
{
    const struct value *ordered = &order->values[ORDER_ORDERED];
    return ordered->type == VALUE_TIME ? zone_to_wall(order->zone, ordered->integer) : ordered->integer;
}

struct value order_review_score(const struct order *order)
{
    struct value score = value_null();
    int64_t latest = INT64_MIN;
    for (size_t i = 0; i < order->review_count; i++) {
        const struct value *review = order->reviews[i].values;
        int64_t at = review[REVIEW_CREATED].type == VALUE_NULL ? INT64_MIN : review[REVIEW_CREATED].integer;
        if (at >= latest) {
            latest = at;
            score = review[REVIEW_SCORE];
        }
    }
    return score;
}

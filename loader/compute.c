#include "loader/compute.h"

static bool overflow(struct fault *fault)
{
    return fault_set(fault, REASON_BAD_NUMBER, (struct text){0}, "the item's amounts have too many digits");
}

static bool is_null(const struct value *value)
{
    return value->type == VALUE_NULL;
}

static bool difference(const struct value *a, const struct value *b, struct value *out, struct fault *fault)
{
    struct decimal result;
    if (!decimal_subtract(a->number, b->number, &result))
        return overflow(fault);
    *out = value_number(result);
    return true;
}

/* a × b, to as many digits as it takes. */
static bool product(struct decimal a, struct decimal b, struct value *out, struct fault *fault)
{
    struct decimal result;
    if (!decimal_multiply(a, b, &result))
        return overflow(fault);
    *out = value_number(result);
    return true;
}

/* sales ÷ (1 − rate) */
static bool gross_from_rate(struct value *v, struct fault *fault)
{
    struct decimal rest, gross;
    if (!decimal_subtract(decimal_from_int(1), v[ITEM_DISCOUNT_RATE].number, &rest))
        return overflow(fault);
    if (decimal_sign(rest) == 0)
        return fault_set(fault, REASON_BAD_VALUE, (struct text){0},
                         "a discount of the whole price leaves nothing to tell the price by");
    if (!decimal_divide(v[ITEM_SALES].number, rest, COMPUTED_DIGITS, &gross))
        return overflow(fault);
    v[ITEM_GROSS] = value_number(gross);
    return true;
}

static bool complete_gross(struct value *v, struct decimal quantity, struct fault *fault)
{
    struct decimal gross;
    if (!is_null(&v[ITEM_GROSS]))
        return true;
    if (!is_null(&v[ITEM_UNIT_PRICE]))
        return product(quantity, v[ITEM_UNIT_PRICE].number, &v[ITEM_GROSS], fault);
    if (is_null(&v[ITEM_SALES]))
        return fault_set(fault, REASON_MISSING_VALUE, (struct text){0}, "an item needs its unit_price, gross or sales");
    if (!is_null(&v[ITEM_DISCOUNT_RATE]))
        return gross_from_rate(v, fault);
    gross = v[ITEM_SALES].number;
    if (!is_null(&v[ITEM_DISCOUNT]) && !decimal_add(gross, v[ITEM_DISCOUNT].number, &gross))
        return overflow(fault);
    v[ITEM_GROSS] = value_number(gross);
    return true;
}

static bool complete_discount(struct value *v, struct fault *fault)
{
    if (!is_null(&v[ITEM_DISCOUNT]))
        return true;
    if (!is_null(&v[ITEM_SALES]))
        return difference(&v[ITEM_GROSS], &v[ITEM_SALES], &v[ITEM_DISCOUNT], fault);
    v[ITEM_DISCOUNT] = value_number(decimal_from_int(0));
    if (is_null(&v[ITEM_DISCOUNT_RATE]))
        return true;
    if (!product(v[ITEM_GROSS].number, v[ITEM_DISCOUNT_RATE].number, &v[ITEM_DISCOUNT], fault))
        return false;
    v[ITEM_DISCOUNT].number = decimal_round(v[ITEM_DISCOUNT].number, COMPUTED_DIGITS);
    return true;
}

static bool complete_cost(struct value *v, struct decimal quantity, const struct decimal *unit_cost,
                          struct fault *fault)
{
    if (is_null(&v[ITEM_COST]) && !is_null(&v[ITEM_PROFIT]) &&
        !difference(&v[ITEM_SALES], &v[ITEM_PROFIT], &v[ITEM_COST], fault))
        return false;
    if (is_null(&v[ITEM_COST]) && unit_cost && !product(quantity, *unit_cost, &v[ITEM_COST], fault))
        return false;
    if (is_null(&v[ITEM_PROFIT]) && !is_null(&v[ITEM_COST]))
        return difference(&v[ITEM_SALES], &v[ITEM_COST], &v[ITEM_PROFIT], fault);
    return true;
}

static bool complete_price(struct value *v, struct decimal quantity, int from, struct fault *fault)
{
    struct decimal price;
    if (is_null(&v[ITEM_UNIT_PRICE])) {
        if (!decimal_divide(v[ITEM_GROSS].number, quantity, COMPUTED_DIGITS, &price))
            return overflow(fault);
        v[ITEM_UNIT_PRICE] = value_number(price);
    }
    if (decimal_sign(v[ITEM_UNIT_PRICE].number) >= 0)
        return true;
    fault_set(fault, REASON_NEGATIVE_PRICE, (struct text){0}, "makes the price of a unit negative");
    fault->field = from;
    return false;
}

bool compute_item(struct value v[ITEM_FIELDS], const struct decimal *unit_cost, struct fault *fault)
{
    struct decimal quantity = decimal_from_int(v[ITEM_QUANTITY].integer);
    int price_from = !is_null(&v[ITEM_UNIT_PRICE]) ? ITEM_UNIT_PRICE
                     : is_null(&v[ITEM_GROSS])     ? ITEM_SALES
                                                   : ITEM_GROSS;
    if (!complete_gross(v, quantity, fault) || !complete_discount(v, fault))
        return false;
    if (is_null(&v[ITEM_SALES]) && !difference(&v[ITEM_GROSS], &v[ITEM_DISCOUNT], &v[ITEM_SALES], fault))
        return false;
    if (is_null(&v[ITEM_FREIGHT]))
        v[ITEM_FREIGHT] = value_number(decimal_from_int(0));
    return complete_cost(v, quantity, unit_cost, fault) && complete_price(v, quantity, price_from, fault);
}

bool compute_add(struct value *sum, const struct value *more)
{
    if (more->type == VALUE_NULL)
        return true;
    if (sum->type == VALUE_NULL) {
        *sum = *more;
        return true;
    }
    if (sum->type == VALUE_INTEGER)
        return !__builtin_add_overflow(sum->integer, more->integer, &sum->integer) && sum->integer <= INT32_MAX &&
               sum->integer >= INT32_MIN;
    return decimal_add(sum->number, more->number, &sum->number);
}

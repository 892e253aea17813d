#include "loader/compute.h"
#include "tests/unit/suite.h"

/* Amounts are written as text; NULL is "not given". */
struct amounts {
    const char *unit_price, *gross, *discount, *rate, *sales, *cost, *profit;
};

static struct value amount(const char *text)
{
    struct decimal number;
    if (!text)
        return value_null();
    ck_assert(decimal_parse(text, strlen(text), (struct decimal_format){'.', 0}, &number));
    return value_number(number);
}

static void fill(struct value v[ITEM_FIELDS], int quantity, const struct amounts *a)
{
    for (int i = 0; i < ITEM_FIELDS; i++)
        v[i] = value_null();
    v[ITEM_QUANTITY] = value_integer(quantity);
    v[ITEM_UNIT_PRICE] = amount(a->unit_price);
    v[ITEM_GROSS] = amount(a->gross);
    v[ITEM_DISCOUNT] = amount(a->discount);
    v[ITEM_DISCOUNT_RATE] = amount(a->rate);
    v[ITEM_SALES] = amount(a->sales);
    v[ITEM_COST] = amount(a->cost);
    v[ITEM_PROFIT] = amount(a->profit);
}

static void assert_amount(const struct value *value, const char *expected, const char *what)
{
    struct value wanted = amount(expected);
    ck_assert_msg(value_equal(value, &wanted), "%s is not %s", what, expected ? expected : "null");
}

static const struct {
    int quantity;
    struct amounts given;
    const char *unit_cost;
    struct amounts expected;
} items[] = {
    /* price and discount, the product's cost known */
    {2, {.unit_price = "10.50", .discount = "1"}, "4", {"10.5", "21", "1", NULL, "20", "8", "12"}},
    /* no cost anywhere */
    {2, {.unit_price = "10.50"}, NULL, {"10.5", "21", "0", NULL, "21", NULL, NULL}},
    /* sales and rate, as the Superstore has them */
    {5,
     {.sales = "957.5775", .rate = "0.45", .profit = "-383.031"},
     NULL,
     {"348.21", "1741.05", "783.4725", NULL, "957.5775", "1340.6085", "-383.031"}},
    /* a rate that divides unevenly: gross − discount is still sales */
    {3, {.sales = "10", .rate = "0.3"}, NULL, {"4.7619", "14.2857", "4.2857", NULL, "10", NULL, NULL}},
    /* price and rate */
    {1, {.unit_price = "9.99", .rate = "0.15"}, NULL, {"9.99", "9.99", "1.4985", NULL, "8.4915", NULL, NULL}},
    /* sales and discount as money */
    {1, {.sales = "8", .discount = "2"}, NULL, {"10", "10", "2", NULL, "8", NULL, NULL}},
    /* sales alone */
    {4, {.sales = "10"}, NULL, {"2.5", "10", "0", NULL, "10", NULL, NULL}},
    /* a return */
    {-1, {.unit_price = "20", .discount = "-5"}, "12", {"20", "-20", "-5", NULL, "-15", "-12", "-3"}},
    /* cost given wins over the product's; profit given wins over both */
    {1, {.unit_price = "20", .cost = "7"}, "12", {"20", "20", "0", NULL, "20", "7", "13"}},
    {1, {.unit_price = "20", .profit = "3"}, "12", {"20", "20", "0", NULL, "20", "17", "3"}},
    /* a half is rounded to the even digit */
    {1, {.unit_price = "0.25", .rate = "0.0002"}, NULL, {"0.25", "0.25", "0", NULL, "0.25", NULL, NULL}},
    {1, {.unit_price = "0.75", .rate = "0.0002"}, NULL, {"0.75", "0.75", "0.0002", NULL, "0.7498", NULL, NULL}},
    /* given away */
    {1, {.unit_price = "0"}, NULL, {"0", "0", "0", NULL, "0", NULL, NULL}},
};

START_TEST(item_is_completed)
{
    struct value v[ITEM_FIELDS], cost = amount(items[_i].unit_cost);
    struct fault fault;
    fill(v, items[_i].quantity, &items[_i].given);
    ck_assert(compute_item(v, items[_i].unit_cost ? &cost.number : NULL, &fault));
    assert_amount(&v[ITEM_UNIT_PRICE], items[_i].expected.unit_price, "unit_price");
    assert_amount(&v[ITEM_GROSS], items[_i].expected.gross, "gross");
    assert_amount(&v[ITEM_DISCOUNT], items[_i].expected.discount, "discount");
    assert_amount(&v[ITEM_SALES], items[_i].expected.sales, "sales");
    assert_amount(&v[ITEM_COST], items[_i].expected.cost, "cost");
    assert_amount(&v[ITEM_PROFIT], items[_i].expected.profit, "profit");
    assert_amount(&v[ITEM_FREIGHT], "0", "freight");
}
END_TEST

static const struct {
    int quantity;
    struct amounts given;
    enum reason reason;
} refused[] = {
    {1, {.discount = "1"}, REASON_MISSING_VALUE},
    {1, {.sales = "0", .rate = "1"}, REASON_BAD_VALUE},
    {1, {.gross = "-5"}, REASON_NEGATIVE_PRICE},
};

START_TEST(item_that_cannot_be_completed_is_refused)
{
    struct value v[ITEM_FIELDS];
    struct fault fault;
    fill(v, refused[_i].quantity, &refused[_i].given);
    ck_assert(!compute_item(v, NULL, &fault));
    ck_assert_str_eq(reason_codes[fault.reason], reason_codes[refused[_i].reason]);
}
END_TEST

START_TEST(null_adds_nothing)
{
    struct value sum = value_null(), null = value_null(), one = amount("1.25");
    ck_assert(compute_add(&sum, &null));
    ck_assert_int_eq(sum.type, VALUE_NULL);
    ck_assert(compute_add(&sum, &one));
    ck_assert(compute_add(&sum, &null));
    ck_assert(compute_add(&sum, &one));
    assert_amount(&sum, "2.5", "the sum");
}
END_TEST

START_TEST(units_beyond_int32_are_refused)
{
    struct value sum = value_integer(INT32_MAX), one = value_integer(1);
    ck_assert(!compute_add(&sum, &one));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("compute");
    tcase_add_loop_test(tests, item_is_completed, 0, COUNT(items));
    tcase_add_loop_test(tests, item_that_cannot_be_completed_is_refused, 0, COUNT(refused));
    tcase_add_test(tests, null_adds_nothing);
    tcase_add_test(tests, units_beyond_int32_are_refused);
    return run_case(tests, "compute");
}

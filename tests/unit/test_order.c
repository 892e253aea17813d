#include "loader/order.h"
#include "tests/unit/suite.h"

static struct order order;
static struct cleaning cleaning;

static void setup(void)
{
    memset(&order, 0, sizeof order);
    memset(&cleaning, 0, sizeof cleaning);
}

static void teardown(void)
{
    order_release(&order);
}

static struct value cents(int64_t n)
{
    return value_number((struct decimal){n, 2});
}

/* A line of quantity 1 whose sales, and profit if known, are as given. */
static enum order_result add_line(int product, int seller, int64_t sales, const int64_t *profit)
{
    struct value v[ITEM_FIELDS];
    for (int i = 0; i < ITEM_FIELDS; i++)
        v[i] = cents(0);
    v[ITEM_PRODUCT] = value_integer(product);
    v[ITEM_SELLER] = seller < 0 ? value_null() : value_integer(seller);
    v[ITEM_QUANTITY] = value_integer(1);
    v[ITEM_UNIT_PRICE] = v[ITEM_GROSS] = v[ITEM_SALES] = cents(sales);
    v[ITEM_COST] = v[ITEM_PROFIT] = value_null();
    if (profit)
        v[ITEM_PROFIT] = cents(*profit);
    return order_add_item(&order, v, &cleaning);
}

static void assert_cents(struct value value, int64_t expected)
{
    struct value wanted = cents(expected);
    ck_assert(value_equal(&value, &wanted));
}

START_TEST(lines_of_a_product_and_seller_are_one_item)
{
    add_line(1, -1, 1050, NULL);
    add_line(1, 5, 200, NULL);
    add_line(1, -1, 950, NULL);
    ck_assert_uint_eq(order.item_count, 2);
    ck_assert_uint_eq(cleaning.merged, 1);
    ck_assert_int_eq(order.items[0].values[ITEM_QUANTITY].integer, 2);
    assert_cents(order.items[0].values[ITEM_SALES], 2000);
    assert_cents(order.items[0].values[ITEM_UNIT_PRICE], 1050);
    ck_assert(order_add_up(&order));
    assert_cents(order.totals.sales, 2200);
    ck_assert_int_eq(order.totals.units.integer, 3);
    ck_assert_int_eq(order.totals.products.integer, 1);
}
END_TEST

START_TEST(profit_is_that_of_the_items_whose_profit_is_known)
{
    int64_t profit = 300;
    add_line(1, -1, 1000, NULL);
    ck_assert(order_add_up(&order));
    ck_assert_int_eq(order.totals.profit.type, VALUE_NULL);
    add_line(2, -1, 1000, &profit);
    ck_assert(order_add_up(&order));
    assert_cents(order.totals.profit, 300);
}
END_TEST

START_TEST(order_without_items_is_worth_nothing)
{
    ck_assert(order_add_up(&order));
    assert_cents(order.totals.sales, 0);
    ck_assert_int_eq(order.totals.units.integer, 0);
    ck_assert_int_eq(order.totals.products.integer, 0);
    ck_assert_int_eq(order.totals.profit.type, VALUE_NULL);
    ck_assert_int_eq(order_review_score(&order).type, VALUE_NULL);
}
END_TEST

static enum order_result add_payment(int sequence, int64_t amount)
{
    struct value v[PAYMENT_FIELDS] = {{0}};
    const struct value *first;
    v[PAYMENT_SEQUENCE] = sequence ? value_integer(sequence) : value_null();
    v[PAYMENT_VALUE] = cents(amount);
    return order_add_payment(&order, v, &first);
}

START_TEST(payment_of_a_sequence_comes_once)
{
    ck_assert_int_eq(add_payment(1, 100), ORDER_ADDED);
    ck_assert_int_eq(add_payment(2, 100), ORDER_ADDED);
    ck_assert_int_eq(add_payment(1, 100), ORDER_SAME);
    ck_assert_int_eq(add_payment(2, 101), ORDER_DIFFERS);
    ck_assert_uint_eq(order.payment_count, 2);
}
END_TEST

START_TEST(payments_without_a_sequence_are_all_kept)
{
    ck_assert_int_eq(add_payment(0, 100), ORDER_ADDED);
    ck_assert_int_eq(add_payment(0, 100), ORDER_ADDED);
    ck_assert_uint_eq(order.payment_count, 2);
}
END_TEST

static enum order_result add_review(const char *id, int score, int64_t at)
{
    struct value v[REVIEW_FIELDS] = {{0}};
    const struct value *first;
    v[REVIEW_ID] = value_text(text_of(id));
    v[REVIEW_SCORE] = value_integer(score);
    v[REVIEW_CREATED] = at ? (struct value){.type = VALUE_TIME, .integer = at} : value_null();
    return order_add_review(&order, v, &first);
}

START_TEST(latest_review_gives_the_score)
{
    ck_assert_int_eq(add_review("a", 2, 1000), ORDER_ADDED);
    ck_assert_int_eq(add_review("b", 5, 3000), ORDER_ADDED);
    ck_assert_int_eq(add_review("c", 1, 2000), ORDER_ADDED);
    ck_assert_int_eq(add_review("d", 3, 0), ORDER_ADDED);
    ck_assert_int_eq(order_review_score(&order).integer, 5);
    ck_assert_int_eq(add_review("a", 2, 1000), ORDER_SAME);
    ck_assert_int_eq(add_review("a", 4, 9000), ORDER_DIFFERS);
    ck_assert_int_eq(order_review_score(&order).integer, 5);
}
END_TEST

START_TEST(cleared_order_is_empty)
{
    add_line(1, 1, 100, NULL);
    add_payment(1, 100);
    add_review("a", 1, 1);
    order_clear(&order);
    ck_assert(order_add_up(&order));
    assert_cents(order.totals.sales, 0);
    ck_assert_int_eq(add_payment(1, 200), ORDER_ADDED);
    ck_assert_int_eq(order_review_score(&order).type, VALUE_NULL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("order");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_of_a_product_and_seller_are_one_item);
    tcase_add_test(tests, profit_is_that_of_the_items_whose_profit_is_known);
    tcase_add_test(tests, order_without_items_is_worth_nothing);
    tcase_add_test(tests, payment_of_a_sequence_comes_once);
    tcase_add_test(tests, payments_without_a_sequence_are_all_kept);
    tcase_add_test(tests, latest_review_gives_the_score);
    tcase_add_test(tests, cleared_order_is_empty);
    return run_case(tests, "order");
}

#include "loader/order.h"
#include "tests/unit/suite.h"

#include <stdio.h>

static struct order order;
static struct cleaning cleaning;
static struct dimension dimensions[DIMENSION_COUNT];
static unsigned counted[FATE_COUNT]; /* rows */
static uint16_t file;                /* that says what comes next */
static uint64_t digest;              /* of what it says */
static uint64_t noted[8];            /* digests that files were noted to say */
static size_t noted_count;

enum { KNOWN = 77 /* the digest of what every file has said before */ };

static bool said(void *context, uint16_t from, uint64_t what)
{
    (void)context;
    (void)from;
    noted[noted_count++ % 8] = what;
    return what == KNOWN;
}

static void count(void *context, uint16_t from, enum fate fate, uint32_t rows)
{
    (void)context;
    ck_assert_uint_ne(from, FROM_DATABASE);
    counted[fate] += rows;
}

static void assert_counted(unsigned inserted, unsigned updated, unsigned unchanged)
{
    ck_assert_uint_eq(counted[FATE_INSERT], inserted);
    ck_assert_uint_eq(counted[FATE_UPDATE], updated);
    ck_assert_uint_eq(counted[FATE_UNCHANGED], unchanged);
}

static void setup(void)
{
    memset(&order, 0, sizeof order);
    memset(&cleaning, 0, sizeof cleaning);
    memset(counted, 0, sizeof counted);
    order.counter.add = count;
    order.memory.said = said;
    order.dimensions = dimensions;
    file = 0;
    digest = 1;
    noted_count = 0;
    for (int kind = 0; kind < DIMENSION_COUNT; kind++) {
        dimension_init(&dimensions[kind], (enum kind)kind);
        for (int i = 0; i < 10; i++) {
            struct value values[FIELDS_MOST];
            char key[16];
            snprintf(key, sizeof key, "K%d", i);
            memset(values, 0, sizeof values);
            values[0] = value_text(text_of(key));
            dimension_add(&dimensions[kind], values, 0, false);
        }
    }
}

static void teardown(void)
{
    order_release(&order);
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&dimensions[kind]);
}

static bool add_up(void)
{
    return order_add_up(&order, &cleaning);
}

static struct value cents(int64_t n)
{
    return value_number((struct decimal){n, 2});
}

/* A line of quantity 1 whose sales, and profit if known, are as given; number: NULL for none. */
static enum order_result add_numbered(const char *number, int product, int seller, int64_t sales, const int64_t *profit)
{
    const struct value *first;
    struct value v[ITEM_FIELDS];
    for (int i = 0; i < ITEM_FIELDS; i++)
        v[i] = cents(0);
    v[ITEM_PRODUCT] = value_integer(product);
    v[ITEM_SELLER] = seller < 0 ? value_null() : value_integer(seller);
    v[ITEM_QUANTITY] = value_integer(1);
    v[ITEM_UNIT_PRICE] = v[ITEM_GROSS] = v[ITEM_SALES] = cents(sales);
    v[ITEM_COST] = v[ITEM_PROFIT] = v[ITEM_COSTED_SALES] = value_null();
    if (profit)
        v[ITEM_PROFIT] = cents(*profit);
    v[ITEM_LINE] = number ? value_text(text_of(number)) : value_null();
    return order_add_item(&order, v, &(struct order_word){file, true, digest}, &cleaning, &first);
}

static enum order_result add_line(int product, int seller, int64_t sales, const int64_t *profit)
{
    return add_numbered(NULL, product, seller, sales, profit);
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
    ck_assert(add_up());
    ck_assert_uint_eq(order.item_count, 2);
    ck_assert_uint_eq(cleaning.merged, 1);
    ck_assert_int_eq(order.items[0].values[ITEM_QUANTITY].integer, 2);
    assert_cents(order.items[0].values[ITEM_SALES], 2000);
    assert_cents(order.items[0].values[ITEM_UNIT_PRICE], 1050);
    assert_counted(3, 0, 0);
    assert_cents(order.totals.sales, 2200);
    ck_assert_int_eq(order.totals.units.integer, 3);
    ck_assert_int_eq(order.totals.products.integer, 1);
}
END_TEST

START_TEST(profit_is_that_of_the_items_whose_profit_is_known)
{
    int64_t profit = 300;
    add_line(1, -1, 1000, NULL);
    ck_assert(add_up());
    ck_assert_int_eq(order.totals.profit.type, VALUE_NULL);
    add_line(2, -1, 1000, &profit);
    ck_assert(add_up());
    assert_cents(order.totals.profit, 300);
}
END_TEST

START_TEST(costed_sales_are_those_of_the_lines_whose_profit_is_known)
{
    int64_t profit = 300, nothing = 0;
    add_line(1, -1, 1000, NULL);
    ck_assert(add_up());
    assert_cents(order.totals.costed_sales, 0);
    add_line(1, -1, 500, &profit); /* one item with the line before, of which more than this is known */
    add_line(2, -1, 70, &nothing);
    add_numbered("1", 1, -1, 20, NULL);
    add_numbered("2", 1, -1, 3, &profit);
    ck_assert(add_up());
    assert_cents(order.items[0].values[ITEM_COSTED_SALES], 503);
    assert_cents(order.items[0].values[ITEM_SALES], 1523);
    assert_cents(order.totals.costed_sales, 573);
    assert_cents(order.totals.profit, 600);
}
END_TEST

START_TEST(order_without_items_is_worth_nothing)
{
    ck_assert(add_up());
    assert_cents(order.totals.sales, 0);
    ck_assert_int_eq(order.totals.units.integer, 0);
    ck_assert(!order_is_return(&order));
    order.totals.units.integer = -1;
    ck_assert(order_is_return(&order));
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
    return order_add_payment(&order, v, &(struct order_word){file, true, digest}, &first);
}

START_TEST(payment_of_a_sequence_comes_once)
{
    ck_assert_int_eq(add_payment(1, 100), ORDER_ADDED);
    ck_assert_int_eq(add_payment(2, 100), ORDER_ADDED);
    ck_assert_int_eq(add_payment(1, 100), ORDER_REPEATED);
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
    return order_add_review(&order, v, &(struct order_word){file, true, digest}, &first);
}

START_TEST(latest_review_gives_the_score)
{
    ck_assert_int_eq(add_review("a", 2, 1000), ORDER_ADDED);
    ck_assert_int_eq(add_review("b", 5, 3000), ORDER_ADDED);
    ck_assert_int_eq(add_review("c", 1, 2000), ORDER_ADDED);
    ck_assert_int_eq(add_review("d", 3, 0), ORDER_ADDED);
    ck_assert_int_eq(order_review_score(&order).integer, 5);
    ck_assert_int_eq(add_review("a", 2, 1000), ORDER_REPEATED);
    ck_assert_int_eq(add_review("a", 4, 9000), ORDER_DIFFERS);
    ck_assert_int_eq(order_review_score(&order).integer, 5);
}
END_TEST

/* Whichever came first. */
START_TEST(of_reviews_of_one_moment_the_greatest_id_gives_the_score)
{
    add_review("b", 5, 3000);
    add_review("c", 1, 3000);
    add_review("a", 2, 3000);
    ck_assert(add_up());
    ck_assert_int_eq(order_review_score(&order).integer, 1);
}
END_TEST

START_TEST(cleared_order_is_empty)
{
    add_line(1, 1, 100, NULL);
    add_payment(1, 100);
    add_review("a", 1, 1);
    order_clear(&order);
    ck_assert(add_up());
    assert_cents(order.totals.sales, 0);
    ck_assert_int_eq(add_payment(1, 200), ORDER_ADDED);
    ck_assert_int_eq(order_review_score(&order).type, VALUE_NULL);
}
END_TEST

START_TEST(numbered_lines_are_told_apart_and_summed_into_items)
{
    ck_assert_int_eq(add_numbered("10", 1, 1, 100, NULL), ORDER_ADDED);
    ck_assert_int_eq(add_numbered("2", 1, 1, 100, NULL), ORDER_ADDED);
    ck_assert_int_eq(add_numbered("2", 1, 1, 100, NULL), ORDER_REPEATED);
    ck_assert_int_eq(add_numbered("2", 1, 1, 999, NULL), ORDER_DIFFERS);
    ck_assert(add_up());
    ck_assert_uint_eq(order.item_count, 1);
    ck_assert_uint_eq(order.items[0].line_count, 2);
    assert_cents(order.totals.sales, 200);
    ck_assert(text_equal(order.lines[0].values[ITEM_LINE].text, text_of("2")));
    assert_counted(2, 0, 1);
}
END_TEST

START_TEST(later_file_replaces_what_an_earlier_one_said)
{
    file = FROM_DATABASE;
    add_line(1, 1, 100, NULL);
    add_line(2, 1, 100, NULL);
    add_line(3, 1, 100, NULL);
    file = 5;
    ck_assert_int_eq(add_line(1, 1, 60, NULL), ORDER_AGAIN);
    ck_assert_int_eq(add_line(1, 1, 40, NULL), ORDER_SUMMED); /* quantity 2 now */
    ck_assert_int_eq(add_line(2, 1, 100, NULL), ORDER_AGAIN);
    ck_assert(add_up());
    assert_cents(order.totals.sales, 300);
    ck_assert_int_eq(order.totals.units.integer, 4);
    assert_counted(0, 2, 1);
}
END_TEST

START_TEST(what_is_said_again_by_every_file_is_there_once)
{
    for (file = 0; file < 4; file++) {
        add_line(1, 1, 100, NULL);
        add_line(1, 1, 50, NULL);
        add_payment(0, 100);
        add_payment(0, 100);
        add_payment(1, 70);
        add_review("a", 1, 1);
    }
    ck_assert(add_up());
    assert_cents(order.totals.sales, 150);
    ck_assert_uint_eq(order.payment_count, 3);
    ck_assert_uint_eq(order.review_count, 1);
    assert_counted(6, 0, 18);
}
END_TEST

START_TEST(parts_lie_alike_whenever_they_came)
{
    add_line(7, 1, 100, NULL);
    add_line(3, 2, 100, NULL);
    add_line(3, 1, 100, NULL);
    add_payment(2, 1);
    add_payment(0, 5);
    add_payment(1, 1);
    add_review("late", 1, 900);
    add_review("early", 1, 100);
    ck_assert(add_up());
    ck_assert_int_eq(order.lines[0].values[ITEM_PRODUCT].integer, 3);
    ck_assert_int_eq(order.lines[0].values[ITEM_SELLER].integer, 1);
    ck_assert_int_eq(order.lines[2].values[ITEM_PRODUCT].integer, 7);
    ck_assert_int_eq(order.payments[0].values[PAYMENT_SEQUENCE].integer, 1);
    ck_assert_int_eq(order.payments[2].values[PAYMENT_SEQUENCE].type, VALUE_NULL);
    ck_assert(text_equal(order.reviews[0].values[REVIEW_ID].text, text_of("early")));
}
END_TEST

START_TEST(what_a_file_said_before_it_changed_leaves_alone_what_is_known_since)
{
    file = FROM_DATABASE;
    add_numbered("1", 1, 1, 100, NULL);
    add_payment(1, 100);
    add_review("a", 5, 1);
    file = 3;
    digest = KNOWN;
    ck_assert_int_eq(add_numbered("1", 1, 1, 60, NULL), ORDER_CHANGED);
    add_payment(1, 60);
    add_review("a", 2, 1);
    ck_assert(add_up());
    assert_cents(order.totals.sales, 100);
    assert_cents(order.payments[0].values[PAYMENT_VALUE], 100);
    ck_assert_int_eq(order_review_score(&order).integer, 5);
    assert_counted(0, 0, 3);
    ck_assert_uint_eq(noted_count, 3);
}
END_TEST

START_TEST(what_a_file_said_before_is_taken_where_it_is_not_known)
{
    file = 3;
    digest = KNOWN;
    add_numbered("1", 1, 1, 60, NULL);
    add_payment(1, 60);
    ck_assert(add_up());
    assert_cents(order.totals.sales, 60);
    ck_assert_uint_eq(order.payment_count, 1);
    assert_counted(2, 0, 0);
}
END_TEST

START_TEST(repeated_word_is_no_news_to_an_earlier_file_of_the_load)
{
    add_numbered("1", 1, 1, 100, NULL);
    file = 1;
    digest = KNOWN;
    add_numbered("1", 1, 1, 60, NULL);
    ck_assert_int_eq(add_numbered("1", 1, 1, 100, NULL), ORDER_DIFFERS); /* from what this file says */
    ck_assert(add_up());
    assert_cents(order.totals.sales, 100);
    assert_counted(1, 0, 1);
}
END_TEST

START_TEST(lines_without_a_number_are_news_when_their_sum_is)
{
    file = FROM_DATABASE;
    add_line(1, 1, 100, NULL);
    add_line(2, 1, 100, NULL);
    file = 2;
    digest = KNOWN - 7;
    add_line(1, 1, 30, NULL);
    add_line(2, 1, 30, NULL);
    digest = 7;
    add_line(1, 1, 30, NULL); /* both as before */
    digest = 8;
    add_line(2, 1, 30, NULL); /* one has changed */
    ck_assert(add_up());
    assert_cents(order.totals.sales, 100 + 60);
    assert_counted(0, 2, 2);
    ck_assert_uint_eq(noted_count, 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("order");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_of_a_product_and_seller_are_one_item);
    tcase_add_test(tests, profit_is_that_of_the_items_whose_profit_is_known);
    tcase_add_test(tests, costed_sales_are_those_of_the_lines_whose_profit_is_known);
    tcase_add_test(tests, order_without_items_is_worth_nothing);
    tcase_add_test(tests, payment_of_a_sequence_comes_once);
    tcase_add_test(tests, payments_without_a_sequence_are_all_kept);
    tcase_add_test(tests, latest_review_gives_the_score);
    tcase_add_test(tests, of_reviews_of_one_moment_the_greatest_id_gives_the_score);
    tcase_add_test(tests, cleared_order_is_empty);
    tcase_add_test(tests, numbered_lines_are_told_apart_and_summed_into_items);
    tcase_add_test(tests, later_file_replaces_what_an_earlier_one_said);
    tcase_add_test(tests, what_is_said_again_by_every_file_is_there_once);
    tcase_add_test(tests, parts_lie_alike_whenever_they_came);
    tcase_add_test(tests, what_a_file_said_before_it_changed_leaves_alone_what_is_known_since);
    tcase_add_test(tests, what_a_file_said_before_is_taken_where_it_is_not_known);
    tcase_add_test(tests, repeated_word_is_no_news_to_an_earlier_file_of_the_load);
    tcase_add_test(tests, lines_without_a_number_are_news_when_their_sum_is);
    return run_case(tests, "order");
}

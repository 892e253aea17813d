#include "core/day.h"
#include "loader/facts.h"
#include "tests/unit/suite.h"

static struct value amount(int64_t units)
{
    return value_number(decimal_from_int(units));
}

/* What a source says of a line; what it does not say is null. */
static void assert_tells(const int *fields, size_t count, bool discount, bool freight)
{
    struct value line[ITEM_FIELDS];
    bool has[FEATURE_COUNT] = {false};
    for (int i = 0; i < ITEM_FIELDS; i++)
        line[i] = value_null();
    for (size_t i = 0; i < count; i++)
        line[fields[i]] = amount(0);
    facts_note_line(has, line);
    ck_assert_int_eq(has[FEATURE_DISCOUNT], discount);
    ck_assert_int_eq(has[FEATURE_FREIGHT], freight);
}

/* A discount of 0 is known, where one that nobody tells is not. */
START_TEST(what_a_line_says_is_known_even_where_it_is_0)
{
    assert_tells((int[]){ITEM_UNIT_PRICE}, 1, false, false);
    assert_tells((int[]){ITEM_SALES}, 1, false, false);
    assert_tells((int[]){ITEM_GROSS}, 1, false, false);
    assert_tells((int[]){ITEM_UNIT_PRICE, ITEM_FREIGHT}, 2, false, true);
    assert_tells((int[]){ITEM_UNIT_PRICE, ITEM_DISCOUNT}, 2, true, false);
    assert_tells((int[]){ITEM_SALES, ITEM_DISCOUNT_RATE}, 2, true, false);
    assert_tells((int[]){ITEM_SALES, ITEM_UNIT_PRICE}, 2, true, false);
    assert_tells((int[]){ITEM_SALES, ITEM_GROSS}, 2, true, false);
}
END_TEST

static struct dimension dimensions[DIMENSION_COUNT];

static void setup(void)
{
    struct value product[PRODUCT_FIELDS] = {value_text(text_of("P1")),
                                            value_null(),
                                            value_text(text_of("Kitchen")),
                                            value_null(),
                                            value_null(),
                                            value_null()};
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&dimensions[kind], (enum kind)kind);
    dimension_add(&dimensions[KIND_PRODUCT], product, 0, true);
}

static void teardown(void)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&dimensions[kind]);
}

START_TEST(texts_that_an_order_copies_are_known_once_one_order_has_them)
{
    static const int known[] = {FEATURE_REGIONS, FEATURE_CITIES, FEATURE_CATEGORIES};
    struct order_item item = {.line_count = 1};
    struct order order = {.items = &item, .item_count = 1};
    struct facts facts = {0};
    bson_t *doc = BCON_NEW("day", BCON_DATE_TIME(day_to_ms(19000)), "region", BCON_UTF8("West"), "country", BCON_NULL,
                           "state", BCON_NULL, "city", BCON_UTF8("Lyon"), "segment", BCON_NULL);
    bson_t *bare = BCON_NEW("day", BCON_DATE_TIME(day_to_ms(18000)));
    item.values[ITEM_PRODUCT] = value_integer(0);
    item.values[ITEM_DISCOUNT] = item.values[ITEM_FREIGHT] = amount(0);
    facts_note_order(&facts, dimensions, &order, doc);
    facts_note_order(&facts, dimensions, &order, bare);
    ck_assert_uint_eq(facts.orders, 2);
    ck_assert_int_eq(facts.first_day, 18000);
    ck_assert_int_eq(facts.last_day, 19000);
    for (int f = 0; f < FEATURE_COUNT; f++) {
        bool expected = false;
        for (size_t i = 0; i < COUNT(known); i++)
            expected |= known[i] == f;
        ck_assert_msg(facts.has[f] == expected, "%s", feature_names[f]);
    }
    bson_destroy(bare);
    bson_destroy(doc);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("facts");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_a_line_says_is_known_even_where_it_is_0);
    tcase_add_test(tests, texts_that_an_order_copies_are_known_once_one_order_has_them);
    return run_case(tests, "facts");
}

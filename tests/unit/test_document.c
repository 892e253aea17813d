#include "core/day.h"
#include "loader/document.h"
#include "tests/unit/suite.h"

static struct dimension dimensions[DIMENSION_COUNT];

static struct value text(const char *string)
{
    return string ? value_text(text_of(string)) : value_null();
}

static struct value number(const char *string)
{
    struct decimal d;
    ck_assert(decimal_parse(string, strlen(string), (struct decimal_format){'.', 0}, &d));
    return value_number(d);
}

static void setup(void)
{
    struct value location[LOCATION_FIELDS] = {text("L1"),     text("Lyon"),  text(NULL),      text("East"),
                                              text("France"), text("69001"), number("45.75"), number("4.85")};
    struct value customer[CUSTOMER_FIELDS] = {text("C1"), text("Ana"), text("Consumer"), value_integer(0)};
    struct value product[PRODUCT_FIELDS] = {text("P1"), text("Pot"),  text("Kitchen"),
                                            text(NULL), value_null(), value_integer(560)};
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&dimensions[kind], (enum kind)kind);
    dimension_add(&dimensions[KIND_LOCATION], location, 0, true);
    dimension_add(&dimensions[KIND_CUSTOMER], customer, 0, true);
    dimension_add(&dimensions[KIND_PRODUCT], product, 0, true);
}

static void teardown(void)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&dimensions[kind]);
}

static void assert_json(const bson_t *doc, const char *expected)
{
    size_t n;
    char *json = bson_as_relaxed_extended_json(doc, &n);
    ck_assert_str_eq(json, expected);
    bson_free(json);
}

START_TEST(dimensions_have_all_their_fields)
{
    bson_t doc = BSON_INITIALIZER;
    document_dimension(&doc, dimensions, KIND_LOCATION, 0);
    assert_json(&doc, "{ \"_id\" : \"L1\", \"city\" : \"Lyon\", \"state\" : null, \"region\" : \"East\", \"country\" : "
                      "\"France\", \"postal_code\" : \"69001\", \"point\" : { \"type\" : \"Point\", \"coordinates\" : "
                      "[ 4.8499999999999996447, 45.75 ] } }");
    bson_reinit(&doc);
    document_dimension(&doc, dimensions, KIND_CUSTOMER, 0);
    assert_json(&doc, "{ \"_id\" : \"C1\", \"name\" : \"Ana\", \"segment\" : \"Consumer\", \"location_id\" : \"L1\" }");
    bson_reinit(&doc);
    document_dimension(&doc, dimensions, KIND_PRODUCT, 0);
    assert_json(&doc, "{ \"_id\" : \"P1\", \"name\" : \"Pot\", \"category\" : \"Kitchen\", \"subcategory\" : null, "
                      "\"cost\" : null, \"weight_g\" : 560 }");
    bson_destroy(&doc);
}
END_TEST

static void make_order(struct order *order, enum value_type time)
{
    struct value line[ITEM_FIELDS], payment[PAYMENT_FIELDS] = {{0}};
    struct cleaning cleaning = {0};
    const struct value *first;
    memset(order, 0, sizeof *order);
    order->values[ORDER_ID] = text("O1");
    order->values[ORDER_CUSTOMER] = value_integer(0);
    order->values[ORDER_LOCATION] = value_integer(0);
    order->values[ORDER_ORDERED] =
        (struct value){.type = time, .integer = day_to_ms(day_from_civil(2022, 6, 21)) + 14 * 3600000 + 59};
    order->values[ORDER_STATUS] = value_integer(5); /* cancelled */
    for (int i = 0; i < ITEM_FIELDS; i++)
        line[i] = number("0");
    line[ITEM_PRODUCT] = value_integer(0);
    line[ITEM_SELLER] = line[ITEM_COST] = line[ITEM_PROFIT] = line[ITEM_LINE] = line[ITEM_COSTED_SALES] = value_null();
    line[ITEM_QUANTITY] = value_integer(2);
    line[ITEM_UNIT_PRICE] = number("5.10");
    line[ITEM_GROSS] = line[ITEM_SALES] = number("10.20");
    order->dimensions = dimensions;
    order_add_item(order, line, &(struct order_word){0, true, 0}, &cleaning, &first);
    payment[PAYMENT_TYPE] = text("voucher");
    payment[PAYMENT_VALUE] = number("10.20");
    order_add_payment(order, payment, &(struct order_word){0, true, 0}, &first);
    ck_assert(order_add_up(order, &cleaning));
}

START_TEST(order_has_all_its_fields_and_what_it_copies)
{
    struct order order;
    bson_t doc = BSON_INITIALIZER;
    make_order(&order, VALUE_TIME);
    document_order(&doc, dimensions, &order);
    assert_json(
        &doc,
        "{ \"_id\" : \"O1\", \"customer_id\" : \"C1\", \"location_id\" : \"L1\", \"at_customer\" : false, "
        "\"warehouse_id\" : null, "
        "\"ordered_at\" : { \"$date\" : "
        "\"2022-06-21T14:00:00.059Z\" }, \"day\" : { \"$date\" : \"2022-06-21T00:00:00Z\" }, \"month_of_year\" : 6, "
        "\"weekday\" : 2, \"hour\" : 14, \"shipped_at\" : null, \"shipped_day\" : null, "
        "\"delivered_at\" : null, \"delivered_day\" : null, \"estimated_at\" : null, \"estimated_day\" : null, "
        "\"status\" : \"cancelled\", \"counted\" : false, \"ship_mode\" : null, \"region\" : \"East\", \"country\" : "
        "\"France\", \"state\" : null, \"city\" : \"Lyon\", \"segment\" : \"Consumer\", \"items\" : [ { \"product_id\" "
        ": \"P1\", \"seller_id\" : null, \"line\" : null, \"name\" : \"Pot\", \"category\" : \"Kitchen\", "
        "\"subcategory\" : null, "
        "\"quantity\" : 2, \"unit_price\" : { \"$numberDecimal\" : \"5.1\" }, \"gross\" : { \"$numberDecimal\" : "
        "\"10.2\" }, \"discount\" : { \"$numberDecimal\" : \"0\" }, \"sales\" : { \"$numberDecimal\" : \"10.2\" }, "
        "\"cost\" : null, \"profit\" : null, \"costed_sales\" : { \"$numberDecimal\" : \"0\" }, \"freight\" : { "
        "\"$numberDecimal\" : \"0\" } } ], \"gross\" : { "
        "\"$numberDecimal\" : \"10.2\" }, \"sales\" : { \"$numberDecimal\" : \"10.2\" }, \"profit\" : null, "
        "\"costed_sales\" : { \"$numberDecimal\" : \"0\" }, "
        "\"discount\" : { \"$numberDecimal\" : \"0\" }, \"freight\" : { \"$numberDecimal\" : \"0\" }, \"units\" : 2, "
        "\"products\" : 1, \"orders\" : 1, \"payments\" : [ { \"sequence\" : null, \"type\" : \"voucher\", "
        "\"installments\" : null, "
        "\"value\" : { \"$numberDecimal\" : \"10.2\" } } ], \"reviews\" : [  ], \"review_score\" : null, "
        "\"distance_km\" : null, \"is_return\" : false }");
    bson_destroy(&doc);
    order_release(&order);
}
END_TEST

START_TEST(calendar_is_by_the_clock_of_the_shop)
{
    struct order order;
    struct error err;
    struct zone *zone = zone_open("Asia/Kathmandu", &err);
    bson_t doc = BSON_INITIALIZER;
    bson_iter_t it;
    make_order(&order, VALUE_TIME);
    order.zone = zone;
    order.values[ORDER_ORDERED].integer = day_to_ms(day_from_civil(2022, 6, 30)) + 19 * 3600000;
    document_order(&doc, dimensions, &order);
    ck_assert(bson_iter_init_find(&it, &doc, "ordered_at"));
    ck_assert_int_eq(bson_iter_date_time(&it), order.values[ORDER_ORDERED].integer);
    ck_assert(bson_iter_init_find(&it, &doc, "day"));
    ck_assert_int_eq(bson_iter_date_time(&it), day_to_ms(day_from_civil(2022, 7, 1)));
    ck_assert(bson_iter_init_find(&it, &doc, "month_of_year") && bson_iter_int32(&it) == 7);
    ck_assert(bson_iter_init_find(&it, &doc, "weekday") && bson_iter_int32(&it) == 5);
    ck_assert(bson_iter_init_find(&it, &doc, "hour") && bson_iter_int32(&it) == 0);
    bson_destroy(&doc);
    order_release(&order);
    zone_free(zone);
}
END_TEST

START_TEST(day_without_a_time_is_that_day_in_every_zone)
{
    struct order order;
    struct error err;
    struct zone *zone = zone_open("America/Sao_Paulo", &err);
    bson_t doc = BSON_INITIALIZER;
    bson_iter_t it;
    make_order(&order, VALUE_DAY);
    order.zone = zone;
    order.values[ORDER_ORDERED].integer = day_to_ms(day_from_civil(2022, 6, 21));
    document_order(&doc, dimensions, &order);
    ck_assert(bson_iter_init_find(&it, &doc, "day"));
    ck_assert_int_eq(bson_iter_date_time(&it), day_to_ms(day_from_civil(2022, 6, 21)));
    bson_destroy(&doc);
    order_release(&order);
    zone_free(zone);
}
END_TEST

static void assert_day(const bson_t *doc, const char *field, int year, int month, int day)
{
    bson_iter_t it;
    ck_assert_msg(bson_iter_init_find(&it, doc, field) && BSON_ITER_HOLDS_DATE_TIME(&it), "%s", field);
    ck_assert_int_eq(bson_iter_date_time(&it), day_to_ms(day_from_civil(year, month, day)));
}

START_TEST(days_of_delivery_are_by_the_clock_of_the_shop)
{
    struct order order;
    struct error err;
    struct zone *zone = zone_open("America/Sao_Paulo", &err);
    bson_t doc = BSON_INITIALIZER;
    int64_t june_21 = day_to_ms(day_from_civil(2022, 6, 21));
    make_order(&order, VALUE_TIME);
    order.zone = zone;
    order.values[ORDER_SHIPPED] = (struct value){.type = VALUE_TIME, .integer = june_21 + 3 * 3600000};
    order.values[ORDER_DELIVERED] = (struct value){.type = VALUE_TIME, .integer = june_21 + 2 * 3600000};
    order.values[ORDER_ESTIMATED] = (struct value){.type = VALUE_DAY, .integer = june_21};
    document_order(&doc, dimensions, &order);
    assert_day(&doc, "shipped_day", 2022, 6, 21);
    assert_day(&doc, "delivered_day", 2022, 6, 20);
    assert_day(&doc, "estimated_day", 2022, 6, 21);
    bson_destroy(&doc);
    order_release(&order);
    zone_free(zone);
}
END_TEST

START_TEST(source_without_time_of_day_gives_no_hour)
{
    struct order order;
    bson_t doc = BSON_INITIALIZER;
    bson_iter_t it;
    make_order(&order, VALUE_DAY);
    document_order(&doc, dimensions, &order);
    ck_assert(bson_iter_init_find(&it, &doc, "hour") && BSON_ITER_HOLDS_NULL(&it));
    bson_destroy(&doc);
    order_release(&order);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("document");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, dimensions_have_all_their_fields);
    tcase_add_test(tests, order_has_all_its_fields_and_what_it_copies);
    tcase_add_test(tests, calendar_is_by_the_clock_of_the_shop);
    tcase_add_test(tests, day_without_a_time_is_that_day_in_every_zone);
    tcase_add_test(tests, days_of_delivery_are_by_the_clock_of_the_shop);
    tcase_add_test(tests, source_without_time_of_day_gives_no_hour);
    return run_case(tests, "document");
}

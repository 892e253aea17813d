#include "loader/document.h"
#include "loader/stored_order.h"
#include "tests/unit/suite.h"

static struct dimension dimensions[DIMENSION_COUNT];
static struct stored stored = {.dimensions = dimensions};

static struct value text(const char *string)
{
    return value_text(text_of(string));
}

static void add_row(enum kind kind, const char *key)
{
    struct value values[FIELDS_MOST];
    memset(values, 0, sizeof values);
    values[0] = text(key);
    dimension_add(&dimensions[kind], values, 0, false);
}

static void setup(void)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&dimensions[kind], (enum kind)kind);
    add_row(KIND_LOCATION, "L1");
    add_row(KIND_LOCATION, "L2");
    add_row(KIND_CUSTOMER, "C1");
    add_row(KIND_PRODUCT, "P1");
    add_row(KIND_PRODUCT, "P2");
    add_row(KIND_SELLER, "S1");
}

static void teardown(void)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&dimensions[kind]);
}

static void add_line(struct order *order, const char *number, int product, int64_t cents)
{
    struct value v[ITEM_FIELDS];
    struct cleaning cleaning = {0};
    const struct value *first;
    for (int i = 0; i < ITEM_FIELDS; i++)
        v[i] = value_number((struct decimal){cents, 2});
    v[ITEM_PRODUCT] = value_integer(product);
    v[ITEM_SELLER] = product ? value_null() : value_integer(0);
    v[ITEM_QUANTITY] = value_integer(3);
    v[ITEM_PROFIT] = v[ITEM_COSTED_SALES] = value_null();
    v[ITEM_LINE] = number ? text(number) : value_null();
    order_add_item(order, v, &(struct order_word){0, true, 0}, &cleaning, &first);
}

static void make_order(struct order *order, enum value_type time)
{
    struct value payment[PAYMENT_FIELDS] = {text("O1"), value_integer(2), text("card"), value_integer(10),
                                            value_number((struct decimal){-5, 1})};
    struct value review[REVIEW_FIELDS] = {
        text("R1"), text("O1"), value_integer(4), {.type = VALUE_DAY, .integer = 86400000}};
    struct cleaning cleaning = {0};
    const struct value *first;
    memset(order, 0, sizeof *order);
    order->dimensions = dimensions;
    order->values[ORDER_ID] = text("O1");
    order->values[ORDER_CUSTOMER] = value_integer(0);
    order->values[ORDER_LOCATION] = value_integer(1);
    order->values[ORDER_WAREHOUSE] = value_integer(0);
    order->values[ORDER_ORDERED] = (struct value){.type = time, .integer = 86400000LL * 19000};
    order->values[ORDER_DELIVERED] = (struct value){.type = VALUE_TIME, .integer = 86400000LL * 19001 + 77};
    order->values[ORDER_ESTIMATED] = (struct value){.type = VALUE_DAY, .integer = 86400000LL * 19002};
    order->values[ORDER_STATUS] = value_integer(5);
    order->values[ORDER_SHIP_MODE] = text("by \"air\"");
    add_line(order, "1", 0, 1050);
    add_line(order, "2", 0, 999);
    add_line(order, NULL, 0, 1);
    add_line(order, NULL, 1, 20);
    order_add_payment(order, payment, &(struct order_word){0, true, 0}, &first);
    payment[PAYMENT_SEQUENCE] = value_null();
    order_add_payment(order, payment, &(struct order_word){0, true, 0}, &first);
    order_add_payment(order, payment, &(struct order_word){0, true, 0}, &first);
    order_add_review(order, review, &(struct order_word){0, true, 0}, &first);
    ck_assert(order_add_up(order, &cleaning));
}

START_TEST(order_read_back_makes_the_same_document)
{
    static const char *const zones[] = {"America/Sao_Paulo", "Asia/Kathmandu"};
    bson_t doc = BSON_INITIALIZER, second = BSON_INITIALIZER;
    struct cleaning cleaning = {0};
    struct error err;
    struct zone *zone = zone_open(zones[_i / 2], &err);
    struct order order, again = {.dimensions = dimensions, .zone = zone};
    make_order(&order, _i % 2 ? VALUE_TIME : VALUE_DAY);
    order.zone = zone;
    document_order(&doc, dimensions, &order);
    ck_assert(stored_order_read(&stored, &doc, &again, &err));
    ck_assert_uint_eq(again.line_count, 4);
    ck_assert(order_add_up(&again, &cleaning));
    document_order(&second, dimensions, &again);
    ck_assert(bson_equal(&doc, &second));
    ck_assert_uint_eq(cleaning.merged, 0);
    bson_destroy(&doc);
    bson_destroy(&second);
    order_release(&order);
    order_release(&again);
    zone_free(zone);
}
END_TEST

START_TEST(document_of_somebody_else_is_refused)
{
    static const char *const documents[] = {
        "{}",
        "{\"_id\": 1, \"status\": \"paid\"}",
        "{\"_id\": \"O1\", \"status\": \"paid\"}",
        "{\"_id\": \"O1\", \"status\": \"eaten\", \"ordered_at\": {\"$date\": 0}}",
        "{\"_id\": \"O1\", \"status\": \"paid\", \"ordered_at\": {\"$date\": 0}, \"items\": [{}]}",
        "{\"_id\": \"O1\", \"status\": \"paid\", \"ordered_at\": {\"$date\": 0}, \"items\": [{\"product_id\": "
        "\"gone\", "
        "\"quantity\": 1}]}",
    };
    for (size_t i = 0; i < COUNT(documents); i++) {
        struct order order = {.dimensions = dimensions};
        struct error err = {0};
        bson_t *doc = bson_new_from_json((const uint8_t *)documents[i], -1, NULL);
        ck_assert(!stored_order_read(&stored, doc, &order, &err));
        ck_assert_ptr_nonnull(strstr(err.message, "--replace"));
        bson_destroy(doc);
        order_release(&order);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stored_order");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, order_read_back_makes_the_same_document, 0, 4);
    tcase_add_test(tests, document_of_somebody_else_is_refused);
    return run_case(tests, "stored_order");
}

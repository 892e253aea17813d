#include "core/parameter.h"
#include "loader/field.h"
#include "tests/unit/suite.h"

static struct layout layout;

static void setup(void)
{
    struct error err;
    layout = (struct layout){.numbers = {'.', 0, ','}, .date_count = 2, .date_text = "YYYY-MM-DD or M/D/YYYY"};
    ck_assert(date_format_compile("YYYY-MM-DD", &layout.dates[0], &err));
    ck_assert(date_format_compile("M/D/YYYY", &layout.dates[1], &err));
}

static const struct schema_field *field(enum kind kind, int number)
{
    return &schema_kinds[kind].fields[number];
}

static bool read_text(const struct schema_field *f, const char *text, struct value *value, struct fault *fault)
{
    *value = text ? value_text(text_of(text)) : value_null();
    return field_read(f, &layout, value, fault);
}

static const struct {
    enum kind kind;
    int field;
    const char *text;
    enum reason reason;
} refused[] = {
    {KIND_ORDER, ORDER_ID, NULL, REASON_MISSING_KEY},
    {KIND_ITEM, ITEM_PRODUCT, NULL, REASON_MISSING_KEY},
    {KIND_ITEM, ITEM_QUANTITY, NULL, REASON_MISSING_VALUE},
    {KIND_ORDER, ORDER_ORDERED, NULL, REASON_MISSING_VALUE},
    {KIND_ITEM, ITEM_QUANTITY, "two", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_QUANTITY, "1.5", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_QUANTITY, "99999999999", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_QUANTITY, "0", REASON_BAD_VALUE},
    {KIND_ITEM, ITEM_SALES, "1O.5", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_SALES, "12,34.5", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_SALES, "1234567890123456", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_SALES, "0.0000000000001", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_SALES, "NaN", REASON_BAD_NUMBER},
    {KIND_ITEM, ITEM_UNIT_PRICE, "-0.01", REASON_NEGATIVE_PRICE},
    {KIND_PRODUCT, PRODUCT_COST, "-1", REASON_NEGATIVE_PRICE},
    {KIND_ITEM, ITEM_DISCOUNT_RATE, "1.01", REASON_BAD_VALUE},
    {KIND_ITEM, ITEM_DISCOUNT_RATE, "-0.1", REASON_BAD_VALUE},
    {KIND_LOCATION, LOCATION_LATITUDE, "90.0001", REASON_BAD_VALUE},
    {KIND_LOCATION, LOCATION_LONGITUDE, "-180.5", REASON_BAD_VALUE},
    {KIND_REVIEW, REVIEW_SCORE, "6", REASON_BAD_VALUE},
    {KIND_REVIEW, REVIEW_SCORE, "0", REASON_BAD_VALUE},
    {KIND_ORDER, ORDER_ORDERED, "2016-02-30", REASON_BAD_DATE},
    {KIND_ORDER, ORDER_ORDERED, "yesterday", REASON_BAD_DATE},
    {KIND_ORDER, ORDER_STATUS, "lost", REASON_BAD_VALUE},
    {KIND_ORDER, ORDER_STATUS, "Shipped", REASON_BAD_VALUE},
};

START_TEST(bad_text_is_refused_for_its_reason)
{
    struct fault fault;
    struct value value;
    ck_assert(!read_text(field(refused[_i].kind, refused[_i].field), refused[_i].text, &value, &fault));
    ck_assert_str_eq(reason_codes[fault.reason], reason_codes[refused[_i].reason]);
    ck_assert_uint_gt(strlen(fault.detail), 0);
}
END_TEST

START_TEST(good_text_becomes_its_type)
{
    struct fault fault;
    struct value value;
    ck_assert(read_text(field(KIND_ITEM, ITEM_QUANTITY), "-2", &value, &fault));
    ck_assert_int_eq(value.integer, -2);
    ck_assert(read_text(field(KIND_ITEM, ITEM_QUANTITY), "3.0", &value, &fault));
    ck_assert_int_eq(value.integer, 3);
    ck_assert(read_text(field(KIND_ITEM, ITEM_SALES), "1,234.50", &value, &fault));
    ck_assert_int_eq((int)value.number.coefficient, 12345);
    ck_assert_int_eq(value.number.scale, 1);
    ck_assert(read_text(field(KIND_LOCATION, LOCATION_LATITUDE), "-90", &value, &fault));
    ck_assert(read_text(field(KIND_ITEM, ITEM_DISCOUNT_RATE), "1", &value, &fault));
    ck_assert(read_text(field(KIND_ORDER, ORDER_SHIPPED), "11/8/2016", &value, &fault));
    ck_assert_int_eq(value.type, VALUE_DAY);
    ck_assert(read_text(field(KIND_ORDER, ORDER_STATUS), "cancelled", &value, &fault));
    ck_assert(!order_statuses[value.integer].counted);
}
END_TEST

START_TEST(empty_text_is_null_where_nothing_is_required)
{
    struct fault fault;
    struct value value;
    ck_assert(read_text(field(KIND_ORDER, ORDER_DELIVERED), NULL, &value, &fault));
    ck_assert_int_eq(value.type, VALUE_NULL);
    ck_assert(read_text(field(KIND_ITEM, ITEM_SELLER), NULL, &value, &fault));
    ck_assert_int_eq(value.type, VALUE_NULL);
}
END_TEST

START_TEST(text_to_filter_by_is_as_long_as_a_request_may_say)
{
    char text[VALUE_BYTES_MOST + 2];
    struct fault fault;
    struct value value;
    memset(text, 't', sizeof text);
    text[VALUE_BYTES_MOST] = '\0';
    ck_assert(read_text(field(KIND_LOCATION, LOCATION_CITY), text, &value, &fault));
    text[VALUE_BYTES_MOST] = 't';
    text[VALUE_BYTES_MOST + 1] = '\0';
    ck_assert(!read_text(field(KIND_LOCATION, LOCATION_CITY), text, &value, &fault));
    ck_assert_int_eq(fault.reason, REASON_BAD_VALUE);
    ck_assert(read_text(field(KIND_PRODUCT, PRODUCT_NAME), text, &value, &fault));
}
END_TEST

START_TEST(key_has_a_length)
{
    char key[600];
    struct fault fault;
    struct value value;
    memset(key, 'k', sizeof key);
    key[512] = '\0';
    ck_assert(read_text(field(KIND_ORDER, ORDER_ID), key, &value, &fault));
    key[512] = 'k';
    key[513] = '\0';
    ck_assert(!read_text(field(KIND_ORDER, ORDER_ID), key, &value, &fault));
    ck_assert_int_eq(fault.reason, REASON_BAD_VALUE);
}
END_TEST

START_TEST(text_is_at_most_four_mebibytes)
{
    enum { MOST = 2 << 20 };
    char *bytes = malloc(MOST + 1);
    struct value value;
    struct fault fault;
    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'x', MOST + 1);
    value = value_text((struct text){bytes, MOST});
    ck_assert(field_read(field(KIND_PRODUCT, PRODUCT_NAME), &layout, &value, &fault));
    value.text.n++;
    ck_assert(!field_read(field(KIND_PRODUCT, PRODUCT_NAME), &layout, &value, &fault));
    ck_assert_int_eq(fault.reason, REASON_BAD_VALUE);
    free(bytes);
}
END_TEST

START_TEST(degrees_keep_all_their_digits)
{
    struct value value;
    struct fault fault;
    ck_assert(read_text(field(KIND_LOCATION, LOCATION_LATITUDE), "-27.984127336018226", &value, &fault));
    ck_assert_int_eq(value.number.scale, 15);
    ck_assert(!read_text(field(KIND_ITEM, ITEM_SALES), "-27.984127336018226", &value, &fault));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("field");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, bad_text_is_refused_for_its_reason, 0, COUNT(refused));
    tcase_add_test(tests, good_text_becomes_its_type);
    tcase_add_test(tests, empty_text_is_null_where_nothing_is_required);
    tcase_add_test(tests, text_to_filter_by_is_as_long_as_a_request_may_say);
    tcase_add_test(tests, key_has_a_length);
    tcase_add_test(tests, text_is_at_most_four_mebibytes);
    tcase_add_test(tests, degrees_keep_all_their_digits);
    return run_case(tests, "field");
}

#include "loader/schema.h"
#include "tests/unit/suite.h"

START_TEST(every_kind_is_whole)
{
    const struct schema_kind *schema = &schema_kinds[_i];
    enum kind found;
    ck_assert(schema_find_kind(schema->name, &found) && (int)found == _i);
    ck_assert_uint_le(schema->field_count, FIELDS_MOST);
    ck_assert_int_eq(schema->collection != NULL, _i <= KIND_ORDER);
    ck_assert_int_eq(schema->fields[0].type, FIELD_KEY);
    for (size_t i = 0; i < schema->field_count; i++) {
        ck_assert_ptr_nonnull(schema->fields[i].name);
        ck_assert_int_eq(schema_find_field((enum kind)_i, schema->fields[i].name), (int)i);
        if (schema->fields[i].type == FIELD_REFERENCE)
            ck_assert_int_lt((int)schema->fields[i].refers, _i);
    }
    if (_i >= KIND_ORDER)
        ck_assert_int_eq(schema->fields[schema_order_field((enum kind)_i)].type, FIELD_KEY);
}
END_TEST

START_TEST(unknown_names_are_not_found)
{
    enum kind kind;
    ck_assert(!schema_find_kind("orders", &kind));
    ck_assert_int_eq(schema_find_field(KIND_ORDER, "colour"), -1);
}
END_TEST

START_TEST(orders_that_are_no_sales_do_not_count)
{
    for (size_t i = 0; i < order_status_count; i++) {
        const char *name = order_statuses[i].name;
        bool sale = strcmp(name, "cancelled") != 0 && strcmp(name, "unavailable") != 0 && strcmp(name, "unpaid") != 0;
        ck_assert_int_eq(order_statuses[i].counted, sale);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("schema");
    tcase_add_loop_test(tests, every_kind_is_whole, 0, KIND_COUNT);
    tcase_add_test(tests, unknown_names_are_not_found);
    tcase_add_test(tests, orders_that_are_no_sales_do_not_count);
    return run_case(tests, "schema");
}

#include "core/json.h"
#include "loader/rollup_orders.h"
#include "tests/unit/suite.h"
#include <stdlib.h>

static struct field dimension(const char *name, const char *path, bool in_items)
{
    const char *dot = strrchr(path, '.');
    return (struct field){.name = name, .path = path, .field = dot ? dot + 1 : path, .in_items = in_items};
}

/* An order with items of these products and sellers; sales 2 each. */
static bson_t *order_with(const char *const (*items)[2], size_t count)
{
    bson_t *doc = BCON_NEW("region", "West", "day", BCON_DATE_TIME(INT64_C(3) * 86400000), "products", BCON_INT32(9)),
           list;
    BSON_APPEND_ARRAY_BEGIN(doc, "items", &list);
    for (size_t i = 0; i < count; i++) {
        char number[16];
        const char *key;
        bson_t *item =
            BCON_NEW("product_id", BCON_UTF8(items[i][0]), "seller_id", BCON_UTF8(items[i][1]), "sales", BCON_INT32(2));
        bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        BSON_APPEND_DOCUMENT(&list, key, item);
        bson_destroy(item);
    }
    bson_append_array_end(doc, &list);
    return doc;
}

/* The measures of each cell, one text a cell. */
static void check_cells(struct cells *cells, const char *const *wanted, size_t count)
{
    const uint32_t *order = cells_sort(cells);
    ck_assert_uint_eq(cells->count, count);
    for (size_t i = 0; i < count; i++) {
        bson_t row = BSON_INITIALIZER;
        static const char *const names[] = {"a", "b", "c"};
        char *json;
        for (size_t d = 0; d < cells->dimension_count; d++)
            dictionary_append(cells->dictionaries[d], cells_key(cells, order[i])[d + 1], &row, "d", 1);
        for (size_t m = 0; m < cells->measure_count; m++)
            sum_append(&cells_sums(cells, order[i])[m], &row, names[m], 1);
        json = bson_as_relaxed_extended_json(&row, NULL);
        ck_assert_str_eq(json, wanted[i]);
        bson_free(json);
        bson_destroy(&row);
    }
}

static struct rollup_measure line_measures[] = {{"sales", "items.sales", ROLLUP_SUM},
                                                {"orders", NULL, ROLLUP_ORDERS},
                                                {"products", "items.product_id", ROLLUP_PRODUCTS}};

/* Sums the orders of a rollup by the seller, or by nothing. */
static void check_lines(bson_t **orders, size_t order_count, const char *const *wanted, size_t count)
{
    struct field by[] = {dimension("seller", "items.seller_id", true)};
    struct rollup rollup = {.name = "r",
                            .dimensions = by,
                            .dimension_count = 1,
                            .measures = line_measures,
                            .measure_count = 3,
                            .in_items = true,
                            .items = "items"};
    struct order_reading reading;
    struct order_part part;
    struct cells cells;
    struct error err = {0};
    order_reading_init(&reading);
    ck_assert(order_part_init(&part, &reading, &rollup, &err));
    cells_init(&cells, part.dictionaries, 1, 3);
    for (size_t i = 0; i < order_count; i++) {
        ck_assert(order_read(&reading, orders[i]));
        ck_assert_int_eq((int)reading.day, 3);
        order_add(&reading, &part, &cells, 0);
        bson_destroy(orders[i]);
    }
    check_cells(&cells, wanted, count);
    cells_release(&cells);
    order_part_release(&part);
    order_reading_release(&reading);
}

START_TEST(an_order_counts_once_in_a_row_and_so_does_its_product)
{
    static const char *const first[][2] = {{"P1", "S1"}, {"P1", "S2"}, {"P2", "S1"}, {"P1", "S1"}}, *const second[][2] =
                                                                                                        {{"P1", "S1"}};
    static const char *const wanted[] = {"{ \"d\" : \"S1\", \"a\" : 8, \"b\" : 2, \"c\" : 3 }",
                                         "{ \"d\" : \"S2\", \"a\" : 2, \"b\" : 1, \"c\" : 1 }"};
    bson_t *orders[] = {order_with(first, 4), order_with(second, 1)};
    check_lines(orders, 2, wanted, 2);
}
END_TEST

START_TEST(an_order_with_hundreds_of_lines_is_summed)
{
    enum { MANY = 300 };
    const char *items[MANY][2];
    static const char *const wanted[] = {"{ \"d\" : \"S1\", \"a\" : 600, \"b\" : 1, \"c\" : 2 }"};
    bson_t *orders[1];
    for (int i = 0; i < MANY; i++) {
        items[i][0] = i % 2 ? "P1" : "P2";
        items[i][1] = "S1";
    }
    orders[0] = order_with((const char *const(*)[2])items, MANY);
    check_lines(orders, 1, wanted, 1);
}
END_TEST

START_TEST(an_order_without_lines_has_no_row_of_lines)
{
    bson_t *orders[] = {order_with(NULL, 0)};
    check_lines(orders, 1, NULL, 0);
}
END_TEST

START_TEST(a_row_of_orders_takes_what_orders_say_and_what_is_missing_is_null)
{
    struct field by[] = {dimension("state", "state", false)};
    struct rollup_measure measures[] = {{"products", "products", ROLLUP_PRODUCTS},
                                        {"orders", "orders", ROLLUP_ORDERS},
                                        {"profit", "profit", ROLLUP_SUM}};
    struct rollup rollup = {
        .name = "r", .dimensions = by, .dimension_count = 1, .measures = measures, .measure_count = 3};
    static const char *const wanted[] = {"{ \"d\" : null, \"a\" : 9, \"b\" : 1, \"c\" : null }"};
    struct order_reading reading;
    struct order_part part;
    struct cells cells;
    struct error err = {0};
    bson_t *order = order_with(NULL, 0), projection = BSON_INITIALIZER;
    char *json;
    order_reading_init(&reading);
    ck_assert(order_part_init(&part, &reading, &rollup, &err));
    order_reading_projection(&reading, &projection);
    json = bson_as_relaxed_extended_json(&projection, NULL);
    ck_assert_str_eq(json, "{ \"_id\" : 0, \"day\" : 1, \"state\" : 1, \"products\" : 1, \"profit\" : 1 }");
    cells_init(&cells, part.dictionaries, 1, 3);
    ck_assert(order_read(&reading, order));
    order_add(&reading, &part, &cells, 0);
    check_cells(&cells, wanted, 1);
    bson_free(json);
    bson_destroy(&projection);
    bson_destroy(order);
    cells_release(&cells);
    order_part_release(&part);
    order_reading_release(&reading);
}
END_TEST

START_TEST(a_path_that_leads_deeper_is_refused)
{
    struct field by[] = {dimension("type", "payments.type", false)};
    struct rollup rollup = {.name = "ours", .dimensions = by, .dimension_count = 1};
    struct order_reading reading;
    struct order_part part;
    struct error err = {0};
    order_reading_init(&reading);
    ck_assert(!order_part_init(&part, &reading, &rollup, &err));
    ck_assert(strstr(err.message, "ours") && strstr(err.message, "payments.type"));
    order_part_release(&part);
    order_reading_release(&reading);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rollup_orders");
    tcase_add_test(tests, an_order_counts_once_in_a_row_and_so_does_its_product);
    tcase_add_test(tests, an_order_with_hundreds_of_lines_is_summed);
    tcase_add_test(tests, an_order_without_lines_has_no_row_of_lines);
    tcase_add_test(tests, a_row_of_orders_takes_what_orders_say_and_what_is_missing_is_null);
    tcase_add_test(tests, a_path_that_leads_deeper_is_refused);
    return run_case(tests, "rollup_orders");
}

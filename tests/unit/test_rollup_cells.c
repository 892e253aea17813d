#include "loader/rollup_cells.h"
#include "tests/unit/suite.h"
#include <stdlib.h>

static struct sum money(const char *text)
{
    struct decimal d;
    ck_assert(decimal_parse(text, strlen(text), (struct decimal_format){'.', 0}, &d));
    return (struct sum){d.coefficient, d.scale, true, true};
}

/* What is stored of a sum, as Extended JSON. */
static void check_stored(const struct sum *sum, const char *wanted)
{
    bson_t doc = BSON_INITIALIZER;
    char *json;
    sum_append(sum, &doc, "v", 1);
    json = bson_as_relaxed_extended_json(&doc, NULL);
    ck_assert_str_eq(json, wanted);
    bson_free(json);
    bson_destroy(&doc);
}

START_TEST(sums_are_exact_and_without_trailing_zeros)
{
    struct sum sum = {0}, a = money("0.1"), b = money("12345678901234567890123456789.2"), c = money("0.7");
    ck_assert(sum_add(&sum, &a) && sum_add(&sum, &b) && sum_add(&sum, &c));
    check_stored(&sum, "{ \"v\" : { \"$numberDecimal\" : \"12345678901234567890123456790\" } }");
}
END_TEST

START_TEST(nothing_but_nulls_is_null_and_a_null_changes_no_sum)
{
    struct sum sum = {0}, null = {0}, a = money("5.50");
    ck_assert(sum_add(&sum, &null));
    check_stored(&sum, "{ \"v\" : null }");
    ck_assert(sum_add(&sum, &a) && sum_add(&sum, &null));
    check_stored(&sum, "{ \"v\" : { \"$numberDecimal\" : \"5.5\" } }");
}
END_TEST

START_TEST(integers_stay_integers)
{
    struct sum sum = sum_of_count(INT32_MAX), one = sum_of_count(1);
    check_stored(&sum, "{ \"v\" : 2147483647 }");
    ck_assert(sum_add(&sum, &one));
    check_stored(&sum, "{ \"v\" : 2147483648 }");
}
END_TEST

START_TEST(a_sum_that_no_decimal_holds_is_refused)
{
    struct sum sum = money("9999999999999999999999999999999999"), a = money("0.1");
    struct sum before = sum;
    ck_assert(!sum_add(&sum, &a));
    ck_assert(memcmp(&sum.coefficient, &before.coefficient, sizeof sum.coefficient) == 0);
}
END_TEST

static const struct {
    const char *json;
    bool ok, known;
} numbers[] = {
    {"{\"v\": 3}", true, true},
    {"{\"v\": null}", true, false},
    {"{\"v\": {\"$numberDecimal\": \"1.5\"}}", true, true},
    {"{\"v\": {\"$numberDecimal\": \"NaN\"}}", false, false},
    {"{\"v\": 1.5}", false, false},
    {"{\"v\": \"3\"}", false, false},
};

START_TEST(only_what_can_be_summed_exactly_is_a_number)
{
    bson_t *doc = bson_new_from_json((const uint8_t *)numbers[_i].json, -1, NULL);
    bson_iter_t it;
    struct sum sum;
    ck_assert(bson_iter_init_find(&it, doc, "v"));
    ck_assert_int_eq(sum_read(&it, &sum), numbers[_i].ok);
    ck_assert_int_eq(sum.known, numbers[_i].known);
    bson_destroy(doc);
}
END_TEST

/* A table of one dimension and one measure, with a dictionary of its own. */
struct table {
    struct dictionary values, *dictionaries[1];
    struct cells cells;
};

static void table_init(struct table *t)
{
    dictionary_init(&t->values);
    t->dictionaries[0] = &t->values;
    cells_init(&t->cells, t->dictionaries, 1, 1);
}

static void table_release(struct table *t)
{
    cells_release(&t->cells);
    dictionary_release(&t->values);
}

static void add(struct table *t, int64_t day, const char *value, int64_t count)
{
    bson_t *doc = BCON_NEW("v", BCON_UTF8(value));
    bson_iter_t it;
    struct sum sum = sum_of_count(count);
    uint32_t key[2] = {cells_period(day), 0};
    ck_assert(bson_iter_init_find(&it, doc, "v") && dictionary_take(&t->values, &it, &key[1]));
    ck_assert(sum_add(cells_sums(&t->cells, cells_find(&t->cells, key)), &sum));
    bson_destroy(doc);
}

static uint32_t in_one(uint32_t period)
{
    (void)period;
    return cells_period(-1);
}

START_TEST(cells_are_sorted_by_day_and_value)
{
    struct table t;
    const uint32_t *order;
    table_init(&t);
    add(&t, 1, "a", 0);
    add(&t, -1, "b", 1);
    add(&t, -1, "a", 2);
    add(&t, 1, "a", 3);
    order = cells_sort(&t.cells);
    ck_assert_uint_eq(t.cells.count, 3);
    ck_assert_int_eq((int)cells_sums(&t.cells, order[0])->coefficient, 2);
    ck_assert_int_eq((int)cells_sums(&t.cells, order[1])->coefficient, 1);
    ck_assert_int_eq((int)cells_sums(&t.cells, order[2])->coefficient, 3);
    table_release(&t);
}
END_TEST

START_TEST(tables_add_up_whatever_their_dictionaries)
{
    enum { MANY = 3000 };
    static const size_t first[] = {0};
    const struct cells_part same = {first, first};
    struct table from, to;
    table_init(&from);
    table_init(&to);
    add(&to, -1, "b", 10);
    for (int i = 0; i < MANY; i++)
        add(&from, i, i % 2 ? "a" : "b", 1);
    cells_add(&to.cells, &from.cells, &same, in_one);
    ck_assert_uint_eq(to.cells.count, 2);
    ck_assert_int_eq((int)cells_sums(&to.cells, 0)->coefficient, 10 + MANY / 2);
    ck_assert_int_eq((int)cells_sums(&to.cells, 1)->coefficient, MANY / 2);
    cells_clear(&to.cells);
    add(&to, 7, "a", 1);
    ck_assert_uint_eq(to.cells.count, 1);
    table_release(&to);
    table_release(&from);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rollup_cells");
    tcase_add_test(tests, sums_are_exact_and_without_trailing_zeros);
    tcase_add_test(tests, nothing_but_nulls_is_null_and_a_null_changes_no_sum);
    tcase_add_test(tests, integers_stay_integers);
    tcase_add_test(tests, a_sum_that_no_decimal_holds_is_refused);
    tcase_add_loop_test(tests, only_what_can_be_summed_exactly_is_a_number, 0, COUNT(numbers));
    tcase_add_test(tests, cells_are_sorted_by_day_and_value);
    tcase_add_test(tests, tables_add_up_whatever_their_dictionaries);
    return run_case(tests, "rollup_cells");
}

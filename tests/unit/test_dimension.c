#include "loader/dimension.h"
#include "tests/unit/suite.h"
#include <stdio.h>

static enum dimension_result add(struct dimension *d, const char *id, const char *name)
{
    struct value values[SELLER_FIELDS] = {value_text(text_of(id)), value_text(text_of(name)), value_null()};
    return dimension_add(d, values, 3, true);
}

START_TEST(rows_are_found_by_key_however_many)
{
    enum { MANY = 20000 };
    struct dimension d;
    struct value values[SELLER_FIELDS];
    char id[32];
    dimension_init(&d, KIND_SELLER);
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "S%d", i);
        ck_assert_int_eq(add(&d, id, id), DIMENSION_ADDED);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "S%d", i);
        ck_assert_int_eq(dimension_find(&d, text_of(id)), i);
        dimension_values(&d, i, values);
        ck_assert(text_equal(values[SELLER_NAME].text, text_of(id)));
    }
    ck_assert_int_eq(dimension_find(&d, text_of("S")), DIMENSION_NONE);
    ck_assert_int_eq(dimension_find(&d, text_of("S20000")), DIMENSION_NONE);
    dimension_release(&d);
}
END_TEST

START_TEST(first_row_of_a_key_stays)
{
    struct dimension d;
    struct value values[SELLER_FIELDS];
    dimension_init(&d, KIND_SELLER);
    ck_assert_int_eq(add(&d, "S1", "One"), DIMENSION_ADDED);
    ck_assert_int_eq(add(&d, "S1", "One"), DIMENSION_SAME);
    ck_assert_int_eq(add(&d, "S1", "Two"), DIMENSION_DIFFERS);
    dimension_values(&d, 0, values);
    ck_assert(text_equal(values[SELLER_NAME].text, text_of("One")));
    ck_assert_uint_eq(d.count, 1);
    ck_assert_uint_eq(d.rows[0].file, 3);
    dimension_release(&d);
}
END_TEST

START_TEST(what_the_database_holds_gives_way_to_what_a_file_says)
{
    struct dimension d;
    struct value stored[SELLER_FIELDS] = {value_text(text_of("S1")), value_text(text_of("Old")), value_null()},
                 now[SELLER_FIELDS];
    dimension_init(&d, KIND_SELLER);
    ck_assert_int_eq(dimension_add(&d, stored, DIMENSION_STORED, false), DIMENSION_ADDED);
    ck_assert_uint_eq(d.rows[0].file, DIMENSION_STORED);
    ck_assert_int_eq(add(&d, "S1", "New"), DIMENSION_ADDED);
    ck_assert_uint_eq(d.count, 1);
    ck_assert_uint_eq(d.rows[0].file, 3);
    ck_assert_int_eq(dimension_add(&d, stored, DIMENSION_STORED, false), DIMENSION_DIFFERS);
    dimension_values(&d, 0, now);
    ck_assert(text_equal(now[SELLER_NAME].text, text_of("New")));
    dimension_release(&d);
}
END_TEST

START_TEST(later_file_replaces_and_the_row_keeps_its_number)
{
    struct dimension d;
    struct value later[SELLER_FIELDS] = {value_text(text_of("S1")), value_text(text_of("Two")), value_null()},
                 now[SELLER_FIELDS];
    dimension_init(&d, KIND_SELLER);
    add(&d, "S0", "Zero");
    add(&d, "S1", "One");
    dimension_replace(&d, later, 4);
    dimension_values(&d, 1, now);
    ck_assert(text_equal(now[SELLER_NAME].text, text_of("Two")));
    ck_assert_uint_eq(d.rows[1].file, 4);
    ck_assert_uint_eq(d.rows[1].counted, 3);
    ck_assert_int_eq(dimension_find(&d, text_of("S1")), 1);
    dimension_release(&d);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("dimension");
    tcase_add_test(tests, rows_are_found_by_key_however_many);
    tcase_add_test(tests, first_row_of_a_key_stays);
    tcase_add_test(tests, what_the_database_holds_gives_way_to_what_a_file_says);
    tcase_add_test(tests, later_file_replaces_and_the_row_keeps_its_number);
    return run_case(tests, "dimension");
}

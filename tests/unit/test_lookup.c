#include "loader/lookup.h"
#include "tests/unit/suite.h"
#include <stdio.h>

static struct value number(int64_t n)
{
    return value_number(decimal_from_int(n));
}

static enum lookup_result add(struct lookup *l, const char *key, struct value a, struct value b)
{
    struct value values[] = {a, b};
    return lookup_add(l, text_of(key), values);
}

static const bool no_sums[] = {false, false}, second_summed[] = {false, true};

START_TEST(first_row_of_a_key_says_its_values)
{
    struct lookup *l = lookup_new(2, no_sums);
    ck_assert_int_eq(add(l, "a", value_text(text_of("x")), number(1)), LOOKUP_ADDED);
    ck_assert_int_eq(add(l, "a", value_text(text_of("x")), number(1)), LOOKUP_SAME);
    ck_assert_int_eq(add(l, "a", value_text(text_of("y")), number(1)), LOOKUP_DIFFERS);
    ck_assert_int_eq(add(l, "b", value_null(), number(2)), LOOKUP_ADDED);
    ck_assert(text_equal(lookup_get(l, text_of("a"), 0).text, text_of("x")));
    ck_assert_int_eq((int)lookup_get(l, text_of("b"), 1).number.coefficient, 2);
    ck_assert_int_eq(lookup_get(l, text_of("b"), 0).type, VALUE_NULL);
    ck_assert_int_eq(lookup_get(l, text_of("c"), 0).type, VALUE_NULL);
    ck_assert_uint_eq(lookup_count(l), 2);
    lookup_free(l);
}
END_TEST

START_TEST(every_row_adds_to_a_sum)
{
    struct lookup *l = lookup_new(2, second_summed);
    ck_assert_int_eq(add(l, "a", value_text(text_of("x")), value_null()), LOOKUP_ADDED);
    ck_assert_int_eq(lookup_get(l, text_of("a"), 1).type, VALUE_NULL);
    ck_assert_int_eq(add(l, "a", value_text(text_of("x")), number(3)), LOOKUP_SAME);
    ck_assert_int_eq(add(l, "b", value_text(text_of("z")), number(100)), LOOKUP_ADDED);
    ck_assert_int_eq(add(l, "a", value_text(text_of("y")), number(4)), LOOKUP_DIFFERS);
    ck_assert_int_eq((int)lookup_get(l, text_of("a"), 1).number.coefficient, 7);
    ck_assert_int_eq((int)lookup_get(l, text_of("b"), 1).number.coefficient, 100);
    ck_assert(text_equal(lookup_get(l, text_of("a"), 0).text, text_of("x")));
    lookup_free(l);
}
END_TEST

START_TEST(sum_of_too_many_digits_is_said)
{
    struct lookup *l = lookup_new(2, second_summed);
    struct decimal large = {0, 0}, ten = decimal_from_int(10);
    large.coefficient = 9;
    for (int i = 1; i < DECIMAL_DIGITS; i++)
        ck_assert(decimal_multiply(large, ten, &large));
    ck_assert_int_eq(add(l, "a", value_null(), value_number(large)), LOOKUP_ADDED);
    ck_assert_int_eq(add(l, "a", value_null(), value_number(large)), LOOKUP_OVERFLOW);
    ck_assert(lookup_get(l, text_of("a"), 1).number.coefficient == large.coefficient);
    lookup_free(l);
}
END_TEST

START_TEST(many_keys_take_few_bytes)
{
    struct lookup *l = lookup_new(2, no_sums);
    struct decimal degrees = {-23123456789012345, 15};
    char key[16];
    for (int i = 0; i < 200000; i++) {
        snprintf(key, sizeof key, "%05d", i);
        ck_assert_int_eq(add(l, key, value_number(degrees), value_number(degrees)), LOOKUP_ADDED);
    }
    for (int i = 0; i < 200000; i += 997) {
        snprintf(key, sizeof key, "%05d", i);
        ck_assert(lookup_get(l, text_of(key), 1).number.coefficient == degrees.coefficient);
    }
    ck_assert_uint_lt(lookup_bytes(l), 200000 * 80);
    lookup_free(l);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lookup");
    tcase_add_test(tests, first_row_of_a_key_says_its_values);
    tcase_add_test(tests, every_row_adds_to_a_sum);
    tcase_add_test(tests, sum_of_too_many_digits_is_said);
    tcase_add_test(tests, many_keys_take_few_bytes);
    return run_case(tests, "lookup");
}

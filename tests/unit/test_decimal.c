#include "core/decimal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct decimal_format plain = {'.', 0};
static const struct decimal_format european = {',', '.'};

static struct decimal parsed(const char *text)
{
    struct decimal d = {0, 0};
    ck_assert_msg(decimal_parse(text, strlen(text), plain, &d), "%s is not read", text);
    return d;
}

static void assert_text(struct decimal d, const char *expected)
{
    char text[DECIMAL_TEXT_MAX];
    ck_assert_uint_eq(decimal_text(d, text), strlen(expected));
    ck_assert_str_eq(text, expected);
}

static const struct {
    const char *in, *out;
} round_trips[] = {
    {"0", "0"},
    {"-0", "0"},
    {"0.00", "0"},
    {"5.10", "5.1"},
    {"-383.031", "-383.031"},
    {".5", "0.5"},
    {"5.", "5"},
    {"+7", "7"},
    {"1.5e3", "1500"},
    {"1E-3", "0.001"},
    {"0e9999", "0"},
    {"0.0000000000000000000000000000000001", "0.0000000000000000000000000000000001"},
    {"9999999999999999999999999999999999", "9999999999999999999999999999999999"},
    {"2297200.8603", "2297200.8603"},
    {"-9223372036854775808.00", "-9223372036854775808"},
    {"92233720368547758080.00", "92233720368547758080"},
    {"-18446744073709551616.010", "-18446744073709551616.01"},
};

START_TEST(number_keeps_its_digits)
{
    assert_text(parsed(round_trips[_i].in), round_trips[_i].out);
}
END_TEST

static const char *const not_numbers[] = {"",
                                          " 1",
                                          "1 ",
                                          "abc",
                                          "1.2.3",
                                          "--1",
                                          "1e",
                                          "e5",
                                          ".",
                                          "-",
                                          "1,5",
                                          "1e999",
                                          "0x10",
                                          "NaN",
                                          "1_000",
                                          "1e-99",
                                          "inf",
                                          "1e+",
                                          "99999999999999999999999999999999999"};

START_TEST(double_is_the_nearest)
{
    static const char *const texts[] = {"0",
                                        "-23.545621279",
                                        "45.75",
                                        "4.85",
                                        "0.0000000000000000000000000000000001",
                                        "9007199254740993",
                                        "0.1",
                                        "9999999999999999999999999999999999",
                                        "-0.3"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert(decimal_to_double(parsed(texts[i])) == strtod(texts[i], NULL));
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    struct decimal d;
    ck_assert(!decimal_parse(not_numbers[_i], strlen(not_numbers[_i]), plain, &d));
}
END_TEST

START_TEST(thousands_are_read_in_groups_of_three)
{
    struct decimal d;
    ck_assert(decimal_parse("1.234.567,89", 12, european, &d));
    assert_text(d, "1234567.89");
    ck_assert(decimal_parse("12.345", 6, european, &d));
    assert_text(d, "12345");
    ck_assert(!decimal_parse("1.23,4", 6, european, &d));
    ck_assert(!decimal_parse("1234.567,8", 10, european, &d));
    ck_assert(!decimal_parse(".123", 4, european, &d));
}
END_TEST

START_TEST(arithmetic_is_exact)
{
    struct decimal d;
    ck_assert(decimal_add(parsed("0.1"), parsed("0.2"), &d));
    assert_text(d, "0.3");
    ck_assert(decimal_subtract(parsed("261.96"), parsed("300"), &d));
    assert_text(d, "-38.04");
    ck_assert(decimal_multiply(parsed("19.99"), parsed("-3"), &d));
    assert_text(d, "-59.97");
    ck_assert(decimal_add(parsed("1e29"), parsed("0.0001"), &d) && d.scale == 4);
}
END_TEST

START_TEST(division_rounds_half_to_even)
{
    struct decimal d;
    ck_assert(decimal_divide(parsed("1"), parsed("8"), 2, &d));
    assert_text(d, "0.12");
    ck_assert(decimal_divide(parsed("3"), parsed("8"), 2, &d));
    assert_text(d, "0.38");
    ck_assert(decimal_divide(parsed("-1"), parsed("3"), 4, &d));
    assert_text(d, "-0.3333");
    ck_assert(decimal_divide(parsed("957.5775"), parsed("0.55"), 4, &d));
    assert_text(d, "1741.05");
    ck_assert(decimal_divide(parsed("1"), parsed("-8"), 2, &d));
    assert_text(d, "-0.12");
    ck_assert(!decimal_divide(parsed("1"), parsed("0.00"), 2, &d));
}
END_TEST

START_TEST(rounding_is_half_to_even)
{
    assert_text(decimal_round(parsed("2.345"), 2), "2.34");
    assert_text(decimal_round(parsed("2.355"), 2), "2.36");
    assert_text(decimal_round(parsed("-2.5"), 0), "-2");
    assert_text(decimal_round(parsed("2.5000001"), 0), "3");
    assert_text(decimal_round(parsed("7"), 2), "7");
}
END_TEST

START_TEST(overflow_is_refused_and_leaves_the_result_alone)
{
    struct decimal most = parsed("9999999999999999999999999999999999"), d = {42, 0};
    ck_assert(!decimal_add(most, parsed("1"), &d));
    ck_assert(!decimal_multiply(most, most, &d));
    ck_assert(!decimal_divide(most, parsed("0.001"), 20, &d));
    ck_assert(!decimal_add(most, parsed("0.1"), &d));
    ck_assert(d.coefficient == 42);
}
END_TEST

/* libbson's own codec is the independent answer. */
START_TEST(bson_agrees_with_libbson)
{
    bson_decimal128_t ours, theirs;
    struct decimal back;
    const char *text = round_trips[_i].out;
    decimal_to_bson(parsed(text), &ours);
    ck_assert(bson_decimal128_from_string(text, &theirs));
    ck_assert_uint_eq(ours.low, theirs.low);
    ck_assert_uint_eq(ours.high, theirs.high);
    ck_assert(decimal_from_bson(&theirs, &back));
    assert_text(back, text);
}
END_TEST

START_TEST(bson_with_any_exponent_is_read_or_refused)
{
    bson_decimal128_t bson;
    struct decimal d;
    ck_assert(bson_decimal128_from_string("1E+3", &bson) && decimal_from_bson(&bson, &d));
    assert_text(d, "1000");
    ck_assert(bson_decimal128_from_string("0E-6000", &bson) && decimal_from_bson(&bson, &d));
    assert_text(d, "0");
    ck_assert(bson_decimal128_from_string("-12.50", &bson) && decimal_from_bson(&bson, &d));
    assert_text(d, "-12.5");
    ck_assert(bson_decimal128_from_string("NaN", &bson) && !decimal_from_bson(&bson, &d));
    ck_assert(bson_decimal128_from_string("-Infinity", &bson) && !decimal_from_bson(&bson, &d));
    ck_assert(bson_decimal128_from_string("1E+6000", &bson) && !decimal_from_bson(&bson, &d));
    ck_assert(bson_decimal128_from_string("1E-100", &bson) && !decimal_from_bson(&bson, &d));
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(void)
{
    Suite *suite = suite_create("decimal");
    TCase *tc = tcase_create("decimal");
    SRunner *runner;
    int failed;
    tcase_add_test(tc, double_is_the_nearest);
    tcase_add_loop_test(tc, number_keeps_its_digits, 0, COUNT(round_trips));
    tcase_add_loop_test(tc, what_is_no_number_is_refused, 0, COUNT(not_numbers));
    tcase_add_test(tc, thousands_are_read_in_groups_of_three);
    tcase_add_test(tc, arithmetic_is_exact);
    tcase_add_test(tc, division_rounds_half_to_even);
    tcase_add_test(tc, rounding_is_half_to_even);
    tcase_add_test(tc, overflow_is_refused_and_leaves_the_result_alone);
    tcase_add_loop_test(tc, bson_agrees_with_libbson, 0, COUNT(round_trips));
    tcase_add_test(tc, bson_with_any_exponent_is_read_or_refused);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

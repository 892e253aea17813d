#include "loader/number.h"
#include "tests/unit/suite.h"

static const struct number_format point = {'.', 0, 0}, english = {'.', 0, ','}, german = {',', 0, '.'},
                                  french = {',', 0, ' '}, either = {',', '.', ' '}, swiss = {'.', 0, '\''};

static const struct {
    const char *text;
    const struct number_format *format;
    const char *value; /* NULL: refused */
} samples[] = {
    {"12.5", &point, "12.5"},
    {"12,5", &point, NULL},
    {"1,234.5", &english, "1234.5"},
    {"1.234,5", &german, "1234.5"},
    {"1.234", &german, "1234"},
    {"1 234,5", &french, "1234.5"},
    {"1\xc2\xa0"
     "234\xc2\xa0"
     "567,5",
     &french, "1234567.5"},
    {"1\xe2\x80\xaf"
     "234,5",
     &french, "1234.5"},
    {"-1 234,50", &french, "-1234.5"},
    {"1.234,5", &french, NULL},
    {"12 34,5", &french, NULL},
    {"1 234 ", &french, NULL},
    {"1234,5", &either, "1234.5"},
    {"1234.5", &either, "1234.5"},
    {"1 234.5", &either, "1234.5"},
    {"1.234,5", &either, NULL},
    {"1,2,3", &either, NULL},
    {"1'234.50", &swiss, "1234.5"},
    {"1\xe2\x80\x99"
     "234.5",
     &swiss, "1234.5"},
    {"1,234.5", &swiss, NULL},
    {"1 234.5", &swiss, NULL},
    {"", &french, NULL},
    {" ", &french, NULL},
    {"\xc2\xa0", &french, NULL},
    {"1\xc2", &french, NULL},
    {"1e3", &french, "1000"},
};

START_TEST(number_is_read_as_its_format_has_it)
{
    struct decimal number;
    struct fault fault;
    char text[DECIMAL_TEXT_MAX];
    bool ok = number_read(text_of(samples[_i].text), samples[_i].format, &number, &fault);
    ck_assert_msg(ok == !!samples[_i].value, "%s", samples[_i].text);
    if (ok) {
        decimal_text(number, text);
        ck_assert_str_eq(text, samples[_i].value);
    } else {
        ck_assert_int_eq(fault.reason, REASON_BAD_NUMBER);
    }
}
END_TEST

START_TEST(reason_says_what_is_wrong)
{
    struct decimal number;
    struct fault fault;
    char digits[400];
    ck_assert(!number_read(text_of("12x"), &german, &number, &fault));
    ck_assert_str_eq(fault.detail, "is not a number with ',' as its decimal point");
    ck_assert(!number_read(text_of("12x"), &either, &number, &fault));
    ck_assert_str_eq(fault.detail, "is not a number with ',' or '.' as its decimal point");
    memset(digits, '7', sizeof digits);
    ck_assert(!number_read((struct text){digits, 40}, &point, &number, &fault));
    ck_assert_str_eq(fault.detail, "has more than 34 digits");
    ck_assert(!number_read((struct text){digits, sizeof digits}, &either, &number, &fault));
    ck_assert_str_eq(fault.detail, "has more than 34 digits");
    digits[20] = 'x';
    ck_assert(!number_read((struct text){digits, 40}, &point, &number, &fault));
    ck_assert_str_eq(fault.detail, "is not a number with '.' as its decimal point");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("number");
    tcase_add_loop_test(tests, number_is_read_as_its_format_has_it, 0, COUNT(samples));
    tcase_add_test(tests, reason_says_what_is_wrong);
    return run_case(tests, "number");
}

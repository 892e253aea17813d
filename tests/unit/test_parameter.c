#include "core/parameter.h"
#include "tests/unit/unit.h"

static int64_t day_of(const char *text)
{
    int64_t first, last;
    ck_assert(day_parse(text, &first, &last));
    return first;
}

static const struct {
    enum period period;
    const char *as_of, *first, *last;
} ranges[] = {
    {PERIOD_LAST_7_DAYS, "2017-12-30", "2017-12-24", "2017-12-30"},
    {PERIOD_LAST_7_DAYS, "2024-03-03", "2024-02-26", "2024-03-03"},
    {PERIOD_LAST_7_DAYS, "2017-01-01", "2016-12-26", "2017-01-01"},
    {PERIOD_LAST_30_DAYS, "2017-01-15", "2016-12-17", "2017-01-15"},
    {PERIOD_LAST_30_DAYS, "2024-03-01", "2024-02-01", "2024-03-01"},
    {PERIOD_LAST_90_DAYS, "2017-03-31", "2017-01-01", "2017-03-31"},
    {PERIOD_LAST_90_DAYS, "2016-03-31", "2016-01-02", "2016-03-31"},
    {PERIOD_THIS_MONTH, "2017-12-31", "2017-12-01", "2017-12-31"},
    {PERIOD_THIS_MONTH, "2017-12-01", "2017-12-01", "2017-12-01"},
    {PERIOD_LAST_MONTH, "2017-01-31", "2016-12-01", "2016-12-31"},
    {PERIOD_LAST_MONTH, "2024-03-31", "2024-02-01", "2024-02-29"},
    {PERIOD_LAST_MONTH, "2017-03-01", "2017-02-01", "2017-02-28"},
    {PERIOD_THIS_QUARTER, "2017-12-31", "2017-10-01", "2017-12-31"},
    {PERIOD_THIS_QUARTER, "2017-04-01", "2017-04-01", "2017-04-01"},
    {PERIOD_LAST_QUARTER, "2017-01-01", "2016-10-01", "2016-12-31"},
    {PERIOD_LAST_QUARTER, "2017-06-30", "2017-01-01", "2017-03-31"},
    {PERIOD_LAST_QUARTER, "2017-12-31", "2017-07-01", "2017-09-30"},
    {PERIOD_THIS_YEAR, "2017-12-31", "2017-01-01", "2017-12-31"},
    {PERIOD_THIS_YEAR, "2017-01-01", "2017-01-01", "2017-01-01"},
    {PERIOD_LAST_YEAR, "2017-01-01", "2016-01-01", "2016-12-31"},
    {PERIOD_LAST_YEAR, "2016-12-31", "2015-01-01", "2015-12-31"},
};

START_TEST(period_is_counted_back_from_the_day)
{
    int64_t first, last;
    char text[DAY_TEXT_MAX];
    period_range(ranges[_i].period, day_of(ranges[_i].as_of), &first, &last);
    day_text(first, text);
    ck_assert_str_eq(text, ranges[_i].first);
    day_text(last, text);
    ck_assert_str_eq(text, ranges[_i].last);
}
END_TEST

START_TEST(no_period_is_empty_or_ends_after_its_day)
{
    for (int64_t day = day_of("2015-01-01"); day < day_of("2021-01-01"); day++) {
        int64_t first, last;
        period_range((enum period)_i, day, &first, &last);
        ck_assert(first <= last && last <= day);
    }
}
END_TEST

START_TEST(every_parameter_is_found_by_its_name_and_only_once)
{
    for (size_t i = 0; i < parameter_count; i++) {
        ck_assert_ptr_eq(parameter_find(parameters[i].name), &parameters[i]);
        ck_assert(*parameters[i].example && *parameters[i].text);
        ck_assert_int_eq(parameters[i].text[strlen(parameters[i].text) - 1], '.');
    }
}
END_TEST

START_TEST(other_names_are_no_parameters)
{
    static const char *const names[] = {"", "From", "from ", "fro", "fromm", "region[$ne]", "$where", "filter"};
    for (int i = 0; i < COUNT(names); i++)
        ck_assert_ptr_null(parameter_find(names[i]));
}
END_TEST

START_TEST(filters_are_the_dimensions_that_the_contract_lists)
{
    static const char *const names[] = {"region",      "country", "state",    "city",   "segment", "category",
                                        "subcategory", "product", "customer", "seller", "status"};
    size_t filters = 0;
    for (int i = 0; i < COUNT(names); i++)
        ck_assert_int_eq(parameter_find(names[i])->kind, PARAMETER_FILTER);
    for (size_t i = 0; i < parameter_count; i++)
        filters += parameters[i].kind == PARAMETER_FILTER;
    ck_assert_uint_eq(filters, COUNT(names));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("parameter");
    tcase_add_loop_test(tests, period_is_counted_back_from_the_day, 0, COUNT(ranges));
    tcase_add_loop_test(tests, no_period_is_empty_or_ends_after_its_day, 0, PERIOD_ALL);
    tcase_add_test(tests, every_parameter_is_found_by_its_name_and_only_once);
    tcase_add_test(tests, other_names_are_no_parameters);
    tcase_add_test(tests, filters_are_the_dimensions_that_the_contract_lists);
    return run_case(tests, "parameter");
}

#include "core/day.h"
#include "tests/unit/unit.h"

#include <time.h>

static void assert_civil(struct civil c, int year, int month, int day)
{
    ck_assert_int_eq(c.year, year);
    ck_assert_int_eq(c.month, month);
    ck_assert_int_eq(c.day, day);
}

static int64_t day_of(const char *text)
{
    int64_t first, last;
    ck_assert_msg(day_parse(text, &first, &last), "%s is not read", text);
    return first;
}

static void assert_day(int64_t day, const char *expected)
{
    char text[DAY_TEXT_MAX];
    day_text(day, text);
    ck_assert_str_eq(text, expected);
}

/* From the year 1601 to 2400: every day follows the one before, and the C library agrees. */
START_TEST(every_day_of_eight_centuries_comes_back)
{
    struct civil before = {1600, 12, 31};
    for (int64_t day = day_from_civil(1601, 1, 1); day < day_from_civil(2401, 1, 1); day++) {
        struct civil c = day_to_civil(day);
        time_t seconds = (time_t)day * 86400;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        assert_civil(c, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        ck_assert_int_eq(day_from_civil(c.year, c.month, c.day), day);
        ck_assert_int_eq(day_weekday(day), tm.tm_wday ? tm.tm_wday : 7);
        ck_assert(c.day == before.day + 1 || c.day == 1);
        before = c;
    }
}
END_TEST

START_TEST(days_before_the_year_one_come_back)
{
    for (int64_t day = -1000000; day < 1000000; day += 97) {
        struct civil c = day_to_civil(day);
        ck_assert_int_eq(day_from_civil(c.year, c.month, c.day), day);
    }
    assert_civil(day_to_civil(day_from_civil(0, 2, 29)), 0, 2, 29);
    assert_civil(day_to_civil(day_from_civil(-4, 2, 29)), -4, 2, 29);
    ck_assert_int_eq(day_from_civil(0, 3, 1) - day_from_civil(0, 2, 28), 2);
}
END_TEST

START_TEST(milliseconds_round_down_to_their_day)
{
    ck_assert_int_eq(day_to_ms(0), 0);
    ck_assert_int_eq(day_to_ms(-1), -86400000);
    ck_assert_int_eq(day_from_ms(-1), -1);
    ck_assert_int_eq(day_from_ms(-86400000), -1);
    ck_assert_int_eq(day_from_ms(-86400001), -2);
    ck_assert_int_eq(day_from_ms(86399999), 0);
    ck_assert_int_eq(day_from_ms(86400000), 1);
    ck_assert_int_eq(day_from_ms(day_to_ms(day_most)), day_most);
    ck_assert_int_eq(day_from_ms(INT64_MIN), INT64_MIN / 86400000 - 1);
}
END_TEST

static const struct {
    const char *text, *first, *last;
} readable[] = {
    {"2024-02-29", "2024-02-29", "2024-02-29"}, {"2000-02-29", "2000-02-29", "2000-02-29"},
    {"2017-12-31", "2017-12-31", "2017-12-31"}, {"2024-02", "2024-02-01", "2024-02-29"},
    {"2023-02", "2023-02-01", "2023-02-28"},    {"2017-12", "2017-12-01", "2017-12-31"},
    {"2017", "2017-01-01", "2017-12-31"},       {"1900-01-01", "1900-01-01", "1900-01-01"},
    {"1900", "1900-01-01", "1900-12-31"},       {"2199-12-31", "2199-12-31", "2199-12-31"},
    {"2199-12", "2199-12-01", "2199-12-31"},    {"2199", "2199-01-01", "2199-12-31"},
};

START_TEST(day_month_and_year_name_their_first_and_last_day)
{
    int64_t first, last;
    ck_assert(day_parse(readable[_i].text, &first, &last));
    assert_day(first, readable[_i].first);
    assert_day(last, readable[_i].last);
}
END_TEST

static const char *const unreadable[] = {
    "",           "2",           "20170",
    "2017-",      "2017-1",      "2017-1-1",
    "2017-01-1",  "2017-01-",    "2017-00",
    "2017-13",    "2017-01-00",  "2017-01-32",
    "2017-04-31", "2017-02-29",  "1900-02-29",
    "2100-02-29", "0000",        "1899",
    "1899-12-31", "2200",        "2200-01-01",
    "9999-12-31", "0001-01-01",  "2017/01/01",
    "2017-01/1",  "01-01-2017",  "2017-1a",
    "201a",       " 2017",       "2017 ",
    "+017",       "-017",        "2017-+1",
    "2017-01-+1", "2017--1-01",  "20170101",
    "17-01-01",   "2017-01-01T", "2017-01-01T00:00:00Z",
    "２０１７",   "2017-01-01 ", "2017-01\n01",
    "today",      "NaN",         "2017.01.01",
    "2017-W01",   "2017-99-99",
};

START_TEST(what_is_no_day_is_refused_and_nothing_is_set)
{
    int64_t first = 7, last = 7;
    ck_assert_msg(!day_parse(unreadable[_i], &first, &last), "'%s' is read", unreadable[_i]);
    ck_assert(first == 7 && last == 7);
}
END_TEST

/* Every YYYY-MM-DD of four years, existing or not, against a table of month lengths. */
START_TEST(only_days_that_exist_are_read)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const int years[] = {1900, 2000, 2023, 2024, 2100};
    int year = years[_i];
    bool leap = year == 2000 || year == 2024;
    for (int month = 0; month < 100; month++) {
        for (int day = 0; day < 100; day++) {
            char text[64];
            int64_t first, last;
            int length = month >= 1 && month <= 12 ? lengths[month - 1] + (month == 2 && leap) : 0;
            snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
            ck_assert_msg(day_parse(text, &first, &last) == (day >= 1 && day <= length), "%s", text);
        }
    }
}
END_TEST

START_TEST(bounds_are_the_days_they_claim_to_be)
{
    assert_day(day_least, "1900-01-01");
    assert_day(day_most, "2199-12-31");
}
END_TEST

static const struct {
    enum granularity granularity;
    const char *day, *start;
    int count;
    const char *shifted; /* the start, count periods later */
} periods[] = {
    {GRANULARITY_DAY, "2024-02-28", "2024-02-28", 2, "2024-03-01"},
    {GRANULARITY_DAY, "2024-01-01", "2024-01-01", -1, "2023-12-31"},
    /* Weeks of two years: ISO weeks begin on a Monday, whatever the year. */
    {GRANULARITY_WEEK, "2021-01-01", "2020-12-28", 1, "2021-01-04"},
    {GRANULARITY_WEEK, "2021-01-03", "2020-12-28", -1, "2020-12-21"},
    {GRANULARITY_WEEK, "2021-01-04", "2021-01-04", 52, "2022-01-03"},
    {GRANULARITY_WEEK, "2018-12-31", "2018-12-31", 0, "2018-12-31"},
    {GRANULARITY_WEEK, "1970-01-01", "1969-12-29", 1, "1970-01-05"},
    {GRANULARITY_WEEK, "2024-03-03", "2024-02-26", 1, "2024-03-04"},
    {GRANULARITY_MONTH, "2024-02-29", "2024-02-01", 1, "2024-03-01"},
    {GRANULARITY_MONTH, "2017-12-31", "2017-12-01", 1, "2018-01-01"},
    {GRANULARITY_MONTH, "2017-01-01", "2017-01-01", -1, "2016-12-01"},
    {GRANULARITY_MONTH, "2017-01-31", "2017-01-01", -13, "2015-12-01"},
    {GRANULARITY_MONTH, "1969-12-31", "1969-12-01", 25, "1972-01-01"},
    {GRANULARITY_QUARTER, "2017-03-31", "2017-01-01", -1, "2016-10-01"},
    {GRANULARITY_QUARTER, "2017-04-01", "2017-04-01", 1, "2017-07-01"},
    {GRANULARITY_QUARTER, "2017-12-31", "2017-10-01", 1, "2018-01-01"},
    {GRANULARITY_QUARTER, "2017-08-15", "2017-07-01", -7, "2015-10-01"},
    {GRANULARITY_YEAR, "2016-12-31", "2016-01-01", 1, "2017-01-01"},
    {GRANULARITY_YEAR, "2017-01-01", "2017-01-01", -17, "2000-01-01"},
    {GRANULARITY_YEAR, "1900-06-01", "1900-01-01", 299, "2199-01-01"},
};

START_TEST(period_holds_its_day_and_shifts_by_whole_periods)
{
    int64_t start = period_start(periods[_i].granularity, day_of(periods[_i].day));
    assert_day(start, periods[_i].start);
    assert_day(period_shift(periods[_i].granularity, start, periods[_i].count), periods[_i].shifted);
}
END_TEST

/* For 60 years of days: a day lies in its period, and shifting there and back is nothing. */
START_TEST(periods_join_without_gap_or_overlap)
{
    enum granularity g = (enum granularity)_i;
    for (int64_t day = day_of("1960-01-01"); day < day_of("2020-01-01"); day++) {
        int64_t start = period_start(g, day), next = period_shift(g, start, 1);
        ck_assert(start <= day && day < next);
        ck_assert_int_eq(period_start(g, next), next);
        ck_assert_int_eq(period_start(g, next - 1), start);
        ck_assert_int_eq(period_shift(g, next, -1), start);
        ck_assert_int_eq(period_shift(g, period_shift(g, start, 100), -100), start);
    }
}
END_TEST

START_TEST(any_day_at_all_has_a_text_of_ten_characters)
{
    static const int64_t days[] = {-106751991168, -1000000, -719529, 0, 2932896, 2932897, 106751991167};
    char text[DAY_TEXT_MAX];
    day_text(days[_i], text);
    ck_assert_uint_eq(strlen(text), 10);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("day");
    tcase_add_test(tests, every_day_of_eight_centuries_comes_back);
    tcase_add_test(tests, days_before_the_year_one_come_back);
    tcase_add_test(tests, milliseconds_round_down_to_their_day);
    tcase_add_loop_test(tests, day_month_and_year_name_their_first_and_last_day, 0, COUNT(readable));
    tcase_add_loop_test(tests, what_is_no_day_is_refused_and_nothing_is_set, 0, COUNT(unreadable));
    tcase_add_loop_test(tests, only_days_that_exist_are_read, 0, 5);
    tcase_add_test(tests, bounds_are_the_days_they_claim_to_be);
    tcase_add_loop_test(tests, period_holds_its_day_and_shifts_by_whole_periods, 0, COUNT(periods));
    tcase_add_loop_test(tests, periods_join_without_gap_or_overlap, 0, GRANULARITY_COUNT);
    tcase_add_loop_test(tests, any_day_at_all_has_a_text_of_ten_characters, 0, 7);
    return run_case(tests, "day");
}

#include "core/day.h"
#include "loader/time_dim.h"
#include "tests/unit/unit.h"

static void assert_row(int year, int month, int day, const char *expected)
{
    bson_t row = BSON_INITIALIZER;
    time_dim_row(day_from_civil(year, month, day), &row);
    assert_bson(&row, expected);
    bson_destroy(&row);
}

START_TEST(row_of_a_day)
{
    assert_row(2024, 2, 29,
               "{'_id': {'$date': '2024-02-29T00:00:00Z'}, 'date': '2024-02-29', 'year': 2024, 'quarter': 1,"
               " 'month': 2, 'month_name': 'February', 'year_month': '2024-02', 'day_of_month': 29,"
               " 'day_of_year': 60, 'iso_year': 2024, 'iso_week': 9, 'weekday': 4, 'weekday_name': 'Thursday',"
               " 'weekend': false}");
}
END_TEST

/* The examples of ISO 8601's weeks at https://en.wikipedia.org/wiki/ISO_week_date. */
static const struct {
    int year, month, day, iso_year, iso_week, weekday;
} weeks[] = {
    {1977, 1, 1, 1976, 53, 6},  {1977, 1, 2, 1976, 53, 7},   {1977, 12, 31, 1977, 52, 6}, {1978, 1, 1, 1977, 52, 7},
    {1978, 1, 2, 1978, 1, 1},   {1978, 12, 31, 1978, 52, 7}, {1979, 1, 1, 1979, 1, 1},    {1979, 12, 30, 1979, 52, 7},
    {1979, 12, 31, 1980, 1, 1}, {1980, 1, 1, 1980, 1, 2},    {1980, 12, 28, 1980, 52, 7}, {1980, 12, 29, 1981, 1, 1},
    {1981, 1, 1, 1981, 1, 4},   {1981, 12, 31, 1981, 53, 4}, {1982, 1, 3, 1981, 53, 7},   {1982, 1, 4, 1982, 1, 1},
};

static int32_t number(const bson_t *row, const char *key)
{
    bson_iter_t it;
    ck_assert(bson_iter_init_find(&it, row, key));
    return bson_iter_int32(&it);
}

START_TEST(weeks_are_those_of_iso_8601)
{
    bson_t row = BSON_INITIALIZER;
    time_dim_row(day_from_civil(weeks[_i].year, weeks[_i].month, weeks[_i].day), &row);
    ck_assert_int_eq(number(&row, "iso_year"), weeks[_i].iso_year);
    ck_assert_int_eq(number(&row, "iso_week"), weeks[_i].iso_week);
    ck_assert_int_eq(number(&row, "weekday"), weeks[_i].weekday);
    bson_destroy(&row);
}
END_TEST

START_TEST(quarters_have_three_months)
{
    for (int month = 1; month <= 12; month++) {
        bson_t row = BSON_INITIALIZER;
        time_dim_row(day_from_civil(2023, month, 1), &row);
        ck_assert_int_eq(number(&row, "quarter"), 1 + (month - 1) / 3);
        bson_destroy(&row);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("time_dim");
    tcase_add_test(tests, row_of_a_day);
    tcase_add_loop_test(tests, weeks_are_those_of_iso_8601, 0, COUNT(weeks));
    tcase_add_test(tests, quarters_have_three_months);
    return run_case(tests, "time_dim");
}

#include "core/compare.h"
#include "tests/unit/request.h"

static struct catalog *catalog;
static const struct definition *regions, *series, *segments;

static void load(void)
{
    catalog = shipped_catalog();
    regions = catalog_find(catalog, "sales-by-region");
    series = catalog_find(catalog, "sales-over-time");
    segments = catalog_find(catalog, "rfm-segments");
}

static void unload(void)
{
    catalog_release(catalog);
}

struct example {
    const char *last_day, *request, *from, *to;
};

static void assert_compares(const struct definition *d, const struct example *example)
{
    struct dataset dataset = dataset_of("2010-01-01", example->last_day);
    struct query query = request_of(d, &dataset, example->request), other;
    struct compared compared;
    char from[DAY_TEXT_MAX], to[DAY_TEXT_MAX];
    ck_assert_msg(compare_query(&query, &dataset, &compared) && compared.reached, "%s", example->request);
    ck_assert_msg(compared.partial == (query.has_to && query.to > dataset.last_day), "%s", example->request);
    other = compared.query;
    day_text(other.from, from);
    day_text(other.to, to);
    ck_assert_msg(strcmp(from, example->from) == 0 && strcmp(to, example->to) == 0, "%s: %s to %s", example->request,
                  from, to);
    ck_assert(other.has_from && other.has_to && other.compare == COMPARE_NONE && other.period == PERIOD_NONE);
    ck_assert(!other.has_as_of); /* neither of the two counts back from it */
}

#define PERIOD "compare=previous-period&"
#define YEAR   "compare=previous-year&"

/* Worked out with a calendar. */
static const struct example examples[] = {
    /* As many days, directly before. */
    {"2024-12-31", PERIOD "from=2024-03-10&to=2024-03-16", "2024-03-03", "2024-03-09"},
    {"2024-12-31", PERIOD "from=2024-03-01&to=2024-03-01", "2024-02-29", "2024-02-29"},
    {"2024-12-31", PERIOD "from=2024-03-01&to=2024-03-15", "2024-02-15", "2024-02-29"},
    {"2024-12-31", PERIOD "from=2023-12-30&to=2024-01-02", "2023-12-26", "2023-12-29"},
    {"2024-12-31", PERIOD "period=last-7-days", "2024-12-18", "2024-12-24"},
    {"2024-12-31", PERIOD "period=last-30-days", "2024-11-02", "2024-12-01"},
    {"2024-12-31", PERIOD "period=last-90-days", "2024-07-05", "2024-10-02"},
    /* 30 days that happen to be April. */
    {"2024-12-31", PERIOD "period=last-30-days&as_of=2024-04-30", "2024-03-02", "2024-03-31"},
    /* Whole months for whole months. */
    {"2024-12-31", PERIOD "from=2024-03&to=2024-03", "2024-02-01", "2024-02-29"},
    {"2024-12-31", PERIOD "from=2023-03&to=2023-03", "2023-02-01", "2023-02-28"},
    {"2024-12-31", PERIOD "from=2024-02&to=2024-02", "2024-01-01", "2024-01-31"},
    {"2024-12-31", PERIOD "from=2024-01&to=2024-01", "2023-12-01", "2023-12-31"},
    {"2024-12-31", PERIOD "from=2024-01&to=2024-03", "2023-10-01", "2023-12-31"},
    {"2024-12-31", PERIOD "from=2024&to=2024", "2023-01-01", "2023-12-31"},
    {"2024-12-31", PERIOD "from=2023&to=2024", "2021-01-01", "2022-12-31"},
    {"2024-12-31", PERIOD "from=2024", "2023-01-01", "2023-12-31"},
    {"2024-03-15", PERIOD "period=last-month", "2024-01-01", "2024-01-31"},
    {"2024-03-15", PERIOD "period=last-quarter", "2023-07-01", "2023-09-30"},
    {"2024-03-15", PERIOD "period=last-year", "2022-01-01", "2022-12-31"},
    /* What has passed of a month, a quarter, a year: the same days of the one before. */
    {"2024-03-15", PERIOD "period=this-month", "2024-02-01", "2024-02-15"},
    {"2024-03-30", PERIOD "period=this-month", "2024-02-01", "2024-02-29"},
    {"2023-03-29", PERIOD "period=this-month", "2023-02-01", "2023-02-28"},
    {"2024-03-31", PERIOD "period=this-month", "2024-02-01", "2024-02-29"},
    {"2024-04-30", PERIOD "period=this-month", "2024-03-01", "2024-03-31"},
    {"2024-04-29", PERIOD "period=this-month", "2024-03-01", "2024-03-29"},
    {"2024-01-10", PERIOD "period=this-month", "2023-12-01", "2023-12-10"},
    {"2024-05-31", PERIOD "period=this-quarter", "2024-01-01", "2024-02-29"},
    {"2024-02-10", PERIOD "period=this-quarter", "2023-10-01", "2023-11-10"},
    {"2024-06-30", PERIOD "period=this-quarter", "2024-01-01", "2024-03-31"},
    {"2024-02-29", PERIOD "period=this-year", "2023-01-01", "2023-02-28"},
    {"2025-02-28", PERIOD "period=this-year", "2024-01-01", "2024-02-28"},
    {"2024-12-31", PERIOD "period=this-year", "2023-01-01", "2023-12-31"},
    {"2024-12-31", PERIOD "period=this-month&as_of=2024-03-15", "2024-02-01", "2024-02-15"},
    /* The newest day cuts the range: the other is cut there too. */
    {"2024-12-20", PERIOD "from=2024-12&to=2024-12", "2024-11-01", "2024-11-20"},
    {"2024-03-31", PERIOD "from=2024-03-01&to=2024-04-15", "2024-01-15", "2024-02-14"},
    {"2024-12-30", PERIOD "from=2024&to=2024", "2023-01-01", "2023-12-30"},
    {"2024-11-30", PERIOD "from=2024-10&to=2024-12", "2024-07-01", "2024-08-31"},
    {"2024-02-29", PERIOD "from=2024&to=2024", "2023-01-01", "2023-02-28"},
    {"2024-03-10", PERIOD "from=2024-03-08&to=2024-03-14", "2024-03-01", "2024-03-03"},
    {"2024-01-10", PERIOD "period=this-month&as_of=2024-01-15", "2023-12-01", "2023-12-10"},
    {"2024-12-20", PERIOD "from=2024-12-11", "2024-12-01", "2024-12-10"},
    /* Of 46 days 20 are there: of the 46 before, the first 20. */
    {"2024-12-20", PERIOD "from=2024-12-01&to=2025-01-15", "2024-10-16", "2024-11-04"},
    {"2024-12-20", PERIOD "from=2024-12-20&to=2025-01-15", "2024-11-23", "2024-11-23"},
    {"2024-12-20", YEAR "from=2024-12-20&to=2025-01-15", "2023-12-20", "2023-12-20"},
    /* A year earlier, the same days. */
    {"2024-12-31", YEAR "from=2024-03-10&to=2024-03-16", "2023-03-10", "2023-03-16"},
    {"2024-12-31", YEAR "from=2024-02-29&to=2024-03-05", "2023-02-28", "2023-03-05"},
    {"2024-12-31", YEAR "from=2024-02&to=2024-02", "2023-02-01", "2023-02-28"},
    {"2025-12-31", YEAR "from=2025-02&to=2025-02", "2024-02-01", "2024-02-29"},
    {"2025-12-31", YEAR "from=2025-02-10&to=2025-02-28", "2024-02-10", "2024-02-28"},
    {"2024-12-31", YEAR "from=2023&to=2024", "2022-01-01", "2023-12-31"},
    {"2024-03-15", YEAR "period=this-month", "2023-03-01", "2023-03-15"},
    {"2024-03-15", YEAR "period=last-month", "2023-02-01", "2023-02-28"},
    {"2024-12-31", YEAR "period=last-7-days", "2023-12-25", "2023-12-31"},
    {"2024-12-20", YEAR "from=2024-12&to=2024-12", "2023-12-01", "2023-12-20"},
    {"2024-06-10", YEAR "from=2024&to=2024", "2023-01-01", "2023-06-10"},
};

START_TEST(range_is_compared_like_for_like)
{
    assert_compares(regions, &examples[_i]);
}
END_TEST

static const struct example series_examples[] = {
    {"2024-12-31", PERIOD "granularity=month&from=2024-03&to=2024-03", "2024-02-01", "2024-02-29"},
    {"2024-12-31", PERIOD "granularity=quarter&from=2024-01&to=2024-03", "2023-10-01", "2023-12-31"},
    {"2024-12-20", PERIOD "granularity=month&from=2024&to=2024", "2023-01-01", "2023-12-20"},
    /* By day, as many days. */
    {"2024-12-31", PERIOD "granularity=day&from=2024-03&to=2024-03", "2024-01-30", "2024-02-29"},
    {"2024-12-31", PERIOD "granularity=day&from=2024&to=2024", "2022-12-31", "2023-12-31"},
    {"2024-03-15", PERIOD "granularity=day&period=this-month", "2024-02-01", "2024-02-15"},
    {"2024-04-30", PERIOD "granularity=day&period=this-month", "2024-03-01", "2024-03-30"},
    {"2024-12-20", PERIOD "granularity=day&from=2024-12&to=2024-12", "2024-10-31", "2024-11-19"},
    {"2025-12-31", YEAR "granularity=day&from=2025-02&to=2025-02", "2024-02-01", "2024-02-28"},
    /* By week, whole weeks earlier: 31 days touch as many weeks 35 days before. */
    {"2024-12-31", PERIOD "granularity=week&from=2024-03&to=2024-03", "2024-01-26", "2024-02-25"},
    {"2024-12-31", PERIOD "granularity=week&from=2024-03-04&to=2024-03-17", "2024-02-19", "2024-03-03"},
};

START_TEST(time_series_is_compared_row_by_row)
{
    assert_compares(series, &series_examples[_i]);
}
END_TEST

/* Periods that rows are of, by counting. */
static int count_rows(enum granularity g, int64_t from, int64_t to)
{
    int count = 0;
    for (int64_t start = period_start(g, from); start <= to; start = period_shift(g, start, 1))
        count++;
    return count;
}

/* Ranges of all lengths up to 100 days that begin on any day of a year. */
START_TEST(previous_period_of_a_series_has_as_many_rows)
{
    struct dataset dataset = dataset_of("2010-01-01", "2030-12-31");
    static const char *const names[] = {"day", "week"};
    int64_t first = day_of("2024-01-01");
    for (int64_t from = first; from < first + 366; from++)
        for (int64_t days = 1; days <= 100; days++) {
            char text[128], from_text[DAY_TEXT_MAX], to_text[DAY_TEXT_MAX];
            struct query query, other;
            struct compared compared;
            day_text(from, from_text);
            day_text(from + days - 1, to_text);
            snprintf(text, sizeof text, PERIOD "granularity=%s&from=%s&to=%s", names[_i], from_text, to_text);
            query = request_of(series, &dataset, text);
            ck_assert(compare_query(&query, &dataset, &compared) && compared.reached);
            other = compared.query;
            ck_assert_msg(count_rows(query.granularity, query.from, query.to) ==
                              count_rows(query.granularity, other.from, other.to),
                          "%s", text);
            ck_assert_msg(other.to < query.from, "%s", text);
        }
}
END_TEST

START_TEST(nothing_is_compared_where_nothing_is_asked_for)
{
    struct dataset dataset = dataset_of("2010-01-01", "2024-12-31");
    struct query query = request_of(regions, &dataset, "from=2024");
    struct compared compared;
    ck_assert(!compare_query(&query, &dataset, &compared));
}
END_TEST

static const struct {
    const char *last_day, *request; /* NULL: there are no data */
} unreached[] = {
    {"2024-12-20", PERIOD "from=2024-12-21"},
    {"2024-12-20", PERIOD "from=2025-02-03"},
    {"2024-12-20", PERIOD "from=2025-02&to=2025-02"},
    {"2024-12-20", YEAR "from=2025&to=2025"},
    {"2024-12-20", PERIOD "period=this-month&as_of=2025-01-15"},
    {"2024-12-20", YEAR "period=last-7-days&as_of=2024-12-27"},
    {NULL, PERIOD "period=this-month"},
    {NULL, PERIOD "from=2024"},
    {NULL, YEAR "from=2024&to=2024"},
};

START_TEST(range_of_which_no_day_is_reached_is_compared_with_nothing)
{
    struct dataset dataset = {0};
    struct query query;
    struct compared compared;
    if (unreached[_i].last_day)
        dataset = dataset_of("2010-01-01", unreached[_i].last_day);
    query = request_of(regions, &dataset, unreached[_i].request);
    ck_assert(compare_query(&query, &dataset, &compared));
    ck_assert_msg(!compared.reached, "%s", unreached[_i].request);
}
END_TEST

/* The newest day, the request, and the day that the other range counts back from. */
static const struct {
    const char *last_day, *request, *as_of;
} moved[] = {
    /* What ends on the day that is counted back from has another that ends on its own. */
    {"2024-12-31", PERIOD "from=2024&to=2024", "2023-12-31"},
    {"2024-12-31", PERIOD "from=2024-03-10", "2024-03-09"},
    {"2024-12-31", YEAR "period=last-7-days", "2023-12-31"},
    {"2024-03-15", PERIOD "period=this-month", "2024-02-15"},
    {"2024-04-30", PERIOD "period=this-month", "2024-03-31"},
    {"2024-12-31", PERIOD "period=last-30-days&as_of=2024-03-15", "2024-02-14"},
    {"2024-12-31", PERIOD "from=2024-03-01&as_of=2024-03-15", "2024-02-29"},
    {"2024-12-20", PERIOD "from=2024-12&to=2024-12", "2024-11-20"},
    {"2024-12-20", PERIOD "from=2024-12-01&to=2025-01-15", "2024-11-04"},
    /* What ends before it: as far behind the other range. */
    {"2024-12-31", PERIOD "from=2023&to=2023", "2023-12-31"},
    {"2024-12-31", PERIOD "from=2024-03-10&to=2024-03-16", "2024-12-24"},
    {"2024-12-31", YEAR "from=2024-03-10&to=2024-03-16", "2023-12-31"},
    {"2024-03-15", PERIOD "period=last-month", "2024-02-15"},
    {"2024-12-31", PERIOD "from=2024-01&to=2024-02&as_of=2024-02-29", "2023-12-31"},
    {"2024-01-10", PERIOD "period=this-month&as_of=2024-01-15", "2023-12-15"},
};

START_TEST(day_that_is_counted_back_from_moves_with_the_range)
{
    struct dataset dataset = dataset_of("2010-01-01", moved[_i].last_day);
    struct query query = request_of(segments, &dataset, moved[_i].request);
    struct compared compared;
    char as_of[DAY_TEXT_MAX];
    ck_assert(compare_query(&query, &dataset, &compared) && compared.reached && compared.query.has_as_of);
    day_text(compared.query.as_of, as_of);
    ck_assert_msg(strcmp(as_of, moved[_i].as_of) == 0, "%s: %s", moved[_i].request, as_of);
    ck_assert_int_ge(compared.query.as_of, compared.query.to);
}
END_TEST

START_TEST(all_else_stays)
{
    struct dataset dataset = dataset_of("2010-01-01", "2024-12-31");
    struct query query =
        request_of(regions, &dataset, PERIOD "from=2024&region=West&region=East&sort=sales&limit=3&offset=2");
    struct query other;
    struct compared compared;
    ck_assert(compare_query(&query, &dataset, &compared) && compared.reached);
    other = compared.query;
    ck_assert_uint_eq(other.filter_count, 2);
    ck_assert_str_eq(other.filters[0].value, "East");
    ck_assert_int_eq(other.limit, 3);
    ck_assert_int_eq(other.offset, 2);
    ck_assert(!other.descending && other.sort == query.sort);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("compare");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_loop_test(tests, range_is_compared_like_for_like, 0, COUNT(examples));
    tcase_add_loop_test(tests, time_series_is_compared_row_by_row, 0, COUNT(series_examples));
    tcase_add_loop_test(tests, previous_period_of_a_series_has_as_many_rows, 0, 2);
    tcase_add_test(tests, nothing_is_compared_where_nothing_is_asked_for);
    tcase_add_loop_test(tests, range_of_which_no_day_is_reached_is_compared_with_nothing, 0, COUNT(unreached));
    tcase_add_loop_test(tests, day_that_is_counted_back_from_moves_with_the_range, 0, COUNT(moved));
    tcase_add_test(tests, all_else_stays);
    return run_case(tests, "compare");
}

#include "server/exposition.h"
#include "tests/unit/unit.h"

static struct buffer out;

static void begin(void)
{
    out = (struct buffer){0};
}

static void end(void)
{
    buffer_release(&out);
}

START_TEST(family_is_told_before_its_samples)
{
    expose_gauge(&out, "kpi_things", "Things that there are.", -3);
    expose_counter(&out, "kpi_events_total", "Events.", UINT64_C(1) << 40);
    ck_assert_str_eq(out.bytes, "# HELP kpi_things Things that there are.\n# TYPE kpi_things gauge\nkpi_things -3\n"
                                "# HELP kpi_events_total Events.\n# TYPE kpi_events_total counter\n"
                                "kpi_events_total 1099511627776\n");
}
END_TEST

START_TEST(label_may_hold_any_text)
{
    expose_number(&out, "x", &(struct label){"name", "a\"b\\c\nd é{}"}, 1);
    ck_assert_str_eq(out.bytes, "x{name=\"a\\\"b\\\\c\\nd é{}\"} 1\n");
}
END_TEST

START_TEST(buckets_hold_all_that_is_not_longer)
{
    struct histogram histogram = {0};
    histogram_add(&histogram, 0);
    histogram_add(&histogram, 100);
    histogram_add(&histogram, 101);
    histogram_add(&histogram, UINT64_C(10000001));
    expose_histogram(&out, "x", NULL, &histogram);
    ck_assert_ptr_nonnull(strstr(out.bytes, "x_bucket{le=\"0.0001\"} 2\nx_bucket{le=\"0.0005\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(out.bytes, "x_bucket{le=\"10\"} 3\nx_bucket{le=\"+Inf\"} 4\n"));
    ck_assert_ptr_nonnull(strstr(out.bytes, "x_sum 10.000202\nx_count 4\n"));
}
END_TEST

START_TEST(histogram_has_its_label_beside_the_bound)
{
    struct histogram histogram = {0};
    expose_histogram(&out, "x", &(struct label){"pool", "light"}, &histogram);
    ck_assert_ptr_nonnull(strstr(out.bytes, "x_bucket{pool=\"light\",le=\"0.005\"} 0\n"));
    ck_assert_ptr_nonnull(strstr(out.bytes, "x_sum{pool=\"light\"} 0.000000\nx_count{pool=\"light\"} 0\n"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("exposition");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, family_is_told_before_its_samples);
    tcase_add_test(tests, label_may_hold_any_text);
    tcase_add_test(tests, buckets_hold_all_that_is_not_longer);
    tcase_add_test(tests, histogram_has_its_label_beside_the_bound);
    return run_case(tests, "exposition");
}

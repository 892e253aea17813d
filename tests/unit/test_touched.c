#include "loader/touched.h"
#include "tests/unit/suite.h"

START_TEST(days_are_sorted_and_each_is_there_once)
{
    static const int64_t days[] = {5, 3, 9, 3, -1, 5, 7, 9, -1};
    static const int64_t sorted[] = {-1, 3, 5, 7, 9};
    struct touched_days touched = {0};
    for (size_t i = 0; i < COUNT(days); i++)
        touched_add(&touched, days[i]);
    ck_assert_uint_eq(touched.count, COUNT(sorted));
    for (size_t i = 0; i < COUNT(sorted); i++)
        ck_assert_int_eq(touched.days[i], sorted[i]);
    touched_release(&touched);
    ck_assert_uint_eq(touched.count, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("touched");
    tcase_add_test(tests, days_are_sorted_and_each_is_there_once);
    return run_case(tests, "touched");
}

#include "core/stopwatch.h"
#include "tests/unit/suite.h"

#include <time.h>

START_TEST(time_goes_forward_in_microseconds)
{
    const struct timespec pause = {0, 2000000};
    int64_t before = stopwatch_us();
    nanosleep(&pause, NULL);
    ck_assert_int_ge(stopwatch_us() - before, 2000);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stopwatch");
    tcase_add_test(tests, time_goes_forward_in_microseconds);
    return run_case(tests, "stopwatch");
}

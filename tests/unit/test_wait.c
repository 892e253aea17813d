#include "core/stopwatch.h"
#include "core/wait.h"
#include "tests/unit/suite.h"

#include <errno.h>

START_TEST(a_wait_ends_when_its_time_has_passed_and_not_before)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition;
    struct timespec until;
    int64_t before = stopwatch_us();
    wait_init(&condition);
    pthread_mutex_lock(&lock);
    until = wait_until(20);
    while (pthread_cond_timedwait(&condition, &lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&lock);
    ck_assert_int_ge(stopwatch_us() - before, 20000);
    pthread_cond_destroy(&condition);
}
END_TEST

START_TEST(seconds_are_carried)
{
    for (int ms = 0; ms < 3000; ms += 7) {
        struct timespec until = wait_until(ms);
        ck_assert_int_lt(until.tv_nsec, 1000000000L);
        ck_assert_int_ge(until.tv_sec * 1000000 + until.tv_nsec / 1000, stopwatch_us() + ms * 1000 - 1000000);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("wait");
    tcase_add_test(tests, a_wait_ends_when_its_time_has_passed_and_not_before);
    tcase_add_test(tests, seconds_are_carried);
    return run_case(tests, "wait");
}

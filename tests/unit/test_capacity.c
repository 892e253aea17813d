#include "server/capacity.h"
#include "tests/unit/unit.h"

enum { POOL = 11 };

START_TEST(most_that_is_of_use_needs_no_more_files)
{
    struct capacity plenty, endless;
    struct error err = {0};
    ck_assert(capacity_of(20000, POOL, &plenty, &err));
    ck_assert(capacity_of(~0ULL, POOL, &endless, &err));
    ck_assert_uint_eq(plenty.connections, endless.connections);
    ck_assert_uint_eq(plenty.listeners, endless.listeners);
    ck_assert_uint_lt(plenty.listeners, plenty.connections);
}
END_TEST

/* What is opened beside connections has room: the database's, at three a client, and those that are refused. */
START_TEST(connections_leave_files_for_the_rest)
{
    static const unsigned limits[] = {256, 1024, 4096};
    struct capacity capacity;
    struct error err = {0};
    for (size_t i = 0; i < COUNT(limits); i++) {
        ck_assert(capacity_of(limits[i], POOL, &capacity, &err));
        ck_assert_uint_le(capacity.connections + CAPACITY_REFUSALS + 3 * POOL, limits[i] - 32);
        ck_assert_uint_le(capacity.listeners, capacity.connections * 3 / 4);
    }
}
END_TEST

START_TEST(too_few_files_are_an_error_that_says_how_many_are_needed)
{
    struct capacity capacity;
    struct error err = {0};
    unsigned needed = 0;
    ck_assert(!capacity_of(0, POOL, &capacity, &err));
    ck_assert_int_eq(sscanf(strstr(err.message, "and "), "and %u are needed", &needed), 1);
    ck_assert(capacity_of(needed, POOL, &capacity, &err));
    ck_assert(!capacity_of(needed - 1, POOL, &capacity, &err));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("capacity");
    tcase_add_test(tests, most_that_is_of_use_needs_no_more_files);
    tcase_add_test(tests, connections_leave_files_for_the_rest);
    tcase_add_test(tests, too_few_files_are_an_error_that_says_how_many_are_needed);
    return run_case(tests, "capacity");
}

#include "loader/rejects.h"
#include "tests/unit/suite.h"

static const struct {
    const char *limit;
    uint64_t rejected, read;
    bool all_read, too_many;
} cases[] = {
    {"10%", 100, 1000, false, false}, {"10%", 101, 1000, false, true}, {"10%", 101, 999, false, false},
    {"10%", 100, 999, true, true},    {"0%", 1, 10, true, true},       {"0%", 0, 10, true, false},
    {"0.5%", 5, 1000, true, false},   {"0.5%", 6, 1000, true, true},   {"100%", 10, 10, true, false},
    {"0", 1, 5, false, true},         {"0", 0, 5, true, false},        {"25", 25, 30, true, false},
    {"25", 26, 1000000, false, true},
};

START_TEST(limit_is_kept)
{
    struct rejects rejects = {.count = cases[_i].rejected};
    struct error err = {0};
    ck_assert(reject_limit_parse(cases[_i].limit, &rejects.limit, &err));
    ck_assert_int_eq(rejects_too_many(&rejects, cases[_i].read, cases[_i].all_read, &err), cases[_i].too_many);
    if (cases[_i].too_many)
        ck_assert_ptr_nonnull(strstr(err.message, cases[_i].limit));
}
END_TEST

static const char *const bad_limits[] = {"", "%", "many", "-1", "-1%", "1.5", "10 %", "%10"};

START_TEST(bad_limit_is_refused)
{
    struct reject_limit limit;
    struct error err = {0};
    ck_assert(!reject_limit_parse(bad_limits[_i], &limit, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "--max-rejects"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rejects");
    tcase_add_loop_test(tests, limit_is_kept, 0, COUNT(cases));
    tcase_add_loop_test(tests, bad_limit_is_refused, 0, COUNT(bad_limits));
    return run_case(tests, "rejects");
}

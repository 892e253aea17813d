#include "server/throttle.h"
#include "tests/unit/unit.h"

enum { SECOND = 1000000 };

static struct throttle *throttle;

static bool take(const char *id, uint64_t now_us, struct throttle_state *state)
{
    return throttle_take(throttle, id, strlen(id), now_us, state);
}

static void end(void)
{
    throttle_free(throttle);
    throttle = NULL;
}

START_TEST(a_burst_passes_and_no_more)
{
    struct throttle_state state;
    throttle = throttle_new(1, 1, 3);
    for (unsigned left = 3; left-- > 0;) {
        ck_assert(take("a", SECOND, &state));
        ck_assert_uint_eq(state.limit, 3);
        ck_assert_uint_eq(state.remaining, left);
        ck_assert_uint_eq(state.retry_s, 0);
        ck_assert_uint_eq(state.full_s, 3 - left);
    }
    ck_assert(!take("a", SECOND, &state));
    ck_assert_uint_eq(state.remaining, 0);
    ck_assert_uint_eq(state.retry_s, 1);
    end();
}
END_TEST

START_TEST(tokens_come_back_with_time_up_to_the_burst)
{
    throttle = throttle_new(2, 1, 4);
    for (int i = 0; i < 4; i++)
        ck_assert(take("a", SECOND, NULL));
    ck_assert(!take("a", SECOND + SECOND / 2 - 1, NULL));
    ck_assert(take("a", SECOND + SECOND / 2, NULL));
    ck_assert(!take("a", SECOND + SECOND / 2, NULL));
    for (int i = 0; i < 4; i++)
        ck_assert(take("a", 1000 * (uint64_t)SECOND, NULL));
    ck_assert(!take("a", 1000 * (uint64_t)SECOND, NULL));
    end();
}
END_TEST

START_TEST(a_refusal_costs_nothing)
{
    throttle = throttle_new(1, 1, 1);
    ck_assert(take("a", SECOND, NULL));
    for (int i = 0; i < 1000; i++)
        ck_assert(!take("a", SECOND + SECOND / 2, NULL));
    ck_assert(take("a", 2 * SECOND, NULL));
    end();
}
END_TEST

START_TEST(each_id_has_its_own)
{
    throttle = throttle_new(1, 1, 1);
    ck_assert(take("a", SECOND, NULL));
    ck_assert(take("b", SECOND, NULL));
    ck_assert(!take("a", SECOND, NULL));
    end();
}
END_TEST

/* Requests carry the time at which they came, and may be looked at in another order. */
START_TEST(a_time_that_goes_back_gives_no_token)
{
    throttle = throttle_new(1, 1, 2);
    ck_assert(take("a", 10 * SECOND, NULL));
    ck_assert(take("a", 10 * SECOND, NULL));
    ck_assert(!take("a", 9 * SECOND, NULL));
    ck_assert(!take("a", 0, NULL));
    ck_assert(take("a", 11 * SECOND, NULL));
    end();
}
END_TEST

START_TEST(extremes_do_not_overflow)
{
    struct throttle_state state;
    throttle = throttle_new(1000000, 1, 1000000);
    for (int i = 0; i < 1000; i++)
        ck_assert(take("a", UINT64_C(86400) * 36500 * SECOND, &state));
    ck_assert_uint_le(state.full_s, 1);
    end();
    throttle = throttle_new(1, 1, 1000000);
    ck_assert(take("a", UINT64_C(86400) * 36500 * SECOND, &state));
    ck_assert_uint_eq(state.remaining, 999999);
    end();
}
END_TEST

/* Whoever has asked of late is remembered, however many others come and go. */
START_TEST(many_ids_push_out_those_that_are_quiet_first)
{
    char id[32];
    throttle = throttle_new(1, 3600, 2);
    ck_assert(take("busy", SECOND, NULL));
    ck_assert(take("busy", SECOND, NULL));
    for (int i = 0; i < 100000; i++) {
        snprintf(id, sizeof id, "%d", i);
        ck_assert(take(id, SECOND, NULL));
    }
    ck_assert(!take("busy", SECOND, NULL));
    end();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("throttle");
    tcase_add_test(tests, a_burst_passes_and_no_more);
    tcase_add_test(tests, tokens_come_back_with_time_up_to_the_burst);
    tcase_add_test(tests, a_refusal_costs_nothing);
    tcase_add_test(tests, each_id_has_its_own);
    tcase_add_test(tests, a_time_that_goes_back_gives_no_token);
    tcase_add_test(tests, extremes_do_not_overflow);
    tcase_add_test(tests, many_ids_push_out_those_that_are_quiet_first);
    return run_case(tests, "throttle");
}

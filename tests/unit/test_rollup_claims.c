#include "loader/rollup_claims.h"
#include "tests/unit/suite.h"

/* Items have a category, a product and a seller. */
enum { CATEGORY, PRODUCT, SELLER };

static void item(struct claims *claims, uint32_t order, int64_t day, uint32_t category, uint32_t product)
{
    claims_check(claims, order, day, (const uint32_t[]){category, product, 1});
}

START_TEST(only_lines_of_one_order_are_compared)
{
    struct claims claims = {0};
    size_t claim = claims_add(&claims, PRODUCT, CATEGORY);
    item(&claims, 1, 10, 1, 5);
    item(&claims, 1, 10, 1, 5);
    item(&claims, 1, 10, 2, 6);
    item(&claims, 2, 11, 2, 5);
    item(&claims, 3, 12, 1, 5);
    ck_assert(!claims.list[claim].broken);
    item(&claims, 3, 12, 2, 5);
    ck_assert(claims.list[claim].broken);
    ck_assert_int_eq(claims.list[claim].day, 12);
    ck_assert_uint_eq(claims.list[claim].by_value, 5);
    ck_assert_uint_eq(claims.list[claim].values[0], 1);
    ck_assert_uint_eq(claims.list[claim].values[1], 2);
    claims_release(&claims);
}
END_TEST

START_TEST(lines_in_between_do_not_hide_it)
{
    struct claims claims = {0};
    size_t claim = claims_add(&claims, CATEGORY, PRODUCT);
    item(&claims, 1, 10, 0, 700);
    item(&claims, 1, 10, 1000, 3);
    item(&claims, 1, 10, 0, 701);
    ck_assert_msg(claims.list[claim].broken, "null is a value as others are");
    claims_release(&claims);
}
END_TEST

START_TEST(the_earliest_day_is_told)
{
    struct claims claims = {0};
    claims_add(&claims, CATEGORY, PRODUCT);
    for (uint32_t order = 1; order <= 3; order++) {
        static const int64_t days[] = {0, 20, -7, 5};
        item(&claims, order, days[order], 1, 1);
        item(&claims, order, days[order], 1, 2);
    }
    ck_assert_int_eq(claims.list[0].day, -7);
    claims_release(&claims);
}
END_TEST

START_TEST(the_same_claim_is_held_once_and_others_apart)
{
    struct claims claims = {0};
    size_t first = claims_add(&claims, PRODUCT, CATEGORY), second = claims_add(&claims, CATEGORY, PRODUCT);
    ck_assert_uint_eq(claims_add(&claims, PRODUCT, CATEGORY), first);
    ck_assert_uint_eq(claims.count, 2);
    claims_add(&claims, PRODUCT, SELLER);
    item(&claims, 1, 1, 1, 1);
    item(&claims, 1, 1, 1, 2);
    ck_assert(!claims.list[first].broken && claims.list[second].broken && !claims.list[2].broken);
    claims_release(&claims);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rollup_claims");
    tcase_add_test(tests, only_lines_of_one_order_are_compared);
    tcase_add_test(tests, lines_in_between_do_not_hide_it);
    tcase_add_test(tests, the_earliest_day_is_told);
    tcase_add_test(tests, the_same_claim_is_held_once_and_others_apart);
    return run_case(tests, "rollup_claims");
}

#include "loader/first_order.h"
#include "tests/unit/suite.h"

START_TEST(earliest_order_is_first_and_of_one_moment_the_smallest_key)
{
    struct first_orders firsts = {0};
    first_orders_note(&firsts, 2, 500, text_of("O9"));
    first_orders_note(&firsts, 2, 400, text_of("O8"));
    first_orders_note(&firsts, 2, 400, text_of("O10"));
    first_orders_note(&firsts, 2, 400, text_of("O11"));
    first_orders_note(&firsts, 0, 1, text_of("A"));
    ck_assert(first_orders_is(&firsts, 2, text_of("O10")));
    ck_assert(!first_orders_is(&firsts, 2, text_of("O8")));
    ck_assert(first_orders_is(&firsts, 0, text_of("A")));
    ck_assert(!first_orders_is(&firsts, 1, text_of("A")));
    ck_assert(!first_orders_is(&firsts, 77, text_of("A")));
    first_orders_release(&firsts);
}
END_TEST

START_TEST(doubt_is_noted_for_any_customer)
{
    struct first_orders firsts = {0};
    first_orders_doubt(&firsts, 1000);
    ck_assert_uint_eq(firsts.count, 1001);
    ck_assert(firsts.list[1000].in_doubt && !firsts.list[999].in_doubt);
    first_orders_release(&firsts);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("first_order");
    tcase_add_test(tests, earliest_order_is_first_and_of_one_moment_the_smallest_key);
    tcase_add_test(tests, doubt_is_noted_for_any_customer);
    return run_case(tests, "first_order");
}

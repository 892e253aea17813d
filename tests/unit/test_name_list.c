#include "loader/name_list.h"
#include "tests/unit/suite.h"

START_TEST(each_name_is_there_once_until_it_is_removed)
{
    struct name_list list = {0};
    char name[] = "a.csv";
    ck_assert(!name_list_has(&list, name));
    name_list_remove(&list, name);
    name_list_add(&list, name);
    name_list_add(&list, name);
    name_list_add(&list, "b.csv");
    name[0] = 'x'; /* it keeps a copy */
    ck_assert_uint_eq(list.count, 2);
    ck_assert(name_list_has(&list, "a.csv") && name_list_has(&list, "b.csv"));
    name_list_remove(&list, "a.csv");
    ck_assert(!name_list_has(&list, "a.csv") && name_list_has(&list, "b.csv"));
    name_list_clear(&list);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("name_list");
    tcase_add_test(tests, each_name_is_there_once_until_it_is_removed);
    return run_case(tests, "name_list");
}

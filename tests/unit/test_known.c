#include "core/known.h"
#include "tests/unit/unit.h"

static struct known known;

static void forget(void)
{
    known_release(&known);
}

START_TEST(path_is_there_with_those_it_leads_over)
{
    known_add(&known, "a.b.c", false);
    ck_assert(known_at(&known, "a", NULL));
    ck_assert(known_at(&known, "a.b", NULL));
    ck_assert(known_at(&known, "a.b.c", NULL));
    ck_assert(known_at(&known, "", NULL));
    ck_assert(!known_at(&known, "a.c", NULL));
    ck_assert(!known_at(&known, "a.b.c.d", NULL));
    ck_assert(!known_at(&known, "ab", NULL));
}
END_TEST

START_TEST(anything_may_be_in_what_is_open)
{
    known_add(&known, "a", true);
    ck_assert(known_at(&known, "a.b.c", NULL));
    ck_assert(!known_at(&known, "b", NULL));
    known.open = true;
    ck_assert(known_at(&known, "b", NULL));
}
END_TEST

START_TEST(value_is_read_and_put_with_what_is_in_it)
{
    struct known value = {0}, other = {0};
    known_add(&known, "a.b.c", false);
    known_add(&known, "a.d", true);
    ck_assert(known_at(&known, "a", &value));
    known_put(&other, "x.y", &value);
    ck_assert(known_at(&other, "x.y.b.c", NULL));
    ck_assert(known_at(&other, "x.y.d.e", NULL));
    ck_assert(!known_at(&other, "x.y.b.d", NULL));
    known_release(&value);
    known_release(&other);
}
END_TEST

START_TEST(what_is_dropped_goes_with_what_is_in_it)
{
    known_add(&known, "a.b", false);
    known_add(&known, "ab", false);
    known_drop(&known, "a");
    ck_assert(!known_at(&known, "a.b", NULL));
    ck_assert(!known_at(&known, "a", NULL));
    ck_assert(known_at(&known, "ab", NULL));
}
END_TEST

START_TEST(moved_is_gone_where_it_was)
{
    struct known to = {0};
    known_add(&to, "old", false);
    known_add(&known, "a", false);
    known_move(&to, &known);
    ck_assert(known_at(&to, "a", NULL));
    ck_assert(!known_at(&to, "old", NULL));
    ck_assert_uint_eq(known.count, 0);
    known_release(&to);
}
END_TEST

START_TEST(collection_has_its_fields_and_an_unknown_one_any)
{
    known_of_collection(&known, collection_find("orders"));
    ck_assert(known_at(&known, "items.sales", NULL));
    ck_assert(known_at(&known, "first_order", NULL));
    ck_assert(!known_at(&known, "turnover", NULL));
    known_of_collection(&known, NULL);
    ck_assert(known_at(&known, "turnover", NULL));
}
END_TEST

START_TEST(nearest_is_looked_for_beside_the_path)
{
    known_add(&known, "_id.period", false);
    known_add(&known, "_id.region", false);
    known_add(&known, "sales", false);
    ck_assert_str_eq(known_nearest(&known, "_id.reigon"), "_id.region");
    ck_assert_str_eq(known_nearest(&known, "slaes"), "sales");
    ck_assert_str_eq(known_nearest(&known, "id.period"), "_id.period");
    ck_assert_ptr_null(known_nearest(&known, "_id.sales"));
    ck_assert_ptr_null(known_nearest(&known, "customer"));
}
END_TEST

START_TEST(path_longer_than_there_is_room_for_makes_all_open)
{
    struct known value = {0};
    char path[600];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    known_add(&value, path, false);
    ck_assert(known_at(&value, path, NULL));
    known_put(&known, "x", &value);
    ck_assert(known_at(&known, "anything", NULL));
    known_release(&value);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("known");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_test(tests, path_is_there_with_those_it_leads_over);
    tcase_add_test(tests, anything_may_be_in_what_is_open);
    tcase_add_test(tests, value_is_read_and_put_with_what_is_in_it);
    tcase_add_test(tests, what_is_dropped_goes_with_what_is_in_it);
    tcase_add_test(tests, moved_is_gone_where_it_was);
    tcase_add_test(tests, collection_has_its_fields_and_an_unknown_one_any);
    tcase_add_test(tests, nearest_is_looked_for_beside_the_path);
    tcase_add_test(tests, path_longer_than_there_is_room_for_makes_all_open);
    return run_case(tests, "known");
}

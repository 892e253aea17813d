#include "core/nearest.h"
#include "tests/unit/unit.h"

static const struct {
    const char *a, *b;
    unsigned distance;
} distances[] = {
    {"", "", 0},         {"", "abc", 3},   {"abc", "", 3},      {"abc", "abc", 0},        {"abc", "abd", 1},
    {"abc", "ab", 1},    {"ab", "abc", 1}, {"abcd", "acbd", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
    {"form", "from", 1}, {"a", "b", 1},    {"flaw", "lawn", 2}, {"abcdef", "badcfe", 3},
};

START_TEST(distance_counts_edits_both_ways)
{
    ck_assert_uint_eq(edit_distance(distances[_i].a, distances[_i].b, 100), distances[_i].distance);
    ck_assert_uint_eq(edit_distance(distances[_i].b, distances[_i].a, 100), distances[_i].distance);
}
END_TEST

START_TEST(distance_stops_one_beyond_the_limit)
{
    ck_assert_uint_eq(edit_distance("kitten", "sitting", 3), 3);
    ck_assert_uint_eq(edit_distance("kitten", "sitting", 2), 3);
    ck_assert_uint_eq(edit_distance("kitten", "sitting", 0), 1);
}
END_TEST

START_TEST(names_of_63_bytes_are_compared_and_longer_ones_are_too_far)
{
    char a[65], b[65];
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    a[63] = b[63] = '\0';
    ck_assert_uint_eq(edit_distance(a, b, 100), 63);
    ck_assert_uint_eq(edit_distance(a, a, 5), 0);
    a[63] = 'a';
    a[64] = '\0';
    ck_assert_uint_eq(edit_distance(a, a, 5), 6);
    ck_assert_uint_eq(edit_distance("x", a, 5), 6);
}
END_TEST

static const char *const known[] = {"from", "to", "period", "region", "category", "subcategory", "limit"};

static const char *nearest(const char *name)
{
    const char *best = NULL;
    unsigned distance = 0;
    for (int i = 0; i < COUNT(known); i++)
        nearest_consider(name, known[i], &best, &distance);
    return best;
}

static const struct {
    const char *name, *expected;
} guesses[] = {
    {"form", "from"},   {"reigon", "region"},    {"regions", "region"},
    {"Limit", "limit"}, {"catgory", "category"}, {"sub_category", "subcategory"},
    {"from", "from"},   {"zzzzzz", NULL},        {"nothing-like-it", NULL},
};

START_TEST(nearest_name_is_the_guess_and_a_far_one_is_none)
{
    ck_assert_pstr_eq(nearest(guesses[_i].name), guesses[_i].expected);
}
END_TEST

START_TEST(first_of_equally_near_names_is_kept)
{
    const char *best = NULL;
    unsigned distance = 0;
    nearest_consider("abcx", "abcd", &best, &distance);
    nearest_consider("abcx", "abce", &best, &distance);
    ck_assert_str_eq(best, "abcd");
    nearest_consider("abcx", "abcx", &best, &distance);
    ck_assert_str_eq(best, "abcx");
    nearest_consider("abcx", "abcy", &best, &distance);
    ck_assert_str_eq(best, "abcx");
}
END_TEST

START_TEST(endless_name_is_near_nothing)
{
    char *name = malloc(1000001);
    memset(name, 'a', 1000000);
    name[1000000] = '\0';
    ck_assert_ptr_null(nearest(name));
    free(name);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("nearest");
    tcase_add_loop_test(tests, distance_counts_edits_both_ways, 0, COUNT(distances));
    tcase_add_test(tests, distance_stops_one_beyond_the_limit);
    tcase_add_test(tests, names_of_63_bytes_are_compared_and_longer_ones_are_too_far);
    tcase_add_loop_test(tests, nearest_name_is_the_guess_and_a_far_one_is_none, 0, COUNT(guesses));
    tcase_add_test(tests, first_of_equally_near_names_is_kept);
    tcase_add_test(tests, endless_name_is_near_nothing);
    return run_case(tests, "nearest");
}

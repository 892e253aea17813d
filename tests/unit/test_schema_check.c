#include "core/schema_check.h"
#include "tests/unit/unit.h"

static const struct json_key keys[] = {
    {"title", JSON_STRING, true}, {"limit", JSON_INTEGER, false}, {"list", JSON_ARRAY, false},
    {"flag", JSON_TRUE, false},   {"object", JSON_OBJECT, false}, {NULL, JSON_NULL, false},
};

static struct mistakes found;

static void forget(void)
{
    mistakes_release(&found);
}

static void assert_found(const char *expected)
{
    struct error err = {0};
    ck_assert_uint_eq(found.count, 1);
    mistakes_error(&found, &err);
    assert_error(&err, ERROR_INVALID, expected);
}

static const char *const good[] = {
    "{'title': 'x'}",
    "{'title': ''}",
    "{'flag': false, 'title': 'x', 'list': [], 'object': {}, 'limit': -1}",
    "{'flag': true, 'title': 'x'}",
};

START_TEST(object_with_all_it_must_have_is_good)
{
    json_t *object = json_of(good[_i]);
    ck_assert(json_check_keys(object, keys, "$", &found));
    json_decref(object);
}
END_TEST

static const struct {
    const char *json, *expected;
} bad[] = {
    {"{}", "$.x[1]: 'title' is missing"},
    {"{'limit': 1}", "$.x[1]: 'title' is missing"},
    {"{'title': 1}", "$.x[1].title: must be a string"},
    {"{'title': null}", "$.x[1].title: must be a string"},
    {"{'title': 'x', 'limit': '1'}", "$.x[1].limit: must be a whole number"},
    {"{'title': 'x', 'limit': 1.0}", "$.x[1].limit: must be a whole number"},
    {"{'title': 'x', 'list': {}}", "$.x[1].list: must be an array"},
    {"{'title': 'x', 'flag': 1}", "$.x[1].flag: must be true or false"},
    {"{'title': 'x', 'flag': null}", "$.x[1].flag: must be true or false"},
    {"{'title': 'x', 'object': []}", "$.x[1].object: must be an object"},
    {"{'title': 'x', 'titel': 'y'}", "$.x[1].titel: unknown key; did you mean 'title'?"},
    {"{'title': 'x', 'Title': 'y'}", "$.x[1].Title: unknown key; did you mean 'title'?"},
    {"{'title': 'x', 'nothing-like-it': 1}", "$.x[1].nothing-like-it: unknown key"},
    {"{'title': 'x', '%s%n': 1}", "$.x[1].%s%n: unknown key"},
    {"[]", "$.x[1]: must be an object"},
    {"'x'", "$.x[1]: must be an object"},
    {"null", "$.x[1]: must be an object"},
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    json_t *value = json_of(bad[_i].json);
    ck_assert(!json_check_keys(value, keys, "$.x[1]", &found));
    assert_found(bad[_i].expected);
    json_decref(value);
}
END_TEST

START_TEST(nothing_is_no_object)
{
    ck_assert(!json_check_keys(NULL, keys, "$", &found));
    assert_found("$: must be an object");
}
END_TEST

START_TEST(all_that_is_wrong_is_found_at_once)
{
    static const char *const places[] = {"$.limit", "$.flag", "$.x", "$"};
    json_t *object = json_of("{'limit': 'a', 'flag': 1, 'x': 2}");
    ck_assert(!json_check_keys(object, keys, "$", &found));
    ck_assert_uint_eq(found.count, COUNT(places));
    for (size_t i = 0; i < found.count; i++)
        ck_assert_str_eq(found.list[i].place, places[i]);
    json_decref(object);
}
END_TEST

START_TEST(choice_is_a_position_or_a_mistake_with_all_names)
{
    static const char *const names[] = {"one", "two"};
    ck_assert_int_eq(json_choice("two", names, 2, "$.n", &found), 1);
    ck_assert_int_eq(json_choice(NULL, names, 2, "$.n", &found), -1);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_int_eq(json_choice("three", names, 2, "$.n", &found), -1);
    assert_found("$.n: 'three' is none of one, two");
}
END_TEST

START_TEST(mistakes_without_end_are_cut)
{
    for (int i = 0; i < 2 * MISTAKES_MOST; i++)
        ck_assert(!mistakes_add(&found, "$", "%d", i));
    ck_assert_uint_eq(found.count, MISTAKES_MOST);
}
END_TEST

START_TEST(endless_key_is_cut_in_the_sentence)
{
    json_t *object = json_of("{'title': 'x'}");
    char *key = malloc(100001);
    memset(key, 'k', 100000);
    key[100000] = '\0';
    json_object_set_new(object, key, json_null());
    ck_assert(!json_check_keys(object, keys, "$", &found));
    ck_assert_uint_eq(found.count, 1);
    ck_assert_int_eq(strncmp(found.list[0].place, "$.kkk", 5), 0);
    ck_assert_uint_lt(strlen(found.list[0].place), 300);
    json_decref(object);
    free(key);
}
END_TEST

START_TEST(list_of_strings_points_into_the_json)
{
    json_t *object = json_of("{'list': ['a', '', 'b']}");
    const char **list;
    size_t count;
    ck_assert(json_strings(object, "list", &list, &count, &found));
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(list[0], "a");
    ck_assert_str_eq(list[1], "");
    ck_assert_str_eq(list[2], "b");
    free(list);
    json_decref(object);
}
END_TEST

START_TEST(missing_and_empty_list_are_the_same)
{
    json_t *object = json_of("{'list': []}");
    const char **list;
    size_t count;
    ck_assert(json_strings(object, "list", &list, &count, &found) && !list && !count);
    ck_assert(json_strings(object, "other", &list, &count, &found) && !list && !count);
    json_decref(object);
}
END_TEST

START_TEST(member_that_is_no_string_is_named)
{
    json_t *object = json_of("{'list': ['a', 1]}");
    const char **list;
    size_t count;
    ck_assert(!json_strings(object, "list", &list, &count, &found));
    assert_found("$.list[1]: must be a string");
    free(list);
    json_decref(object);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("schema_check");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_loop_test(tests, object_with_all_it_must_have_is_good, 0, COUNT(good));
    tcase_add_loop_test(tests, what_is_wrong_is_said_with_its_place, 0, COUNT(bad));
    tcase_add_test(tests, nothing_is_no_object);
    tcase_add_test(tests, all_that_is_wrong_is_found_at_once);
    tcase_add_test(tests, choice_is_a_position_or_a_mistake_with_all_names);
    tcase_add_test(tests, mistakes_without_end_are_cut);
    tcase_add_test(tests, endless_key_is_cut_in_the_sentence);
    tcase_add_test(tests, list_of_strings_points_into_the_json);
    tcase_add_test(tests, missing_and_empty_list_are_the_same);
    tcase_add_test(tests, member_that_is_no_string_is_named);
    return run_case(tests, "schema_check");
}

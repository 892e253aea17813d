#include "core/json.h"
#include "tests/unit/unit.h"

static bson_t *bson_of_json(const char *text)
{
    json_t *value = json_of(text);
    bson_t *doc = json_to_bson(value);
    json_decref(value);
    return doc;
}

/* Key and BSON type of the only member, and its value as canonical Extended JSON. */
static const struct {
    const char *json, *bson;
} values[] = {
    {"{'a': 1}", "{'a': {'$numberInt': '1'}}"},
    {"{'a': 2147483647}", "{'a': {'$numberInt': '2147483647'}}"},
    {"{'a': -2147483648}", "{'a': {'$numberInt': '-2147483648'}}"},
    {"{'a': 2147483648}", "{'a': {'$numberLong': '2147483648'}}"},
    {"{'a': -2147483649}", "{'a': {'$numberLong': '-2147483649'}}"},
    {"{'a': 9223372036854775807}", "{'a': {'$numberLong': '9223372036854775807'}}"},
    {"{'a': -9223372036854775808}", "{'a': {'$numberLong': '-9223372036854775808'}}"},
    {"{'a': 1.0}", "{'a': {'$numberDouble': '1.0'}}"},
    {"{'a': 0.1}", "{'a': {'$numberDouble': '0.1'}}"},
    {"{'a': true, 'b': false, 'c': null}", "{'a': true, 'b': false, 'c': null}"},
    {"{'a': ''}", "{'a': ''}"},
    {"{'a': 'é\\n'}", "{'a': 'é\\n'}"},
    {"{}", "{}"},
    {"{'': {'': {}}}", "{'': {'': {}}}"},
    {"{'z': 1, 'a': 2, 'm': 3}", "{'z': 1, 'a': 2, 'm': 3}"},
    {"{'a': [1, [], {'b': [true]}]}", "{'a': [1, [], {'b': [true]}]}"},
};

START_TEST(value_keeps_its_type_and_its_place)
{
    bson_t *doc = bson_of_json(values[_i].json);
    assert_bson(doc, values[_i].bson);
    ck_assert(bson_validate(doc, BSON_VALIDATE_UTF8, NULL));
    bson_destroy(doc);
}
END_TEST

/* What Extended JSON would make a date, a number or an id of is a document with a key that begins with $. */
static const char *const extended[] = {
    "{'a': {'$date': 0}}",         "{'a': {'$date': '2020-01-01T00:00:00Z'}}",
    "{'a': {'$numberLong': '1'}}", "{'a': {'$oid': '000000000000000000000000'}}",
    "{'a': {'$undefined': true}}", "{'a': {'$numberDecimal': '1'}}",
};

START_TEST(extended_json_has_no_meaning)
{
    bson_t *doc = bson_of_json(extended[_i]);
    bson_iter_t it, inner;
    ck_assert(bson_iter_init_find(&it, doc, "a") && BSON_ITER_HOLDS_DOCUMENT(&it));
    ck_assert(bson_iter_recurse(&it, &inner) && bson_iter_next(&inner));
    ck_assert_int_eq(bson_iter_key(&inner)[0], '$');
    ck_assert(BSON_ITER_HOLDS_UTF8(&inner) || BSON_ITER_HOLDS_INT(&inner) || BSON_ITER_HOLDS_BOOL(&inner));
    bson_destroy(doc);
}
END_TEST

START_TEST(array_becomes_a_document_with_counted_keys)
{
    bson_t *doc = bson_of_json("['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k']");
    bson_iter_t it;
    ck_assert_uint_eq(bson_count_keys(doc), 11);
    ck_assert(bson_iter_init_find(&it, doc, "10"));
    ck_assert_str_eq(bson_iter_utf8(&it, NULL), "k");
    bson_destroy(doc);
}
END_TEST

START_TEST(what_is_neither_object_nor_array_is_no_document)
{
    static const char *const scalars[] = {"1", "'a'", "null", "true", "1.5"};
    ck_assert_ptr_null(json_to_bson(NULL));
    for (int i = 0; i < COUNT(scalars); i++)
        ck_assert_ptr_null(bson_of_json(scalars[i]));
}
END_TEST

/* An array in an array in an array …, with a number in the last. */
static json_t *nested(int levels)
{
    json_t *value = json_integer(1);
    for (int i = 0; i < levels; i++) {
        json_t *around = json_array();
        json_array_append_new(around, value);
        value = around;
    }
    return value;
}

START_TEST(depth_is_bounded)
{
    json_t *deep = nested(100), *deeper = nested(101), *abyss = nested(2000);
    bson_t *doc = json_to_bson(deep), to = BSON_INITIALIZER;
    ck_assert_ptr_nonnull(doc);
    ck_assert_ptr_null(json_to_bson(deeper));
    ck_assert_ptr_null(json_to_bson(abyss));
    ck_assert(!json_append(&to, "a", abyss));
    bson_destroy(&to);
    bson_destroy(doc);
    json_decref(deep);
    json_decref(deeper);
    json_decref(abyss);
}
END_TEST

START_TEST(one_value_is_appended_under_its_key)
{
    bson_t to = BSON_INITIALIZER;
    json_t *value = json_of("{'a': [1]}"), *text = json_of("'$x'");
    ck_assert(json_append(&to, "first", value));
    ck_assert(json_append(&to, "second", text));
    assert_bson(&to, "{'first': {'a': [1]}, 'second': '$x'}");
    json_decref(value);
    json_decref(text);
    bson_destroy(&to);
}
END_TEST

START_TEST(text_of_a_key_is_null_when_it_is_none)
{
    json_t *object = json_of("{'a': 'x', 'b': 1, 'c': null}");
    ck_assert_str_eq(json_text(object, "a"), "x");
    ck_assert_ptr_null(json_text(object, "b"));
    ck_assert_ptr_null(json_text(object, "c"));
    ck_assert_ptr_null(json_text(object, "d"));
    ck_assert_ptr_null(json_text(NULL, "a"));
    json_decref(object);
}
END_TEST

static char *folder;

static void make_folder(void)
{
    folder = temporary_folder();
}

static void drop_folder(void)
{
    temporary_remove(folder);
}

START_TEST(file_is_read)
{
    char *path = temporary_file_in(folder, "x.json", "{\"a\": 1}\n", 9);
    struct error err = {0};
    json_t *value = json_read_file(path, &err);
    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(json_integer_value(json_object_get(value, "a")), 1);
    json_decref(value);
    temporary_unlink(path);
}
END_TEST

static const struct {
    const char *text;
    int line;
} unreadable[] = {
    {"", 1},
    {"{", 1},
    {"{'a': 1,}", 1},
    {"{'a': 1}\n\n{'b': 2}", 3},
    {"{\n'a': 1,\n'a': 2}", 3},
    {"{'x': {\n'a': 1, 'b': 2,\n\n'a': 3}}", 4},
    {"{'a': 'line\nfeed'}", 1},
    {"{'a': '\\u0000'}", 1},
    {"{'a': '\xff'}", 1},
    {"{'a': 9223372036854775808}", 1},
    {"{'a': 1e999}", 1},
    {"{'a': NaN}", 1},
    {"{'a': 01}", 1},
    {"{// no comments\n}", 1},
    {"\xef\xbb\xbf{}", 1},
    {"'text'", 1},
};

START_TEST(what_is_wrong_with_a_file_is_said_with_its_line)
{
    char *text = quoted(unreadable[_i].text), expected[4096];
    char *path = temporary_file_in(folder, "x.json", text, strlen(text));
    struct error err = {0};
    ck_assert_ptr_null(json_read_file(path, &err));
    snprintf(expected, sizeof expected, "%s: line %d: ", path, unreadable[_i].line);
    ck_assert_msg(strncmp(err.message, expected, strlen(expected)) == 0, "%s: %s", unreadable[_i].text, err.message);
    ck_assert_int_eq(err.kind, ERROR_INVALID);
    temporary_unlink(path);
    free(text);
}
END_TEST

START_TEST(nesting_without_end_in_a_file_is_refused)
{
    char *text = malloc(1000000), *path;
    struct error err = {0};
    memset(text, '[', 1000000);
    path = temporary_file_in(folder, "x.json", text, 1000000);
    ck_assert_ptr_null(json_read_file(path, &err));
    ck_assert_int_eq(err.kind, ERROR_INVALID);
    temporary_unlink(path);
    free(text);
}
END_TEST

START_TEST(file_that_is_not_there_is_named)
{
    struct error err = {0};
    ck_assert_ptr_null(json_read_file("no/such.json", &err));
    ck_assert_int_eq(strncmp(err.message, "no/such.json: ", 14), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "No such file"));
    ck_assert_ptr_null(json_read_file(folder, &err));
    ck_assert_int_eq(strncmp(err.message, folder, strlen(folder)), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("json");
    tcase_add_checked_fixture(tests, make_folder, drop_folder);
    tcase_add_loop_test(tests, value_keeps_its_type_and_its_place, 0, COUNT(values));
    tcase_add_loop_test(tests, extended_json_has_no_meaning, 0, COUNT(extended));
    tcase_add_test(tests, array_becomes_a_document_with_counted_keys);
    tcase_add_test(tests, what_is_neither_object_nor_array_is_no_document);
    tcase_add_test(tests, depth_is_bounded);
    tcase_add_test(tests, one_value_is_appended_under_its_key);
    tcase_add_test(tests, text_of_a_key_is_null_when_it_is_none);
    tcase_add_test(tests, file_is_read);
    tcase_add_loop_test(tests, what_is_wrong_with_a_file_is_said_with_its_line, 0, COUNT(unreadable));
    tcase_add_test(tests, nesting_without_end_in_a_file_is_refused);
    tcase_add_test(tests, file_that_is_not_there_is_named);
    return run_case(tests, "json");
}

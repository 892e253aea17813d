#include "core/bind.h"
#include "core/json.h"
#include "tests/unit/unit.h"

static const char values_text[] = "{'text': '$secret', 'empty_text': '', 'number': 7, 'none': null, 'list': ['$a', 1],"
                                  " 'day': {'$date': {'$numberLong': '0'}}, 'money': {'$numberDecimal': '1.10'},"
                                  " 'nothing': {}, 'filter': {'region': 'West'}, 'hidden': {'x': {'$var': 'number'}},"
                                  " 'operator': {'$where': 'x'}, '': 1}";

static struct error err;

/* Binds a pipeline as definitions are read: JSON without the meanings of Extended JSON. */
static bool bind_text(const char *pipeline, bson_t *to)
{
    json_t *json = json_of(pipeline);
    bson_t *tree = json_to_bson(json), *values = bson_of(values_text);
    bool ok;
    err = (struct error){0};
    bson_init(to);
    ok = bind_pipeline(tree, values, to, &err);
    bson_destroy(tree);
    bson_destroy(values);
    json_decref(json);
    return ok;
}

static const struct {
    const char *pipeline, *expected;
} good[] = {
    {"[]", "[]"},
    {"[{'$limit': 5}]", "[{'$limit': 5}]"},
    {"[{'$limit': {'$var': 'number'}}]", "[{'$limit': 7}]"},
    {"[{'$match': {'$var': 'filter'}}]", "[{'$match': {'region': 'West'}}]"},
    {"[{'$set': {'a': {'$var': 'none'}}}]", "[{'$set': {'a': null}}]"},
    {"[{'$set': {'a': {'$var': 'day'}, 'b': {'$var': 'money'}}}]",
     "[{'$set': {'a': {'$date': {'$numberLong': '0'}}, 'b': {'$numberDecimal': '1.10'}}}]"},
    {"[{'$set': {'a': {'$var': 'list'}}}]", "[{'$set': {'a': ['$a', 1]}}]"},
    /* A text is a text, whatever it begins with. */
    {"[{'$set': {'a': {'$var': 'text'}}}]", "[{'$set': {'a': {'$literal': '$secret'}}}]"},
    {"[{'$set': {'a': {'$var': 'empty_text'}}}]", "[{'$set': {'a': {'$literal': ''}}}]"},
    {"[{'$set': {'a': {'$eq': ['$b', {'$var': 'text'}]}}}]",
     "[{'$set': {'a': {'$eq': ['$b', {'$literal': '$secret'}]}}}]"},
    /* Deep within stages, lists and pipelines in pipelines. */
    {"[{'$lookup': {'pipeline': [{'$match': {'a': [[{'b': {'$var': 'number'}}]]}}], 'as': 'x'}}]",
     "[{'$lookup': {'pipeline': [{'$match': {'a': [[{'b': 7}]]}}], 'as': 'x'}}]"},
    {"[{'$in': ['$a', [{'$var': 'number'}, {'$var': 'number'}]]}]", "[{'$in': ['$a', [7, 7]]}]"},
    /* The value's own $var is no variable: it is bound once. */
    {"[{'$set': {'a': {'$var': 'hidden'}}}]", "[{'$set': {'a': {'x': {'$var': 'number'}}}}]"},
    /* A match of nothing would match everything, so it is left out, and the rest moves up. */
    {"[{'$match': {'$var': 'nothing'}}]", "[]"},
    {"[{'$match': {'$var': 'nothing'}}, {'$limit': 1}, {'$match': {'$var': 'nothing'}}, {'$skip': 2}]",
     "[{'$limit': 1}, {'$skip': 2}]"},
    {"[{'$match': {}}, {'$limit': 1}]", "[{'$limit': 1}]"},
    {"[{'$group': {'$var': 'nothing'}}]", "[{'$group': {}}]"},
    {"[{'$facet': {'a': [{'$match': {'$var': 'nothing'}}]}}]", "[{'$facet': {'a': [{'$match': {}}]}}]"},
    /* Keys and texts that only look like variables. */
    {"[{'$set': {'$var2': 'number', 'a': '$var', 'b': {'var': 'number'}}}]",
     "[{'$set': {'$var2': 'number', 'a': '$var', 'b': {'var': 'number'}}}]"},
    {"[{'$set': {'a': {'$literal': '{\\'$var\\': \\'number\\'}'}}}]",
     "[{'$set': {'a': {'$literal': '{\\'$var\\': \\'number\\'}'}}}]"},
    {"[{'$set': {'a': {}, 'b': [], 'c': 1.5, 'd': false}}]", "[{'$set': {'a': {}, 'b': [], 'c': 1.5, 'd': false}}]"},
};

START_TEST(value_takes_the_place_of_its_variable)
{
    bson_t bound;
    ck_assert_msg(bind_text(good[_i].pipeline, &bound), "%s: %s", good[_i].pipeline, err.message);
    assert_bson_array(&bound, good[_i].expected);
    ck_assert(bson_validate(&bound, BSON_VALIDATE_NONE, NULL));
    bson_destroy(&bound);
}
END_TEST

static const struct {
    const char *pipeline, *expected;
} bad[] = {
    {"[{'$limit': {'$var': 'unknown'}}]", "the variable 'unknown' has no value"},
    {"[{'$limit': {'$var': 'Number'}}]", "the variable 'Number' has no value"},
    {"[{'$limit': {'$var': 'filter.region'}}]", "the variable 'filter.region' has no value"},
    {"[{'$a': [{'b': {'$var': 'unknown'}}]}]", "the variable 'unknown' has no value"},
    {"[{'$limit': {'$var': 7}}]", "'$limit': a variable is written {\"$var\": \"name\"}"},
    {"[{'$limit': {'$var': null}}]", "'$limit': a variable is written {\"$var\": \"name\"}"},
    {"[{'$limit': {'$var': {'$var': 'number'}}}]", "'$limit': a variable is written {\"$var\": \"name\"}"},
    {"[{'$limit': {'$var': ['number']}}]", "'$limit': a variable is written {\"$var\": \"name\"}"},
    {"[{'$limit': {'$var': 'number', 'x': 1}}]", "'$limit': a variable is written {\"$var\": \"name\"}"},
    {"[{'$limit': {'x': 1, '$var': 'number'}}]", "'$limit': a variable is written {\"$var\": \"name\"}"},
    {"[{'$set': {'a': 1, 'b': {'c': 2, '$var': 'number', 'd': 3}}}]",
     "'b': a variable is written {\"$var\": \"name\"}"},
};

START_TEST(what_cannot_be_bound_is_named)
{
    bson_t bound;
    ck_assert_msg(!bind_text(bad[_i].pipeline, &bound), "%s is bound", bad[_i].pipeline);
    assert_error(&err, ERROR_INVALID, bad[_i].expected);
    bson_destroy(&bound);
}
END_TEST

/* A value stands where a value stood: it adds no key beside or above its place, whatever it holds. */
START_TEST(bound_document_cannot_become_a_key)
{
    bson_t bound;
    ck_assert(bind_text("[{'$set': {'a': {'$var': 'operator'}, 'b': 1}}]", &bound));
    assert_bson_array(&bound, "[{'$set': {'a': {'$where': 'x'}, 'b': 1}}]");
    bson_destroy(&bound);
}
END_TEST

START_TEST(stages_are_counted_on_after_those_that_are_there)
{
    bson_t *first = bson_of("{'0': {'$skip': 1}, '1': {'$skip': 2}}"), *values = bson_of("{'n': 3}");
    bson_t *tree = bson_of("{'0': {'$match': {}}, '1': {'$limit': {'$var': 'n'}}}");
    ck_assert(bind_pipeline(tree, values, first, &err));
    assert_bson(first, "{'0': {'$skip': 1}, '1': {'$skip': 2}, '2': {'$limit': 3}}");
    bson_destroy(first);
    bson_destroy(values);
    bson_destroy(tree);
}
END_TEST

START_TEST(hundred_levels_are_bound)
{
    char pipeline[2048] = "[";
    bson_t bound;
    for (int i = 0; i < 97; i++)
        strcat(pipeline, "{'a':");
    strcat(pipeline, "{'$var': 'number'}");
    for (int i = 0; i < 97; i++)
        strcat(pipeline, "}");
    strcat(pipeline, "]");
    ck_assert(bind_text(pipeline, &bound));
    bson_destroy(&bound);
}
END_TEST

/* The names that were visited, with a comma behind each. */
static bool note(const char *name, void *data)
{
    strcat(data, name);
    strcat(data, ",");
    return strcmp(name, "stop") != 0;
}

static const struct {
    const char *pipeline, *names;
    bool all;
} visits[] = {
    {"[]", "", true},
    {"[{'$match': {'a': 'var'}}]", "", true},
    {"[{'$limit': {'$var': 'x'}}, {'$set': {'a': [{'b': {'$var': 'y'}}], 'c': {'$var': 'x'}}}]", "x,y,x,", true},
    {"[{'$set': {'a': {'$var': 'x'}, 'b': {'$var': 'stop'}, 'c': {'$var': 'y'}}}]", "x,stop,", false},
};

START_TEST(variables_are_visited_in_order_until_told_to_stop)
{
    json_t *json = json_of(visits[_i].pipeline);
    bson_t *tree = json_to_bson(json);
    char names[64] = "";
    ck_assert(bind_visit(tree, note, names) == visits[_i].all);
    ck_assert_str_eq(names, visits[_i].names);
    bson_destroy(tree);
    json_decref(json);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bind");
    tcase_add_loop_test(tests, value_takes_the_place_of_its_variable, 0, COUNT(good));
    tcase_add_loop_test(tests, what_cannot_be_bound_is_named, 0, COUNT(bad));
    tcase_add_test(tests, bound_document_cannot_become_a_key);
    tcase_add_test(tests, stages_are_counted_on_after_those_that_are_there);
    tcase_add_test(tests, hundred_levels_are_bound);
    tcase_add_loop_test(tests, variables_are_visited_in_order_until_told_to_stop, 0, COUNT(visits));
    return run_case(tests, "bind");
}

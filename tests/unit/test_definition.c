#include "core/definition.h"
#include "tests/unit/unit.h"

static const char good[] =
    "{'title': 'T', 'group': 'g', 'summary': 'S.', 'formula': 'F.', 'source': 'order',"
    " 'dimensions': ['region', 'day'], 'measures': ['sales'],"
    " 'parameters': ['limit', 'sort', 'to', 'from', 'region', 'from'],"
    " 'defaults': {'sort': '-sales', 'limit': 7, 'granularity': 'week'}, 'needs': ['cost'],"
    " 'pipeline': [{'$match': {'$var': 'filter'}}, {'$limit': {'$var': 'limit'}}],"
    " 'columns': [{'name': 'region', 'type': 'string', 'text': 'R', 'key': true},"
    "             {'name': 'sales', 'type': 'money', 'text': 'S', 'empty': 0},"
    "             {'name': 'note', 'type': 'number', 'text': 'N', 'unit': 'days', 'sortable': false}],"
    " 'chart': {'type': 'bar'}}";

static char *folder, *path;
static struct error err;

static void make_folder(void)
{
    folder = temporary_folder();
    err = (struct error){0};
}

static void drop_folder(void)
{
    temporary_remove(folder);
}

/* Reads a definition with members replaced, or taken away where they are null. */
static struct definition *read_with(const char *changes)
{
    json_t *json = json_of(good), *other = json_of(changes), *value;
    struct definition *d;
    const char *key;
    char *text;
    json_object_foreach(other, key, value)
    {
        if (json_is_null(value))
            json_object_del(json, key);
        else
            json_object_set(json, key, value);
    }
    text = json_dumps(json, 0);
    path = temporary_file_in(folder, "kpi.json", text, strlen(text));
    d = definition_read(path, "kpi", &err);
    free(text);
    json_decref(json);
    json_decref(other);
    return d;
}

static void assert_refused(struct definition *d, const char *expected)
{
    char sentence[4096];
    snprintf(sentence, sizeof sentence, "%s: %s", path, expected);
    ck_assert_msg(d == NULL, "was taken, but should be refused: %s", expected);
    assert_error(&err, ERROR_INVALID, sentence);
}

START_TEST(good_definition_is_read_whole)
{
    struct definition *d = read_with("{}");
    ck_assert_msg(d != NULL, "%s", err.message);
    ck_assert_str_eq(d->name, "kpi");
    ck_assert_str_eq(d->title, "T");
    ck_assert_str_eq(d->group, "g");
    ck_assert_str_eq(d->summary, "S.");
    ck_assert_str_eq(d->formula, "F.");
    ck_assert_str_eq(d->source, "order");
    ck_assert_uint_eq(d->dimension_count, 2);
    ck_assert_str_eq(d->dimensions[1], "day");
    ck_assert_uint_eq(d->measure_count, 1);
    ck_assert_uint_eq(d->need_count, 1);
    ck_assert(!d->single_row);
    ck_assert(!d->all_orders);
    ck_assert(!d->keep);
    ck_assert_uint_eq(d->defaults.sort, 1);
    ck_assert(d->defaults.descending);
    ck_assert_int_eq(d->defaults.limit, 7);
    ck_assert_int_eq(d->defaults.granularity, GRANULARITY_WEEK);
    ck_assert_uint_eq(strlen(d->hash), 32);
    assert_bson_array(d->pipeline, "[{'$match': {'$var': 'filter'}}, {'$limit': {'$var': 'limit'}}]");
    definition_free(d);
    temporary_unlink(path);
}
END_TEST

START_TEST(kept_definition_is_marked)
{
    struct definition *d = read_with("{'keep': true}");
    ck_assert_msg(d != NULL, "%s", err.message);
    ck_assert(d->keep);
    definition_free(d);
    temporary_unlink(path);
}
END_TEST

START_TEST(what_has_no_range_is_not_compared)
{
    struct definition *d = read_with("{'parameters': ['to', 'sort']}");
    ck_assert(!definition_takes(d, PARAMETER_COMPARE));
    ck_assert(definition_takes(d, PARAMETER_FORMAT) && definition_takes(d, PARAMETER_EXPLAIN));
    definition_free(d);
    temporary_unlink(path);
}
END_TEST

START_TEST(parameters_are_in_the_order_of_the_table_and_once)
{
    static const char *const names[] = {"from", "to", "compare", "region", "sort", "limit", "format", "explain"};
    struct definition *d = read_with("{}");
    ck_assert_uint_eq(d->parameter_count, COUNT(names));
    for (int i = 0; i < COUNT(names); i++)
        ck_assert_str_eq(d->parameters[i]->name, names[i]);
    ck_assert(definition_takes(d, PARAMETER_LIMIT) && !definition_takes(d, PARAMETER_OFFSET));
    definition_free(d);
    temporary_unlink(path);
}
END_TEST

START_TEST(columns_keep_what_the_file_says_of_them)
{
    struct definition *d = read_with("{}");
    const struct column *region = &d->columns[0], *sales = &d->columns[1], *note = &d->columns[2];
    ck_assert_uint_eq(d->column_count, 3);
    ck_assert(region->type == COLUMN_STRING && region->key && region->sortable && !region->zero_if_none);
    ck_assert(sales->type == COLUMN_MONEY && !sales->key && sales->zero_if_none && !sales->nullable);
    ck_assert(note->type == COLUMN_NUMBER && !note->sortable && note->nullable);
    ck_assert_str_eq(note->unit, "days");
    ck_assert_ptr_null(sales->unit);
    ck_assert_ptr_eq(definition_column(d, "note"), note);
    ck_assert_ptr_null(definition_column(d, "Note"));
    ck_assert_ptr_null(definition_column(d, ""));
    definition_free(d);
    temporary_unlink(path);
}
END_TEST

START_TEST(what_may_be_null_is_what_the_file_says)
{
    struct definition *d =
        read_with("{'columns': [{'name': 'region', 'type': 'string', 'text': 'R'},"
                  "             {'name': 'sales', 'type': 'money', 'text': 'S', 'empty': 0},"
                  "             {'name': 'a', 'type': 'money', 'text': 'A', 'empty': 0, 'nullable': true},"
                  "             {'name': 'b', 'type': 'money', 'text': 'B', 'nullable': false}]}");
    ck_assert_msg(d != NULL, "%s", err.message);
    ck_assert(d->columns[0].nullable);
    ck_assert(!d->columns[1].nullable);
    ck_assert(d->columns[2].nullable);
    ck_assert(!d->columns[3].nullable);
    definition_free(d);
    temporary_unlink(path);
}
END_TEST

START_TEST(what_may_be_left_out_has_a_default)
{
    struct definition *d = read_with("{'source': null, 'dimensions': null, 'measures': null, 'defaults': null,"
                                     " 'needs': null, 'parameters': ['from']}");
    ck_assert_msg(d != NULL, "%s", err.message);
    ck_assert_ptr_null(d->source);
    ck_assert_uint_eq(d->dimension_count + d->measure_count + d->need_count, 0);
    ck_assert_uint_eq(d->defaults.sort, d->column_count);
    ck_assert_int_eq(d->defaults.limit, 100);
    ck_assert_int_eq(d->defaults.granularity, GRANULARITY_MONTH);
    definition_free(d);
    temporary_unlink(path);
}
END_TEST

START_TEST(hash_is_of_the_content_and_not_of_its_layout)
{
    struct definition *a = read_with("{}"), *b, *c;
    char *text = json_dumps(a->json, JSON_INDENT(7)), *pretty;
    temporary_unlink(path);
    pretty = temporary_file_in(folder, "pretty.json", text, strlen(text));
    b = definition_read(pretty, "pretty", &err);
    ck_assert_str_eq(a->hash, b->hash);
    temporary_unlink(pretty);
    c = read_with("{'title': 'U'}");
    ck_assert_str_ne(a->hash, c->hash);
    definition_free(a);
    definition_free(b);
    definition_free(c);
    free(text);
    temporary_unlink(path);
}
END_TEST

static const struct {
    const char *changes, *expected;
} bad[] = {
    {"{'title': null}", "$: 'title' is missing"},
    {"{'chart': null}", "$: 'chart' is missing"},
    {"{'pipeline': null}", "$: 'pipeline' is missing"},
    {"{'pipeline': {}}", "$.pipeline: must be an array"},
    {"{'colums': []}", "$.colums: unknown key; did you mean 'columns'?"},
    {"{'single_row': 'yes'}", "$.single_row: must be true or false"},
    {"{'all_orders': 'yes'}", "$.all_orders: must be true or false"},
    {"{'keep': 1}", "$.keep: must be true or false"},
    {"{'dimensions': ['a', 2]}", "$.dimensions[1]: must be a string"},
    {"{'measures': [null]}", "$.measures[0]: must be a string"},
    {"{'needs': [['cost']]}", "$.needs[0]: must be a string"},
    {"{'own_filters': ['sort']}", "$.own_filters[0]: 'sort' is no filter among $.parameters"},
    {"{'own_filters': ['city']}", "$.own_filters[0]: 'city' is no filter among $.parameters"},
    {"{'own_filters': ['region']}", "$.own_filters[0]: the pipeline has no {\"$var\": \"region\"}"},
    {"{'pipeline': [{'$match': {'$expr': {'$in': ['$region', {'$var': 'region'}]}}}]}",
     "$.pipeline: the variable 'region' has a value only among $.own_filters"},
    {"{'parameters': [1]}", "$.parameters[0]: must be a string"},
    {"{'parameters': ['from', 'regoin']}", "$.parameters[1]: unknown parameter 'regoin'; did you mean 'region'?"},
    {"{'parameters': ['nothing-like-it']}", "$.parameters[0]: unknown parameter 'nothing-like-it'"},
    {"{'columns': []}", "$.columns: a KPI has 1 to 64"},
    {"{'columns': [1]}", "$.columns[0]: must be an object"},
    {"{'columns': [{'name': 'x', 'type': 'string'}]}", "$.columns[0]: 'text' is missing"},
    {"{'columns': [{'name': 'x', 'type': 'text', 'text': 'X'}]}",
     "$.columns[0].type: 'text' is none of string, money, count, ratio, number, day, time, bool"},
    {"{'columns': [{'name': 'sales', 'type': 'money', 'text': 'X', 'empty': 1}]}", "$.columns[0].empty: can only be 0"},
    {"{'columns': [{'name': 'sales', 'type': 'money', 'text': 'X', 'empty': null}]}",
     "$.columns[0].empty: must be a whole number"},
    {"{'columns': [{'name': 'x', 'type': 'day', 'text': 'X'}, {'name': 'x', 'type': 'day', 'text': 'X'}]}",
     "$.columns[1].name: there are two columns 'x'"},
    {"{'columns': [{'name': 'x', 'type': 'day', 'text': 'X', 'unitt': 'd'}]}",
     "$.columns[0].unitt: unknown key; did you mean 'unit'?"},
    {"{'defaults': {'sorting': 'x'}}", "$.defaults.sorting: unknown key"},
    {"{'defaults': {'sort': 'sales', 'limit': 0}}", "$.defaults.limit: must be from 1 to 10000"},
    {"{'defaults': {'sort': 'sales', 'limit': 10001}}", "$.defaults.limit: must be from 1 to 10000"},
    {"{'defaults': {'sort': 'sales', 'limit': 4294967297}}", "$.defaults.limit: must be from 1 to 10000"},
    {"{'defaults': {'sort': 'sales', 'granularity': 'hour'}}",
     "$.defaults.granularity: 'hour' is none of day, week, month, quarter, year"},
    {"{'defaults': {}}", "$.defaults.sort: a KPI with the parameter sort needs a default order"},
    {"{'defaults': {'sort': 'profit'}}", "$.defaults.sort: 'profit' is no column to sort by"},
    {"{'defaults': {'sort': '--sales'}}", "$.defaults.sort: '--sales' is no column to sort by"},
    {"{'defaults': {'sort': '-'}}", "$.defaults.sort: '-' is no column to sort by"},
    {"{'defaults': {'sort': 'note'}}", "$.defaults.sort: 'note' is no column to sort by"},
};

START_TEST(mistake_is_said_with_file_place_and_reason)
{
    assert_refused(read_with(bad[_i].changes), bad[_i].expected);
    temporary_unlink(path);
}
END_TEST

START_TEST(columns_are_64_at_most)
{
    for (int count = 64; count <= 65; count++) {
        json_t *changes = json_object(), *columns = json_array();
        struct definition *d;
        char *text;
        for (int i = 0; i < count; i++)
            json_array_append_new(columns, json_pack("{s:o, s:s, s:s}", "name",
                                                     i ? json_sprintf("c%d", i) : json_string("sales"), "type", "count",
                                                     "text", "C"));
        json_object_set_new(changes, "columns", columns);
        text = json_dumps(changes, 0);
        d = read_with(text);
        if (count == 64)
            ck_assert_msg(d != NULL, "%s", err.message);
        else
            assert_refused(d, "$.columns: a KPI has 1 to 64");
        definition_free(d);
        free(text);
        json_decref(changes);
        temporary_unlink(path);
    }
}
END_TEST

START_TEST(pipeline_without_end_of_depth_is_refused)
{
    char deep[1024] = "{'pipeline': [{'$match': {'a': ";
    for (int i = 0; i < 110; i++)
        strcat(deep, "[");
    strcat(deep, "1");
    for (int i = 0; i < 110; i++)
        strcat(deep, "]");
    strcat(deep, "}}]}");
    ck_assert_ptr_null(read_with(deep));
    ck_assert_int_eq(strncmp(err.message, path, strlen(path)), 0);
    ck_assert_ptr_nonnull(strstr(err.message, ": $.pipeline"));
    ck_assert_ptr_nonnull(strstr(err.message, "too deep"));
    temporary_unlink(path);
}
END_TEST

START_TEST(file_that_is_no_json_is_refused_with_its_line)
{
    path = temporary_file_in(folder, "kpi.json", "{\n\"a\": }", 8);
    ck_assert_ptr_null(definition_read(path, "kpi", &err));
    ck_assert_ptr_nonnull(strstr(err.message, ": line 2: "));
    temporary_unlink(path);
    path = temporary_file_in(folder, "kpi.json", "[]", 2);
    assert_refused(definition_read(path, "kpi", &err), "$: must be an object");
    temporary_unlink(path);
}
END_TEST

START_TEST(nothing_is_freed)
{
    definition_free(NULL);
    source_free(NULL);
    menu_free(NULL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("definition");
    tcase_add_checked_fixture(tests, make_folder, drop_folder);
    tcase_add_test(tests, good_definition_is_read_whole);
    tcase_add_test(tests, kept_definition_is_marked);
    tcase_add_test(tests, what_has_no_range_is_not_compared);
    tcase_add_test(tests, parameters_are_in_the_order_of_the_table_and_once);
    tcase_add_test(tests, columns_keep_what_the_file_says_of_them);
    tcase_add_test(tests, what_may_be_null_is_what_the_file_says);
    tcase_add_test(tests, what_may_be_left_out_has_a_default);
    tcase_add_test(tests, hash_is_of_the_content_and_not_of_its_layout);
    tcase_add_loop_test(tests, mistake_is_said_with_file_place_and_reason, 0, COUNT(bad));
    tcase_add_test(tests, columns_are_64_at_most);
    tcase_add_test(tests, pipeline_without_end_of_depth_is_refused);
    tcase_add_test(tests, file_that_is_no_json_is_refused_with_its_line);
    tcase_add_test(tests, nothing_is_freed);
    return run_case(tests, "definition");
}

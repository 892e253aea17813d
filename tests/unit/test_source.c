#include "core/definition.h"
#include "tests/unit/unit.h"

static char *folder, *path;
static struct error err;

static void make_folder(void)
{
    folder = temporary_folder();
    err = (struct error){0};
}

static void drop_folder(void)
{
    temporary_unlink(path);
    temporary_remove(folder);
}

static void write_file(const char *text)
{
    char *json = quoted(text);
    path = temporary_file_in(folder, "line.json", json, strlen(json));
    free(json);
}

static struct source *source_of(const char *text)
{
    write_file(text);
    return source_read(path, "line", &err);
}

START_TEST(good_source_is_read_whole)
{
    struct source *s = source_of("{'title': 'Lines', 'collection': 'orders', 'cost': 9000000000, 'unwind': 'items',"
                                 " 'filters': true, 'dimensions': {'category': 'items.category', 'day': 'day',"
                                 " 'odd': 'itemsof.x', 'deep': 'a.b.c'},"
                                 " 'measures': {'units': 'items.quantity', 'orders': {'orders': {'$max': '$orders'}}},"
                                 " 'pipeline': [{'$unwind': '$items'}], 'indexes': []}");
    const struct field *category, *orders;
    ck_assert_msg(s != NULL, "%s", err.message);
    ck_assert_str_eq(s->name, "line");
    ck_assert_str_eq(s->title, "Lines");
    ck_assert_str_eq(s->collection, "orders");
    ck_assert_int_eq(s->cost, 9000000000);
    ck_assert(s->filters);
    ck_assert_uint_eq(s->dimension_count, 4);
    category = source_dimension(s, "category");
    ck_assert_str_eq(category->path, "items.category");
    ck_assert_str_eq(category->field, "category");
    ck_assert(category->in_items);
    ck_assert(!source_dimension(s, "day")->in_items);
    ck_assert(!source_dimension(s, "odd")->in_items);
    ck_assert_str_eq(source_dimension(s, "deep")->field, "c");
    ck_assert_ptr_null(source_dimension(s, "units"));
    ck_assert_ptr_null(source_measure(s, "category"));
    ck_assert_str_eq(source_measure(s, "units")->field, "quantity");
    ck_assert_ptr_null(source_measure(s, "units")->sums);
    orders = source_measure(s, "orders");
    assert_bson(orders->sums, "{'orders': {'$max': '$orders'}}");
    assert_bson_array(s->pipeline, "[{'$unwind': '$items'}]");
    source_free(s);
}
END_TEST

START_TEST(source_of_nothing_is_good)
{
    struct source *s = source_of("{'title': '', 'collection': 'c', 'cost': -1, 'dimensions': {}, 'measures': {},"
                                 " 'pipeline': []}");
    ck_assert_msg(s != NULL, "%s", err.message);
    ck_assert(!s->filters && s->cost == -1 && !s->dimension_count && !s->measure_count);
    ck_assert_ptr_null(source_dimension(s, ""));
    source_free(s);
}
END_TEST

#define REST "'title': 'T', 'collection': 'c', 'cost': 1, 'pipeline': []"

static const struct {
    const char *text, *expected;
} bad[] = {
    {"{" REST ", 'measures': {}}", "$: 'dimensions' is missing"},
    {"{" REST ", 'dimensions': {}, 'measures': []}", "$.measures: must be an object"},
    {"{" REST ", 'dimensions': {'a': 1}, 'measures': {}}", "$.dimensions.a: must be a field path"},
    {"{" REST ", 'dimensions': {'a': {}}, 'measures': {}}", "$.dimensions.a: must be a field path"},
    {"{" REST ", 'dimensions': {}, 'measures': {'a': null}}",
     "$.measures.a: must be a field path, or accumulators that are not too deep"},
    {"{" REST ", 'dimensions': {}, 'measures': {'good': {'a': {}}, 'a': []}}",
     "$.measures.a: must be a field path, or accumulators that are not too deep"},
    {"{" REST ", 'dimensions': {}, 'measures': {}, 'filter': true}", "$.filter: unknown key; did you mean 'filters'?"},
    {"{'title': 'T', 'collection': 'c', 'cost': '1', 'pipeline': [], 'dimensions': {}, 'measures': {}}",
     "$.cost: must be a whole number"},
    {"[]", "$: must be an object"},
};

static void assert_refused(const char *expected)
{
    char sentence[4096];
    snprintf(sentence, sizeof sentence, "%s: %s", path, expected);
    assert_error(&err, ERROR_INVALID, sentence);
}

START_TEST(mistake_in_a_source_is_said_with_file_place_and_reason)
{
    ck_assert_ptr_null(source_of(bad[_i].text));
    assert_refused(bad[_i].expected);
}
END_TEST

/* Levels of [[…]] around a number, after a text and before another. */
static const char *deep(const char *before, const char *after)
{
    static char text[1024];
    snprintf(text, sizeof text, "%s", before);
    for (int i = 0; i < 110; i++)
        strcat(text, "[");
    strcat(text, "1");
    for (int i = 0; i < 110; i++)
        strcat(text, "]");
    strcat(text, after);
    return text;
}

static void assert_too_deep(void)
{
    ck_assert_int_eq(strncmp(err.message, path, strlen(path)), 0);
    ck_assert_ptr_nonnull(strstr(err.message, ": $.pipeline"));
    ck_assert_ptr_nonnull(strstr(err.message, "too deep"));
}

START_TEST(pipeline_without_end_of_depth_is_refused)
{
    ck_assert_ptr_null(source_of(deep("{'title': 'T', 'collection': 'c', 'cost': 1, 'dimensions': {}, 'measures': {},"
                                      " 'pipeline': [{'$match': {'a': ",
                                      "}}]}")));
    assert_too_deep();
}
END_TEST

START_TEST(measure_without_end_of_depth_is_refused)
{
    ck_assert_ptr_null(source_of(deep("{" REST ", 'dimensions': {}, 'measures': {'a': {'b': ", "}}}")));
    assert_refused("$.measures.a: must be a field path, or accumulators that are not too deep");
}
END_TEST

START_TEST(good_menu_is_read_whole)
{
    struct menu *menu;
    write_file("{'title': 'City', 'collection': 'locations', 'pipeline': [{'$match': {'city': {'$var': 'prefix'}}}]}");
    menu = menu_read(path, "city", &err);
    ck_assert_msg(menu != NULL, "%s", err.message);
    ck_assert_str_eq(menu->name, "city");
    ck_assert_str_eq(menu->title, "City");
    ck_assert_str_eq(menu->collection, "locations");
    assert_bson_array(menu->pipeline, "[{'$match': {'city': {'$var': 'prefix'}}}]");
    menu_free(menu);
}
END_TEST

static const struct {
    const char *text, *expected;
} bad_menus[] = {
    {"{'title': 'T', 'pipeline': []}", "$: 'collection' is missing"},
    {"{'title': 'T', 'collection': 1, 'pipeline': []}", "$.collection: must be a string"},
    {"{'title': 'T', 'collection': 'c', 'pipeline': [], 'cost': 1}", "$.cost: unknown key"},
};

START_TEST(mistake_in_a_menu_is_said_with_file_place_and_reason)
{
    write_file(bad_menus[_i].text);
    ck_assert_ptr_null(menu_read(path, "city", &err));
    assert_refused(bad_menus[_i].expected);
}
END_TEST

START_TEST(menu_without_end_of_depth_is_refused)
{
    write_file(deep("{'title': 'T', 'collection': 'c', 'pipeline': [{'$match': {'a': ", "}}]}"));
    ck_assert_ptr_null(menu_read(path, "city", &err));
    assert_too_deep();
}
END_TEST

START_TEST(file_that_is_not_there_is_no_source_and_no_menu)
{
    path = strdup("no/such.json");
    ck_assert_ptr_null(source_read(path, "x", &err));
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ck_assert_ptr_null(menu_read(path, "x", &err));
    ck_assert_ptr_nonnull(strstr(err.message, path));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("source");
    tcase_add_checked_fixture(tests, make_folder, drop_folder);
    tcase_add_test(tests, good_source_is_read_whole);
    tcase_add_test(tests, source_of_nothing_is_good);
    tcase_add_loop_test(tests, mistake_in_a_source_is_said_with_file_place_and_reason, 0, COUNT(bad));
    tcase_add_test(tests, pipeline_without_end_of_depth_is_refused);
    tcase_add_test(tests, measure_without_end_of_depth_is_refused);
    tcase_add_test(tests, good_menu_is_read_whole);
    tcase_add_loop_test(tests, mistake_in_a_menu_is_said_with_file_place_and_reason, 0, COUNT(bad_menus));
    tcase_add_test(tests, menu_without_end_of_depth_is_refused);
    tcase_add_test(tests, file_that_is_not_there_is_no_source_and_no_menu);
    return run_case(tests, "source");
}

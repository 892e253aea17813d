#include "core/definition.h"
#include "core/lint.h"
#include "tests/unit/unit.h"

/* What is right by every rule; the cases change a member of it. */
static const char good[] =
    "{'title': 'T', 'group': 'g', 'summary': 'S.', 'formula': 'F.', 'dimensions': ['region'], 'measures': ['sales'],"
    " 'parameters': ['from', 'region', 'sort', 'limit', 'offset'], 'defaults': {'sort': '-sales'},"
    " 'pipeline': [{'$match': {'$var': 'filter'}}, {'$sort': {'$var': 'sort'}}, {'$skip': {'$var': 'offset'}},"
    "              {'$limit': {'$var': 'limit'}}],"
    " 'columns': [{'name': 'region', 'type': 'string', 'text': 'R', 'key': true},"
    "             {'name': 'sales', 'type': 'money', 'text': 'S', 'empty': 0}],"
    " 'chart': {'type': 'bar', 'x': 'region', 'y': ['sales']}}";

static struct mistakes found, warned;

static void forget(void)
{
    mistakes_release(&found);
    mistakes_release(&warned);
}

static void lint_with(const char *changes)
{
    json_t *json = json_of(good), *other = json_of(changes);
    struct definition *d;
    json_object_update(json, other);
    d = definition_parse(json, "kpi", &found);
    ck_assert_msg(d != NULL, "%s: cannot be read", changes);
    lint_definition(d, &found, &warned);
    definition_free(d);
    json_decref(other);
}

START_TEST(what_is_meant_is_left_alone)
{
    lint_with("{}");
    ck_assert_msg(found.count == 0, "%s", found.count ? found.list[0].reason : "");
}
END_TEST

#define MATCH "{'$match': {'$var': 'filter'}}"

static const struct {
    const char *changes, *place, *says;
} bad[] = {
    {"{'title': ''}", "$.title", "is empty"},
    {"{'measures': ['sales', 'sales']}", "$.measures[1]", "is there twice"},
    {"{'pipeline': []}", "$.pipeline", "has no stage"},
    {"{'pipeline': [" MATCH "]}", "$.pipeline", "the parameter sort would change nothing"},
    {"{'pipeline': [{'$sort': {'$var': 'sort'}}, {'$skip': {'$var': 'offset'}}, {'$limit': {'$var': 'limit'}}]}",
     "$.pipeline", "the parameter from would change nothing"},
    {"{'parameters': ['from', 'sort', 'limit']}", "$.parameters", "'$var'"},
    {"{'parameters': ['from', 'sort', 'limit', 'offset', 'granularity']}", "$.pipeline", "granularity"},
    {"{'single_row': true}", "$.parameters", "takes no sort"},
    {"{'single_row': true, 'parameters': [], 'pipeline': [{'$limit': 1}], 'defaults': {'limit': 1}}",
     "$.defaults.limit", "not taken"},
    {"{'columns': [{'name': 'sales', 'type': 'money', 'text': 'S'}], 'chart': {'type': 'number', 'y': ['sales']}}",
     "$.columns", "pages overlap"},
    {"{'chart': {'type': 'cake', 'y': ['sales']}}", "$.chart.type", "is none of"},
    {"{'chart': {'type': 'bar', 'x': 'day', 'y': ['sales']}}", "$.chart.x", "there is no column"},
    {"{'chart': {'type': 'bar', 'y': ['sales', 7]}}", "$.chart.y[1]", "the name of a column"},
    {"{'chart': {'type': 'bar', 'y': ['sales'], 'overview': 0}}", "$.chart.overview", "1 or more"},
    {"{'chart': {'type': 'bar', 'y': ['sales'], 'order': -1}}", "$.chart.order", "1 or more"},
    {"{'chart': {'type': 'bar', 'y': ['sales'], 'size': 'huge'}}", "$.chart.size", "is none of"},
};

START_TEST(what_is_never_meant_is_said_with_its_place)
{
    char *says = quoted(bad[_i].says);
    bool said = false;
    lint_with(bad[_i].changes);
    for (size_t i = 0; i < found.count; i++)
        said |= strcmp(found.list[i].place, bad[_i].place) == 0 && strstr(found.list[i].reason, says);
    ck_assert_msg(said, "%s: %zu mistakes, none of them at %s", bad[_i].changes, found.count, bad[_i].place);
    free(says);
}
END_TEST

START_TEST(source_that_says_it_filters_must_do_so)
{
    json_t *json = json_of("{'title': 'T', 'collection': 'c', 'cost': 1, 'dimensions': {}, 'measures': {},"
                           " 'filters': true, 'pipeline': [{'$unwind': '$items'}]}");
    struct source *source = source_parse(json, "s", &found);
    ck_assert_ptr_nonnull(source);
    lint_source(source, &found);
    ck_assert_uint_eq(found.count, 1);
    source_free(source);
}
END_TEST

/* Of a source with such a pipeline and such measures; quotes as in json_of(). */
static void lint_source_of(const char *pipeline, const char *measures)
{
    json_t *json = json_of("{'title': 'T', 'collection': 'orders', 'cost': 1, 'dimensions': {'order': '_id'}}");
    struct source *source;
    json_object_set_new(json, "pipeline", json_of(pipeline));
    json_object_set_new(json, "measures", json_of(measures));
    source = source_parse(json, "s", &found);
    ck_assert_msg(source != NULL, "%s: %s", pipeline, found.count ? found.list[0].reason : "");
    lint_source(source, &found);
    source_free(source);
}

START_TEST(measure_at_another_path_must_be_brought_to_its_name)
{
    lint_source_of("[]", "{'sales': 'sales'}");
    lint_source_of("[{'$set': {'sales': '$gross'}}]", "{'sales': 'gross'}");
    lint_source_of("[{'$project': {'$var': 'item_fields'}}]", "{'sales': 'gross'}");
    lint_source_of("[{'$replaceWith': '$$ROOT'}]", "{'sales': 'gross'}");
    ck_assert_msg(found.count == 0, "%s", found.count ? found.list[0].reason : "");
    lint_source_of("[{'$match': {'sales': 1}}]", "{'sales': 'gross', 'units': 'units'}");
    ck_assert_uint_eq(found.count, 1);
    ck_assert_str_eq(found.list[0].place, "$.measures.sales");
    ck_assert_ptr_nonnull(strstr(found.list[0].reason, "{\"$set\": {\"sales\": \"$gross\"}}"));
}
END_TEST

START_TEST(dimension_inside_a_list_must_be_brought_to_its_name)
{
    json_t *json = json_of("{'title': 'T', 'collection': 'orders', 'cost': 1, 'dimensions': {'category':"
                           " 'items.category'}, 'measures': {}, 'pipeline': []}");
    struct source *source = source_parse(json, "s", &found);
    ck_assert_ptr_nonnull(source);
    lint_source(source, &found);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_str_eq(found.list[0].place, "$.dimensions.category");
    source_free(source);
}
END_TEST

START_TEST(menu_must_page_and_be_a_filters)
{
    json_t *json = json_of("{'title': 'T', 'collection': 'c', 'pipeline': [{'$match': {'city': {'$var': 'prefix'}}}]}");
    struct menu *menu = menu_parse(json, "planet", &found);
    ck_assert_ptr_nonnull(menu);
    lint_menu(menu, &found);
    ck_assert_uint_eq(found.count, 3);
    menu_free(menu);
}
END_TEST

START_TEST(shipped_definitions_are_meant)
{
    struct catalog *catalog = catalog_reload("pipelines", NULL, &found, &warned);
    ck_assert_ptr_nonnull(catalog);
    for (size_t i = 0; i < catalog->definition_count; i++)
        lint_definition(catalog->definitions[i], &found, &warned);
    for (size_t i = 0; i < catalog->source_count; i++)
        lint_source(catalog->sources[i], &found);
    for (size_t i = 0; i < catalog->menu_count; i++)
        lint_menu(catalog->menus[i], &found);
    ck_assert_msg(found.count == 0, "%s", found.count ? found.list[0].reason : "");
    catalog_release(catalog);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lint");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_test(tests, what_is_meant_is_left_alone);
    tcase_add_loop_test(tests, what_is_never_meant_is_said_with_its_place, 0, COUNT(bad));
    tcase_add_test(tests, source_that_says_it_filters_must_do_so);
    tcase_add_test(tests, measure_at_another_path_must_be_brought_to_its_name);
    tcase_add_test(tests, dimension_inside_a_list_must_be_brought_to_its_name);
    tcase_add_test(tests, menu_must_page_and_be_a_filters);
    tcase_add_test(tests, shipped_definitions_are_meant);
    return run_case(tests, "lint");
}

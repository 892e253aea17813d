#include "core/catalog.h"
#include "core/dataset.h"
#include "core/rollup.h"
#include "tests/unit/unit.h"

#include <pthread.h>

/* What is right by every rule; members is what it has besides. */
#define RIGHT(title, parameters, members)                                                                              \
    "{'title': '" title "', 'group': 'g', 'summary': 'S', 'formula': 'F', 'parameters': [" parameters "],"             \
    " 'single_row': true, 'pipeline': [{'$match': {'$var': 'filter'}}, {'$group': {'_id': null, 'x': {'$sum': 1}}}],"  \
    " 'columns': [{'name': 'x', 'type': 'count', 'text': 'X'}], 'chart': {'type': 'number', 'y': ['x']}" members "}"
#define KPI                       RIGHT("T", "'from'", "")
#define ASKS(members, parameters) RIGHT("T", parameters, members)
#define TITLED(title, members)    RIGHT(title, "", members)
#define SOURCE(cost)                                                                                                   \
    "{'title': 'T', 'collection': 'c', 'cost': " cost ", 'dimensions': {'day': 'day'}, 'measures': {},"                \
    " 'pipeline': []}"
#define MENU                                                                                                           \
    "{'title': 'T', 'collection': 'c', 'pipeline': [{'$match': {'value': {'$var': 'prefix'}}},"                        \
    " {'$sort': {'value': 1}}, {'$skip': {'$var': 'offset'}}, {'$limit': {'$var': 'limit'}}]}"

static char *root;
static struct error err;

static void make_root(void)
{
    root = temporary_pipelines();
    err = (struct error){0};
}

static void drop_root(void)
{
    remove_pipelines(root);
}

static void make_folder(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static struct catalog *loaded(void)
{
    struct catalog *catalog = catalog_load(root, &err);
    ck_assert_msg(catalog != NULL, "%s", err.message);
    return catalog;
}

static const struct {
    const char *kpi, *says;
} unanswered[] = {
    {ASKS(", 'source': 'none'", ""), "$.source: there is no source 'none'"},
    {ASKS(", 'dimensions': ['planet']", ""), "no source has a dimension or measure 'planet'"},
    {ASKS(", 'measures': ['sales', 'slaes']", ""), "no source has a dimension or measure 'slaes'"},
    {ASKS("", "'city'"), "no single source has all"},
    {ASKS(", 'source': 'cheap'", "'from'"), "no single source has all"},
    {ASKS(", 'source': 'cheap'", "'period'"), "no single source has all"},
    {ASKS(", 'measures': ['sales', 'orders'], 'source': 'cheap'", ""), "no single source has all"},
    {ASKS(", 'needs': ['costs']", ""), "$.needs[0]: 'costs' is none of cost, discount"},
};

START_TEST(definition_that_no_source_answers_is_refused_when_read)
{
    put_file(root, "kpi/kpi.json", unanswered[_i].kpi);
    put_file(
        root, "source/cheap.json",
        "{'title': 'T', 'collection': 'c', 'cost': 1, 'dimensions': {'region': 'r'}, 'measures': {'sales': 'sales'},"
        " 'pipeline': []}");
    put_file(root, "source/dear.json",
             "{'title': 'T', 'collection': 'c', 'cost': 2, 'dimensions': {'region': 'r', 'day': 'd'},"
             " 'measures': {'sales': 'sales', 'orders': 'orders'}, 'pipeline': []}");
    ck_assert_ptr_null(catalog_load(root, &err));
    ck_assert_msg(strstr(err.message, "kpi/kpi.json") && strstr(err.message, unanswered[_i].says), "%s", err.message);
}
END_TEST

START_TEST(definitions_are_found_by_name_and_sources_are_cheapest_first)
{
    struct catalog *catalog;
    put_file(root, "kpi/b.json", KPI);
    put_file(root, "kpi/a-b.json", KPI);
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "kpi/a1.json", KPI);
    put_file(root, "source/dear.json", SOURCE("9000000000"));
    put_file(root, "source/cheap.json", SOURCE("1"));
    put_file(root, "source/also-cheap.json", SOURCE("1"));
    put_file(root, "source/dearer.json", SOURCE("9000000001"));
    put_file(root, "dimension/city.json", MENU);
    put_file(root, "dimension/state.json", MENU);
    catalog = loaded();
    ck_assert_uint_eq(catalog->definition_count, 4);
    for (size_t i = 0; i < catalog->definition_count; i++) {
        ck_assert_ptr_eq(catalog_find(catalog, catalog->definitions[i]->name), catalog->definitions[i]);
        ck_assert(i == 0 || strcmp(catalog->definitions[i - 1]->name, catalog->definitions[i]->name) < 0);
    }
    ck_assert_ptr_null(catalog_find(catalog, "c"));
    ck_assert_ptr_null(catalog_find(catalog, ""));
    ck_assert_ptr_null(catalog_find(catalog, "A"));
    ck_assert_str_eq(catalog->sources[0]->name, "also-cheap");
    ck_assert_str_eq(catalog->sources[1]->name, "cheap");
    ck_assert_str_eq(catalog->sources[2]->name, "dear");
    ck_assert_str_eq(catalog->sources[3]->name, "dearer");
    ck_assert_ptr_eq(catalog_source(catalog, "dear"), catalog->sources[2]);
    ck_assert_ptr_null(catalog_source(catalog, "city"));
    ck_assert_str_eq(catalog_menu(catalog, "city")->name, "city");
    ck_assert_ptr_null(catalog_menu(catalog, "dear"));
    ck_assert_uint_eq(catalog->menu_count, 2);
    ck_assert_str_eq(catalog->menus[0]->name, "city");
    ck_assert_str_eq(catalog->menus[1]->name, "state");
    catalog_release(catalog);
}
END_TEST

START_TEST(nearest_definition_is_the_guess)
{
    struct catalog *catalog;
    put_file(root, "kpi/total-sales.json", KPI);
    put_file(root, "kpi/total-profit.json", KPI);
    put_file(root, "source/s.json", SOURCE("1"));
    catalog = loaded();
    ck_assert_str_eq(catalog_nearest(catalog, "totalsales"), "total-sales");
    ck_assert_ptr_null(catalog_nearest(catalog, "zzz"));
    catalog_release(catalog);
}
END_TEST

START_TEST(other_files_are_not_looked_at)
{
    struct catalog *catalog;
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "kpi/README.md", "no JSON");
    put_file(root, "kpi/.hidden.json", "no JSON");
    put_file(root, "kpi/a.json~", "no JSON");
    put_file(root, "kpi/.json", "no JSON");
    put_file(root, "source/s.json", SOURCE("1"));
    catalog = loaded();
    ck_assert_uint_eq(catalog->definition_count, 1);
    catalog_release(catalog);
}
END_TEST

/* A file that spoils a good folder, and the sentence behind the folder's path. */
static const struct {
    const char *file, *text, *expected;
} bad[] = {
    {"kpi/b.json", "{}", "/kpi/b.json: $: 'title' is missing"},
    {"source/b.json", "{}", "/source/b.json: $: 'title' is missing"},
    {"dimension/b.json", "{}", "/dimension/b.json: $: 'title' is missing"},
    {"kpi/B.json", KPI, "/kpi/B.json: a file's name must be a-z, 0-9, - and _, starting with a letter"},
    {"kpi/1.json", KPI, "/kpi/1.json: a file's name must be a-z, 0-9, - and _, starting with a letter"},
    {"kpi/a b.json", KPI, "/kpi/a b.json: a file's name must be a-z, 0-9, - and _, starting with a letter"},
    {"kpi/a.b.json", KPI, "/kpi/a.b.json: a file's name must be a-z, 0-9, - and _, starting with a letter"},
    {"kpi/é.json", KPI, "/kpi/é.json: a file's name must be a-z, 0-9, - and _, starting with a letter"},
    {"source/-.json", SOURCE("1"), "/source/-.json: a file's name must be a-z, 0-9, - and _, starting with a letter"},
};

START_TEST(one_bad_file_spoils_the_catalogue_and_is_named)
{
    char expected[4096];
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "kpi/c.json", KPI);
    put_file(root, "source/s.json", SOURCE("1"));
    put_file(root, "dimension/city.json", MENU);
    put_file(root, bad[_i].file, bad[_i].text);
    ck_assert_ptr_null(catalog_load(root, &err));
    snprintf(expected, sizeof expected, "%s%s", root, bad[_i].expected);
    assert_error(&err, ERROR_INVALID, expected);
}
END_TEST

START_TEST(name_of_64_bytes_is_too_long)
{
    char name[128] = "kpi/";
    struct catalog *catalog;
    put_file(root, "source/s.json", SOURCE("1"));
    memset(name + 4, 'a', 63);
    strcpy(name + 67, ".json");
    put_file(root, name, KPI);
    catalog = loaded();
    catalog_release(catalog);
    strcpy(name + 67, "a.json");
    put_file(root, name, KPI);
    ck_assert_ptr_null(catalog_load(root, &err));
}
END_TEST

START_TEST(folder_in_place_of_a_file_is_refused)
{
    char path[4096];
    put_file(root, "source/s.json", SOURCE("1"));
    snprintf(path, sizeof path, "%s/kpi/x.json", root);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_ptr_null(catalog_load(root, &err));
    ck_assert_int_eq(strncmp(err.message, path, strlen(path)), 0);
}
END_TEST

START_TEST(folder_without_definitions_or_sources_is_refused)
{
    char expected[4096];
    snprintf(expected, sizeof expected, "%s has no definition or no source", root);
    ck_assert_ptr_null(catalog_load(root, &err));
    assert_error(&err, ERROR_INVALID, expected);
    put_file(root, "kpi/a.json", KPI);
    ck_assert_ptr_null(catalog_load(root, &err));
    assert_error(&err, ERROR_INVALID, expected);
}
END_TEST

START_TEST(folder_that_is_not_there_is_named_with_the_option)
{
    ck_assert_ptr_null(catalog_load("no/such", &err));
    assert_error(&err, ERROR_INVALID,
                 "the folder no/such/source cannot be read: No such file or directory; name the pipelines folder with "
                 "--pipelines");
}
END_TEST

START_TEST(catalogue_lives_until_its_last_reference_goes)
{
    struct catalog *catalog;
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "source/s.json", SOURCE("1"));
    catalog = loaded();
    ck_assert_ptr_eq(catalog_acquire(catalog), catalog);
    catalog_release(catalog);
    ck_assert_str_eq(catalog_find(catalog, "a")->title, "T");
    catalog_release(catalog);
    catalog_release(NULL);
}
END_TEST

static struct mistakes found, warned;

/* Reads the folder again over that catalogue, which goes. */
static struct catalog *reloaded(struct catalog *old)
{
    struct catalog *catalog;
    mistakes_release(&found);
    mistakes_release(&warned);
    catalog = catalog_reload(root, old, &found, &warned);
    catalog_release(old);
    ck_assert_ptr_nonnull(catalog);
    return catalog;
}

START_TEST(broken_file_leaves_the_old_definition_and_lets_the_others_change)
{
    struct catalog *catalog;
    put_file(root, "kpi/a.json", TITLED("A", ""));
    put_file(root, "kpi/b.json", TITLED("B", ""));
    put_file(root, "source/s.json", SOURCE("1"));
    put_file(root, "dimension/city.json", MENU);
    catalog = loaded();
    put_file(root, "kpi/a.json", "{");
    put_file(root, "kpi/b.json", TITLED("BB", ""));
    put_file(root, "kpi/c.json", "{}");
    put_file(root, "kpi/d.json", TITLED("D", ""));
    put_file(root, "dimension/city.json", "[]");
    catalog = reloaded(catalog);
    ck_assert_str_eq(catalog_find(catalog, "a")->title, "A");
    ck_assert_str_eq(catalog_find(catalog, "b")->title, "BB");
    ck_assert_ptr_null(catalog_find(catalog, "c"));
    ck_assert_str_eq(catalog_find(catalog, "d")->title, "D");
    ck_assert_str_eq(catalog_menu(catalog, "city")->title, "T");
    ck_assert_uint_ge(found.count, 3);
    ck_assert_ptr_nonnull(strstr(found.list[0].file, "kpi/a.json"));
    catalog = reloaded(catalog);
    ck_assert_msg(catalog_find(catalog, "a") != NULL, "it survives several reloads");
    put_file(root, "kpi/a.json", TITLED("AA", ""));
    put_file(root, "kpi/c.json", TITLED("C", ""));
    put_file(root, "dimension/city.json", MENU);
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_str_eq(catalog_find(catalog, "a")->title, "AA");
    ck_assert_str_eq(catalog_find(catalog, "c")->title, "C");
    catalog_release(catalog);
}
END_TEST

START_TEST(removed_file_is_removed_even_beside_a_broken_one)
{
    char path[4096];
    struct catalog *catalog;
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "kpi/b.json", KPI);
    put_file(root, "source/s.json", SOURCE("1"));
    catalog = loaded();
    put_file(root, "kpi/a.json", "{");
    snprintf(path, sizeof path, "%s/kpi/b.json", root);
    unlink(path);
    catalog = reloaded(catalog);
    ck_assert_ptr_nonnull(catalog_find(catalog, "a"));
    ck_assert_ptr_null(catalog_find(catalog, "b"));
    catalog_release(catalog);
}
END_TEST

#define OFFERS(measures)                                                                                               \
    "{'title': 'T', 'collection': 'c', 'cost': 1, 'dimensions': {'day': 'd'}, 'measures': {" measures                  \
    "}, 'pipeline': [{'$project': {'$var': 'item_fields'}}]}"

START_TEST(sources_are_taken_together_or_not_at_all)
{
    struct catalog *catalog;
    put_file(root, "kpi/a.json", TITLED("A", ", 'measures': ['sales']"));
    put_file(root, "source/s.json", OFFERS("'sales': 's'"));
    put_file(root, "source/t.json", OFFERS("'units': 'u'"));
    catalog = loaded();
    put_file(root, "source/s.json", OFFERS("'sales': 's2'"));
    put_file(root, "source/t.json", "{");
    catalog = reloaded(catalog);
    ck_assert_str_eq(source_measure(catalog_source(catalog, "s"), "sales")->path, "s");
    ck_assert_ptr_nonnull(catalog_source(catalog, "t"));
    /* A source that no longer offers what is asked of it is not taken either. */
    put_file(root, "source/t.json", OFFERS("'units': 'u'"));
    put_file(root, "source/s.json", OFFERS("'gross': 'g'"));
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_str_eq(catalog_find(catalog, "a")->title, "A");
    ck_assert_ptr_nonnull(source_measure(catalog_source(catalog, "s"), "sales"));
    /* But with the definition that asks for another it is. */
    put_file(root, "kpi/a.json", TITLED("A", ", 'measures': ['gross']"));
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_ptr_null(source_measure(catalog_source(catalog, "s"), "sales"));
    /* A definition that asks for what nothing offers is as it was. */
    put_file(root, "kpi/a.json", TITLED("A", ", 'measures': ['nothing']"));
    put_file(root, "kpi/b.json", TITLED("B", ", 'source': 'nowhere'"));
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_str_eq(catalog_find(catalog, "a")->measures[0], "gross");
    ck_assert_ptr_null(catalog_find(catalog, "b"));
    catalog_release(catalog);
}
END_TEST

#define ORDERS                                                                                                         \
    "{'title': 'T', 'collection': 'orders', 'cost': 1, 'dimensions': {'day': 'day', 'region': 'region'},"              \
    " 'measures': {'sales': 'sales'}, 'pipeline': []}"
#define ROLLUP(grain, more)                                                                                            \
    "{'title': 'R', 'grain': '" grain "', 'dimensions': ['region'], 'measures': ['sales']" more "}"

START_TEST(rollup_comes_behind_that_which_it_is_added_up_from)
{
    static const char *const order[] = {"z_day", "b_month", "c_month", "a_all"};
    struct catalog *catalog;
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "source/order.json", ORDERS);
    make_folder("rollup");
    put_file(root, "rollup/a_all.json", ROLLUP("all", ", 'from': 'c_month'"));
    put_file(root, "rollup/b_month.json", ROLLUP("month", ", 'from': 'z_day'"));
    put_file(root, "rollup/c_month.json", ROLLUP("month", ", 'from': 'z_day'"));
    put_file(root, "rollup/z_day.json", ROLLUP("day", ""));
    catalog = loaded();
    ck_assert_uint_eq(catalog->rollup_count, COUNT(order));
    for (int i = 0; i < COUNT(order); i++)
        ck_assert_str_eq(catalog->rollups[i]->name, order[i]);
    ck_assert_ptr_eq(catalog_rollup(catalog, "a_all")->parent, catalog_rollup(catalog, "c_month"));
    ck_assert_ptr_null(catalog_rollup(catalog, "a"));
    catalog_release(catalog);
}
END_TEST

START_TEST(rollup_that_cannot_be_used_is_left_out_with_those_added_up_from_it)
{
    struct catalog *catalog;
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "source/order.json", ORDERS);
    catalog = loaded();
    ck_assert_uint_eq(catalog->rollup_count, 0);
    make_folder("rollup");
    put_file(root, "rollup/daily.json", ROLLUP("day", ""));
    put_file(root, "rollup/other.json", ROLLUP("day", ""));
    put_file(root, "rollup/whole.json", ROLLUP("all", ", 'from': 'daily'"));
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_uint_eq(catalog->rollup_count, 3);
    put_file(root, "rollup/daily.json", ROLLUP("day", ", 'by': 'x'"));
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_ptr_nonnull(strstr(found.list[0].file, "/rollup/daily.json"));
    ck_assert_ptr_nonnull(strstr(found.list[1].file, "/rollup/whole.json"));
    ck_assert_ptr_nonnull(strstr(found.list[1].reason, "no rollup 'daily' that can be used"));
    ck_assert_uint_eq(catalog->rollup_count, 1);
    ck_assert_str_eq(catalog->rollups[0]->name, "other");
    catalog_release(catalog);
    catalog = catalog_load(root, &err);
    ck_assert_msg(catalog && catalog->rollup_count == 1, "KPIs are answered without it");
    catalog_release(catalog);
}
END_TEST

#define SUMS(title, measure, stages)                                                                                   \
    "{'title': '" title "', 'group': 'g', 'summary': 'S', 'formula': 'F', 'parameters': [], 'measures': ['" measure    \
    "'], 'single_row': true, 'columns': [{'name': 'x', 'type': 'money', 'text': 'X'}],"                                \
    " 'chart': {'type': 'number', 'y': ['x']}, 'pipeline': [" stages "]}"
#define GROUP(field)    "{'$group': {'_id': null, 'x': {'$sum': '" field "'}}}"
#define SUM(title)      SUMS(title, "sales", GROUP("$sales"))
#define MISSPELT(title) SUMS(title, "sales", GROUP("$sles"))

/* What can be read and would answer wrongly. */
static const struct {
    const char *file, *text, *says;
} answered_wrongly[] = {
    {"kpi/a.json", MISSPELT("T"), "$.pipeline[0].$group.x.$sum: there is no field 'sles' here; did you mean 'sales'?"},
    {"kpi/a.json", SUMS("T", "sales", "{'$match': {'region': 'West'}}, " GROUP("$sales")),
     "$.pipeline[0].$match.region: 'region' is the dimension 'region', which \"dimensions\" leaves out"},
    {"kpi/a.json", RIGHT("T", "'limit'", ""), "the parameter limit would change nothing"},
    {"kpi/a.json", TITLED("", ""), "$.title: is empty"},
    {"source/b.json",
     "{'title': 'T', 'collection': 'orders', 'cost': 9, 'dimensions': {'day': 'dya'}, 'measures': {}, 'pipeline': []}",
     "$.dimensions.day: there is no field 'dya' here"},
    {"dimension/region.json",
     "{'title': 'T', 'collection': 'c', 'pipeline': [{'$match': {'value': {'$var': 'prefix'}}}]}",
     "$.pipeline: no stage uses {\"$var\": \"offset\"}"},
};

START_TEST(what_check_refuses_is_not_loaded)
{
    char path[4096];
    put_file(root, "source/order.json", ORDERS);
    put_file(root, "kpi/good.json", SUM("T"));
    put_file(root, answered_wrongly[_i].file, answered_wrongly[_i].text);
    snprintf(path, sizeof path, "%s/%s: ", root, answered_wrongly[_i].file);
    ck_assert_ptr_null(catalog_load(root, &err));
    ck_assert_msg(strstr(err.message, path) == err.message, "%s", err.message);
    ck_assert_msg(strstr(err.message, answered_wrongly[_i].says) != NULL, "%s", err.message);
}
END_TEST

START_TEST(what_would_answer_wrongly_is_as_it_was_until_it_is_mended)
{
    struct catalog *catalog;
    put_file(root, "source/order.json", ORDERS);
    put_file(root, "kpi/a.json", SUM("A"));
    put_file(root, "dimension/region.json", MENU);
    catalog = loaded();
    put_file(root, "kpi/a.json", MISSPELT("AA"));
    put_file(root, "kpi/b.json", MISSPELT("B"));
    put_file(root, "dimension/region.json", "{'title': 'R', 'collection': 'c', 'pipeline': []}");
    catalog = reloaded(catalog);
    ck_assert_str_eq(catalog_find(catalog, "a")->title, "A");
    ck_assert_ptr_null(catalog_find(catalog, "b"));
    ck_assert_str_eq(catalog_menu(catalog, "region")->title, "T");
    put_file(root, "dimension/region.json", MENU);
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 2);
    ck_assert_ptr_nonnull(strstr(found.list[0].file, "/kpi/a.json"));
    ck_assert_str_eq(found.list[1].place, "$.pipeline[0].$group.x.$sum");
    put_file(root, "kpi/a.json", SUM("AA"));
    put_file(root, "kpi/b.json", SUM("B"));
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_str_eq(catalog_find(catalog, "a")->title, "AA");
    ck_assert_str_eq(catalog_find(catalog, "b")->title, "B");
    catalog_release(catalog);
}
END_TEST

START_TEST(misspelt_definition_does_not_lose_the_old_one_to_new_sources)
{
    struct catalog *catalog;
    put_file(root, "source/s.json", OFFERS("'sales': 's'"));
    put_file(root, "kpi/a.json", SUM("A"));
    catalog = loaded();
    /* The new one would suit the new source, but for its spelling; the old one suits the old source only. */
    put_file(root, "source/s.json", OFFERS("'gross': 'g'"));
    put_file(root, "kpi/a.json", SUMS("AA", "gross", GROUP("$gros")));
    catalog = reloaded(catalog);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_ptr_nonnull(strstr(found.list[0].reason, "there is no field 'gros' here; did you mean 'gross'?"));
    ck_assert_str_eq(catalog_find(catalog, "a")->title, "A");
    ck_assert_ptr_nonnull(source_measure(catalog_source(catalog, "s"), "sales"));
    catalog_release(catalog);
}
END_TEST

START_TEST(what_may_be_meant_is_loaded_with_a_warning)
{
    struct catalog *catalog;
    put_file(root, "source/order.json", ORDERS);
    put_file(root, "kpi/a.json", KPI);
    catalog = reloaded(loaded());
    ck_assert_uint_eq(found.count, 0);
    ck_assert_uint_eq(warned.count, 1);
    ck_assert_ptr_nonnull(strstr(warned.list[0].file, "/kpi/a.json"));
    ck_assert_ptr_nonnull(strstr(warned.list[0].reason, "rows of the source"));
    catalog_release(catalog);
}
END_TEST

START_TEST(wrong_file_is_refused_behind_any_number_of_mistakes)
{
    struct buffer many = {0};
    struct catalog *catalog;
    put_file(root, "source/order.json", ORDERS);
    put_file(root, "kpi/b.json", SUM("B"));
    buffer_text(&many, "{'pipeline': [{}");
    for (int i = 0; i < MISTAKES_MOST; i++)
        buffer_text(&many, ", {}");
    buffer_text(&many, "]}");
    put_file(root, "kpi/a.json", many.bytes);
    put_file(root, "kpi/c.json", "{}");
    put_file(root, "kpi/d.json", MISSPELT("D"));
    catalog = catalog_reload(root, NULL, &found, &warned);
    ck_assert_uint_eq(found.count, MISTAKES_MOST);
    ck_assert_uint_eq(catalog->definition_count, 1);
    ck_assert_str_eq(catalog->definitions[0]->name, "b");
    catalog_release(catalog);
    buffer_release(&many);
}
END_TEST

START_TEST(there_may_be_so_many_rollups)
{
    struct catalog *catalog;
    char name[64];
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "source/order.json", ORDERS);
    make_folder("rollup");
    for (int i = 0; i <= ROLLUPS_MOST; i++) {
        snprintf(name, sizeof name, "rollup/r%02d.json", i);
        put_file(root, name, ROLLUP("day", ""));
    }
    catalog = catalog_reload(root, NULL, &found, &warned);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_ptr_nonnull(strstr(found.list[0].reason, "there are more than 32 rollups"));
    ck_assert_uint_eq(catalog->rollup_count, ROLLUPS_MOST);
    catalog_release(catalog);
}
END_TEST

START_TEST(folder_that_is_gone_gives_no_catalogue)
{
    char path[4096];
    struct catalog *catalog;
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "source/s.json", SOURCE("1"));
    catalog = loaded();
    snprintf(path, sizeof path, "%s/kpi/a.json", root);
    unlink(path);
    ck_assert_ptr_null(catalog_reload(root, catalog, &found, &warned));
    ck_assert_ptr_nonnull(strstr(found.list[0].reason, "has no definition"));
    catalog_release(catalog);
}
END_TEST

static void *use_and_release(void *data)
{
    struct catalog *catalog = data;
    for (int i = 0; i < 1000; i++) {
        ck_assert_str_eq(catalog_find(catalog_acquire(catalog), "a")->title, "T");
        catalog_release(catalog);
    }
    catalog_release(catalog);
    return NULL;
}

START_TEST(references_are_counted_across_threads)
{
    pthread_t threads[4];
    struct catalog *catalog;
    put_file(root, "kpi/a.json", KPI);
    put_file(root, "source/s.json", SOURCE("1"));
    catalog = loaded();
    for (int i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_and_release, catalog_acquire(catalog)), 0);
    catalog_release(catalog);
    for (int i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
}
END_TEST

/* The names that the shipped definitions use are names that something offers. */
static void assert_can_be_answered(const struct catalog *catalog, const struct definition *d)
{
    bool offered = false;
    for (size_t i = 0; i < catalog->source_count && !offered; i++) {
        const struct source *s = catalog->sources[i];
        offered = !d->source || strcmp(d->source, s->name) == 0;
        for (size_t j = 0; j < d->dimension_count; j++)
            offered = offered && source_dimension(s, d->dimensions[j]);
        for (size_t j = 0; j < d->measure_count; j++)
            offered = offered && source_measure(s, d->measures[j]);
    }
    ck_assert_msg(offered, "%s: no source has its dimensions and measures", d->name);
    for (size_t i = 0; i < d->need_count; i++) {
        bool known = false;
        for (int f = 0; f < FEATURE_COUNT; f++)
            known = known || strcmp(feature_names[f], d->needs[i]) == 0;
        ck_assert_msg(known, "%s: nothing is called %s", d->name, d->needs[i]);
    }
}

START_TEST(shipped_pipelines_load)
{
    struct catalog *catalog = catalog_load("pipelines", &err);
    ck_assert_msg(catalog != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(catalog_find(catalog, "total-sales"));
    for (size_t i = 0; i < catalog->definition_count; i++)
        assert_can_be_answered(catalog, catalog->definitions[i]);
    for (size_t i = 0; i < parameter_count; i++)
        if (parameters[i].kind == PARAMETER_FILTER)
            ck_assert_msg(catalog_menu(catalog, parameters[i].name) != NULL, "%s has no menu", parameters[i].name);
    for (size_t i = 0; i < catalog->source_count; i++)
        ck_assert_msg(source_dimension(catalog->sources[i], "day") != NULL, "%s has no day", catalog->sources[i]->name);
    catalog_release(catalog);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("catalog");
    tcase_add_checked_fixture(tests, make_root, drop_root);
    tcase_add_loop_test(tests, definition_that_no_source_answers_is_refused_when_read, 0, COUNT(unanswered));
    tcase_add_test(tests, definitions_are_found_by_name_and_sources_are_cheapest_first);
    tcase_add_test(tests, nearest_definition_is_the_guess);
    tcase_add_test(tests, other_files_are_not_looked_at);
    tcase_add_loop_test(tests, one_bad_file_spoils_the_catalogue_and_is_named, 0, COUNT(bad));
    tcase_add_test(tests, name_of_64_bytes_is_too_long);
    tcase_add_test(tests, folder_in_place_of_a_file_is_refused);
    tcase_add_test(tests, folder_without_definitions_or_sources_is_refused);
    tcase_add_test(tests, folder_that_is_not_there_is_named_with_the_option);
    tcase_add_test(tests, catalogue_lives_until_its_last_reference_goes);
    tcase_add_test(tests, broken_file_leaves_the_old_definition_and_lets_the_others_change);
    tcase_add_test(tests, removed_file_is_removed_even_beside_a_broken_one);
    tcase_add_test(tests, sources_are_taken_together_or_not_at_all);
    tcase_add_test(tests, rollup_comes_behind_that_which_it_is_added_up_from);
    tcase_add_test(tests, rollup_that_cannot_be_used_is_left_out_with_those_added_up_from_it);
    tcase_add_loop_test(tests, what_check_refuses_is_not_loaded, 0, COUNT(answered_wrongly));
    tcase_add_test(tests, what_would_answer_wrongly_is_as_it_was_until_it_is_mended);
    tcase_add_test(tests, misspelt_definition_does_not_lose_the_old_one_to_new_sources);
    tcase_add_test(tests, what_may_be_meant_is_loaded_with_a_warning);
    tcase_add_test(tests, wrong_file_is_refused_behind_any_number_of_mistakes);
    tcase_add_test(tests, there_may_be_so_many_rollups);
    tcase_add_test(tests, folder_that_is_gone_gives_no_catalogue);
    tcase_add_test(tests, references_are_counted_across_threads);
    tcase_add_test(tests, shipped_pipelines_load);
    return run_case(tests, "catalog");
}

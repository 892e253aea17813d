#include "loader/star_table.h"
#include "tests/unit/unit.h"

#define TABLE(refresh, more)                                                                                           \
    "{'title': 'T', 'summary': 'S.', 'collection': 'orders', 'refresh': '" refresh                                     \
    "', 'pipeline': [{'$unset': 'day'}],"                                                                              \
    " 'columns': [{'name': '_id', 'type': 'string', 'text': 'I'}]" more "}"

static char *root;
static struct error err;
static struct star_tables tables;

static void make_root(void)
{
    char path[4096];
    root = temporary_folder();
    snprintf(path, sizeof path, "%s/star", root);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    err = (struct error){0};
}

static void drop_root(void)
{
    star_tables_release(&tables);
    remove_pipelines(root);
}

START_TEST(table_is_what_its_file_says)
{
    put_file(root, "star/a_fact.json", TABLE("days", ", 'indexes': [{'day': 1}]"));
    put_file(root, "star/b_dim.json", TABLE("changed", ", 'depends': ['locations']"));
    ck_assert_msg(star_tables_read(root, &tables, &err), "%s", err.message);
    ck_assert_uint_eq(tables.count, 2);
    ck_assert_str_eq(tables.list[0]->name, "a_fact");
    ck_assert_str_eq(tables.list[0]->collection, "orders");
    ck_assert_int_eq(tables.list[0]->refresh, STAR_DAYS);
    ck_assert_uint_eq(json_array_size(tables.list[0]->indexes), 1);
    ck_assert_int_eq(tables.list[1]->refresh, STAR_CHANGED);
    ck_assert_uint_eq(tables.list[1]->depend_count, 1);
    ck_assert_str_eq(tables.list[1]->depends[0], "locations");
}
END_TEST

START_TEST(folder_that_is_not_there_has_no_tables)
{
    ck_assert(star_tables_read("/nowhere/at/all", &tables, &err));
    ck_assert_uint_eq(tables.count, 0);
}
END_TEST

static const struct {
    const char *name, *text, *says;
} bad[] = {
    /* What was loaded must not be written over. */
    {"star/orders.json", TABLE("days", ""), "ends in _fact or _dim"},
    {"star/meta.json", TABLE("days", ""), "ends in _fact or _dim"},
    {"star/time_dim.json", TABLE("days", ""), "made by kpi-load itself"},
    {"star/x_dim.json", TABLE("weeks", ""), "$.refresh: 'weeks' is none of days, changed"},
    {"star/x_dim.json", TABLE("days", ", 'depends': [1]"), "$.depends[0]: must be a string"},
    {"star/x_dim.json", TABLE("days", ", 'keep': true"), "$.keep: unknown key"},
    {"star/x_dim.json",
     "{'title': 'T', 'summary': 'S.', 'collection': 'c', 'refresh': 'days', 'pipeline': [],"
     " 'columns': [{'name': 'a', 'type': 'text', 'text': 'A'}]}",
     "$.columns[0].type: 'text' is none of string, money"},
    {"star/x_dim.json",
     "{'title': 'T', 'summary': 'S.', 'collection': 'c', 'refresh': 'days', 'pipeline': [{'$merge': 'orders'}],"
     " 'columns': []}",
     "not an allowed stage: '$merge'"},
    {"star/x_dim.json",
     "{'title': 'T', 'summary': 'S.', 'collection': 'products', 'refresh': 'days', 'columns': [], 'pipeline':"
     " [{'$project': {'nmae': 1}}]}",
     "$.pipeline[0].$project.nmae: there is no field 'nmae' here; did you mean 'name'?"},
};

START_TEST(table_that_is_wrong_is_refused_with_file_and_place)
{
    put_file(root, bad[_i].name, bad[_i].text);
    ck_assert(!star_tables_read(root, &tables, &err));
    ck_assert_msg(strstr(err.message, bad[_i].says) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.message, bad[_i].name) != NULL, "%s", err.message);
    ck_assert_int_eq(err.kind, ERROR_INVALID);
}
END_TEST

START_TEST(shipped_tables_are_good)
{
    ck_assert_msg(star_tables_read("pipelines", &tables, &err), "%s", err.message);
    ck_assert_uint_eq(tables.count, 4);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("star_table");
    tcase_add_checked_fixture(tests, make_root, drop_root);
    tcase_add_test(tests, table_is_what_its_file_says);
    tcase_add_test(tests, folder_that_is_not_there_has_no_tables);
    tcase_add_loop_test(tests, table_that_is_wrong_is_refused_with_file_and_place, 0, COUNT(bad));
    tcase_add_test(tests, shipped_tables_are_good);
    return run_case(tests, "star_table");
}

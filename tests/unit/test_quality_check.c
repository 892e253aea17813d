#include "loader/quality_check.h"
#include "tests/unit/unit.h"

#define PIPELINE                                                                                                       \
    "[{'$match': {'ordered_at': {'$gt': {'$var': 'now'}}}}, {'$group': {'_id': null, 'count': {'$sum': 1}}}]"

static const char good[] =
    "{'title': 'T', 'summary': 'S.', 'collection': 'orders', 'severity': 'warning',"
    " 'pipeline': " PIPELINE ", 'columns': [{'name': 'count', 'text': 'C'}, {'name': 'of', 'text': 'O'}]}";

static char *root;
static struct error err;
static struct quality_checks checks;

static void make_root(void)
{
    char path[4096];
    root = temporary_folder();
    snprintf(path, sizeof path, "%s/quality", root);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    err = (struct error){0};
}

static void drop_root(void)
{
    quality_checks_release(&checks);
    remove_pipelines(root);
}

START_TEST(check_is_what_its_file_says)
{
    put_file(root, "quality/late.json", good);
    ck_assert_msg(quality_checks_read(root, &checks, &err), "%s", err.message);
    ck_assert_uint_eq(checks.count, 1);
    ck_assert_str_eq(checks.list[0]->name, "late");
    ck_assert_str_eq(checks.list[0]->title, "T");
    ck_assert_str_eq(checks.list[0]->collection, "orders");
    ck_assert_int_eq(checks.list[0]->severity, SEVERITY_WARNING);
    ck_assert(quality_check_has(checks.list[0], "of"));
    ck_assert(!quality_check_has(checks.list[0], "examples"));
    ck_assert(!checks.list[0]->has_rows);
    assert_bson_array(checks.list[0]->pipeline, PIPELINE);
}
END_TEST

START_TEST(check_with_columns_of_its_own_has_rows)
{
    put_file(root, "quality/rows.json",
             "{'title': 'T', 'summary': 'S.', 'collection': 'c', 'severity': 'info', 'pipeline': [],"
             " 'columns': [{'name': 'field', 'text': 'F'}, {'name': 'count', 'text': 'C'}]}");
    ck_assert(quality_checks_read(root, &checks, &err));
    ck_assert(checks.list[0]->has_rows);
}
END_TEST

START_TEST(folder_that_is_not_there_has_no_checks)
{
    ck_assert(quality_checks_read("/nowhere/at/all", &checks, &err));
    ck_assert_uint_eq(checks.count, 0);
}
END_TEST

START_TEST(hash_tells_other_checks_apart)
{
    char before[HASH_TEXT_MAX];
    put_file(root, "quality/a.json", good);
    ck_assert(quality_checks_read(root, &checks, &err));
    strcpy(before, checks.hash);
    quality_checks_release(&checks);
    put_file(root, "quality/b.json", good);
    ck_assert(quality_checks_read(root, &checks, &err));
    ck_assert_str_ne(before, checks.hash);
}
END_TEST

#define CHECK(severity, pipeline, columns)                                                                             \
    "{'title': 'T', 'summary': 'S.', 'collection': 'c', 'severity': '" severity "', 'pipeline': " pipeline             \
    ", 'columns': " columns "}"
#define COUNTED "[{'name': 'count', 'text': 'C'}]"

static const struct {
    const char *name, *text, *says;
} bad[] = {
    {"quality/x.json", CHECK("bad", "[]", COUNTED), "$.severity: 'bad' is none of error, warning, info"},
    {"quality/x.json", CHECK("info", "[]", "[]"), "$.columns: a check has a column 'count'"},
    {"quality/x.json", CHECK("info", "[]", "[{'name': 'count', 'text': 'C'}, {'name': 'count', 'text': 'C'}]"),
     "$.columns[1].name: there are two columns 'count'"},
    {"quality/x.json", CHECK("info", "[]", "[{'name': 'count'}]"), "$.columns[0]: 'text' is missing"},
    {"quality/x.json", CHECK("info", "[]", "['count']"), "$.columns[0]: must be an object"},
    {"quality/x.json", CHECK("info", "[{'$out': 'orders'}]", COUNTED), "not an allowed stage: '$out'"},
    {"quality/x.json", CHECK("info", "[{'$match': {'$where': '1'}}]", COUNTED), "not an allowed operator: '$where'"},
    {"quality/x.json", CHECK("info", "[{'$match': {'$var': 'filter'}}]", COUNTED), "there is no variable 'filter'"},
    {"quality/x.json",
     "{'title': 'T', 'summary': 'S.', 'collection': 'orders', 'severity': 'info', 'columns': " COUNTED ", 'pipeline':"
     " [{'$match': {'satus': 'paid'}}, {'$group': {'_id': null, 'count': {'$sum': 1}}}]}",
     "$.pipeline[0].$match.satus: there is no field 'satus' here; did you mean 'status'?"},
    {"quality/x.json", "{'title': 'T'}", "'summary' is missing"},
    {"quality/x.json", "{'titel': 'T'}", "did you mean 'title'?"},
    {"quality/x.json", "[]", "$: must be an object"},
    {"quality/x.json", "{", "x.json"},
    {"quality/Late Ones.json", CHECK("info", "[]", COUNTED), "a file's name must be a-z, 0-9, - and _"},
};

START_TEST(check_that_is_wrong_is_refused_with_file_and_place)
{
    put_file(root, "quality/a.json", good);
    put_file(root, bad[_i].name, bad[_i].text);
    ck_assert(!quality_checks_read(root, &checks, &err));
    ck_assert_msg(strstr(err.message, bad[_i].says) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.message, strchr(bad[_i].name, '/')) != NULL, "%s", err.message);
    ck_assert_int_eq(err.kind, ERROR_INVALID);
    ck_assert_uint_eq(checks.count, 0);
}
END_TEST

START_TEST(shipped_checks_are_good)
{
    ck_assert_msg(quality_checks_read("pipelines", &checks, &err), "%s", err.message);
    ck_assert_uint_ge(checks.count, 20);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("quality_check");
    tcase_add_checked_fixture(tests, make_root, drop_root);
    tcase_add_test(tests, check_is_what_its_file_says);
    tcase_add_test(tests, check_with_columns_of_its_own_has_rows);
    tcase_add_test(tests, folder_that_is_not_there_has_no_checks);
    tcase_add_test(tests, hash_tells_other_checks_apart);
    tcase_add_loop_test(tests, check_that_is_wrong_is_refused_with_file_and_place, 0, COUNT(bad));
    tcase_add_test(tests, shipped_checks_are_good);
    return run_case(tests, "quality_check");
}

#include "server/kpi_list.h"
#include "tests/unit/request.h"

static json_t *list_of(const struct catalog *catalog)
{
    struct error err = {0};
    json_error_t where;
    size_t size;
    char *text = kpi_list_json(catalog, &size, &err);
    json_t *list;
    ck_assert_msg(text != NULL, "%s", err.message);
    ck_assert_uint_eq(strlen(text), size);
    list = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    ck_assert_msg(list != NULL, "%s", where.text);
    free(text);
    return list;
}

static void assert_columns(const json_t *columns, const struct definition *d)
{
    ck_assert_uint_eq(json_array_size(columns), d->column_count);
    for (size_t i = 0; i < d->column_count; i++) {
        const json_t *column = json_array_get(columns, i);
        const json_t *unit = json_object_get(column, "unit");
        ck_assert_str_eq(json_string_value(json_object_get(column, "name")), d->columns[i].name);
        ck_assert_str_eq(json_string_value(json_object_get(column, "type")), column_type_names[d->columns[i].type]);
        ck_assert_str_eq(json_string_value(json_object_get(column, "text")), d->columns[i].text);
        ck_assert_pstr_eq(json_string_value(unit), d->columns[i].unit);
        ck_assert_int_eq(json_is_true(json_object_get(column, "key")), d->columns[i].key);
        ck_assert_int_eq(json_is_true(json_object_get(column, "sortable")), d->columns[i].sortable);
    }
}

START_TEST(shipped_kpis_are_listed_as_their_files_say)
{
    struct catalog *catalog = shipped_catalog();
    json_t *list = list_of(catalog), *data = json_object_get(list, "data");
    ck_assert_uint_eq(json_array_size(data), catalog->definition_count);
    for (size_t i = 0; i < catalog->definition_count; i++) {
        const struct definition *d = catalog->definitions[i];
        const json_t *kpi = json_array_get(data, i), *parameters_of = json_object_get(kpi, "parameters");
        static const char *const same[] = {"title", "group", "summary", "formula", "chart"};
        ck_assert_str_eq(json_string_value(json_object_get(kpi, "name")), d->name);
        for (int j = 0; j < COUNT(same); j++)
            ck_assert(json_equal(json_object_get(kpi, same[j]), json_object_get(d->json, same[j])));
        ck_assert_int_eq(json_is_true(json_object_get(kpi, "keep")), d->keep);
        ck_assert_uint_eq(json_array_size(parameters_of), d->parameter_count);
        for (size_t j = 0; j < d->parameter_count; j++)
            ck_assert_str_eq(json_string_value(json_array_get(parameters_of, j)), d->parameters[j]->name);
        assert_columns(json_object_get(kpi, "columns"), d);
    }
    json_decref(list);
    catalog_release(catalog);
}
END_TEST

START_TEST(texts_of_a_file_are_escaped)
{
    char *root = temporary_pipelines();
    struct error err = {0};
    struct catalog *catalog;
    json_t *list;
    const json_t *kpi;
    put_file(root, "source/s.json",
             "{'title': 'T', 'collection': 'c', 'cost': 1, 'dimensions': {}, 'measures': {},"
             " 'pipeline': []}");
    put_file(root, "kpi/k.json",
             "{'title': 'a \\'b\\' \\\\ c', 'group': 'é\\n', 'summary': '</script>', 'formula': '\\t',"
             " 'parameters': [], 'single_row': true, 'pipeline': [{'$group': {'_id': null, 'x': {'$sum': 1}}}],"
             " 'columns': [{'name': 'x', 'type': 'count', 'text': '\\u0001', 'unit': '\\\\'}],"
             " 'chart': {'type': 'number', 'y': ['x']}}");
    catalog = catalog_load(root, &err);
    ck_assert_msg(catalog != NULL, "%s", err.message);
    list = list_of(catalog);
    kpi = json_array_get(json_object_get(list, "data"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(kpi, "title")), "a \"b\" \\ c");
    ck_assert_str_eq(json_string_value(json_object_get(kpi, "group")), "é\n");
    assert_columns(json_object_get(kpi, "columns"), catalog->definitions[0]);
    json_decref(list);
    catalog_release(catalog);
    remove_pipelines(root);
}
END_TEST

START_TEST(same_catalogue_gives_the_same_text)
{
    struct catalog *one = shipped_catalog(), *other = shipped_catalog();
    struct error err;
    size_t n, m;
    char *a = kpi_list_json(one, &n, &err), *b = kpi_list_json(other, &m, &err);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    catalog_release(one);
    catalog_release(other);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("kpi_list");
    tcase_add_test(tests, shipped_kpis_are_listed_as_their_files_say);
    tcase_add_test(tests, texts_of_a_file_are_escaped);
    tcase_add_test(tests, same_catalogue_gives_the_same_text);
    return run_case(tests, "kpi_list");
}

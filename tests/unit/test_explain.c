#include "core/explain.h"
#include "core/rollup.h"
#include "tests/unit/request.h"

static const struct catalog *listed; /* whose rollups are there, or NULL */

/* Some of the rollups, one with the fewest rows. */
static void list_rollups(struct dataset *dataset)
{
    static const char *const names[] = {"customer_activity", "sales_by_day_region", "sales_by_day_state"};
    for (int i = 0; i < COUNT(names) && listed; i++) {
        struct dataset_rollup *r = &dataset->rollups[dataset->rollup_count++];
        *r = (struct dataset_rollup){.build = 1, .rows = i == 1 ? 7 : 1000};
        snprintf(r->hash, sizeof r->hash, "%s", catalog_rollup(listed, names[i])->hash);
    }
}

/* The explanation of an answer that took so long; the caller releases it. */
static json_t *explained(const struct catalog *catalog, const char *kpi, const char *request)
{
    struct dataset dataset = dataset_of("2014-01-03", "2017-12-30");
    struct query query = request_of(catalog_find(catalog, kpi), &dataset, request);
    struct answer answer = {
        .query = &query, .dataset = &dataset, .plan_us = 1234567, .database_us = 50, .render_us = 1000};
    struct buffer out = {0};
    struct error err = {0};
    json_error_t where;
    json_t *json;
    query.parse_us = 7;
    list_rollups(&dataset);
    ck_assert_msg(plan_make(&answer.plan, catalog, &query, &dataset, &err), "%s", err.message);
    explain_json(&answer, catalog, &out);
    json = json_loadb(out.bytes, out.used, JSON_REJECT_DUPLICATES, &where);
    ck_assert_msg(json != NULL, "%s: %s", where.text, out.bytes);
    plan_release(&answer.plan);
    buffer_release(&out);
    return json;
}

START_TEST(every_kpi_is_explained)
{
    struct catalog *catalog = shipped_catalog();
    for (size_t i = 0; i < catalog->definition_count; i++) {
        json_t *json = explained(catalog, catalog->definitions[i]->name, "from=2016&region=\"$x\"&region=\\");
        const json_t *sources = json_object_get(json, "sources");
        int chosen = 0;
        ck_assert_uint_gt(json_array_size(json_object_get(json, "pipeline")), 0);
        ck_assert_uint_eq(json_array_size(sources), catalog->rollup_count + catalog->source_count);
        for (size_t j = 0; j < json_array_size(sources); j++) {
            const json_t *source = json_array_get(sources, j);
            const char *name = j < catalog->rollup_count ? catalog->rollups[j]->name
                                                         : catalog->sources[j - catalog->rollup_count]->name;
            ck_assert_str_eq(json_string_value(json_object_get(source, "name")), name);
            ck_assert_uint_gt(json_string_length(json_object_get(source, "why")), 0);
            chosen += json_is_true(json_object_get(source, "chosen"));
        }
        ck_assert_int_eq(chosen, 1);
        json_decref(json);
    }
    catalog_release(catalog);
}
END_TEST

/* What is said of one source. */
static void assert_source(const json_t *explained, const char *name, const char *want)
{
    json_t *expected = json_of(want), *source;
    size_t i;
    json_array_foreach(json_object_get(explained, "sources"), i, source)
    {
        if (strcmp(json_string_value(json_object_get(source, "name")), name) != 0)
            continue;
        ck_assert_msg(json_equal(source, expected), "%s: %s", name, json_dumps(source, 0));
        json_decref(expected);
        return;
    }
    ck_abort_msg("nothing is said of %s", name);
}

START_TEST(rollups_are_told_with_their_rows_and_reasons)
{
    struct catalog *catalog = shipped_catalog();
    json_t *json;
    listed = catalog;
    json = explained(catalog, "order-count", "region=West");
    assert_source(json, "sales_by_day_region",
                  "{'name': 'sales_by_day_region', 'rows': 7, 'chosen': true,"
                  " 'why': 'the one with the fewest rows that has all that is asked for'}");
    assert_source(json, "sales_by_day_state",
                  "{'name': 'sales_by_day_state', 'rows': 1000, 'chosen': false,"
                  " 'why': 'has no fewer rows than the one that was chosen'}");
    assert_source(json, "sales_by_month_state",
                  "{'name': 'sales_by_month_state', 'rows': null, 'chosen': false,"
                  " 'why': 'is not built for this version of the data'}");
    assert_source(json, "order",
                  "{'name': 'order', 'cost': 100, 'chosen': false, 'why': 'costs more than the one that was chosen'}");
    json_decref(json);
    json = explained(catalog, "order-count", "region=West&customer=C1");
    assert_source(json, "order",
                  "{'name': 'order', 'cost': 100, 'chosen': true, 'why': 'finds what is asked for by an index'}");
    assert_source(json, "customer_activity",
                  "{'name': 'customer_activity', 'rows': 1000, 'chosen': false,"
                  " 'why': 'has no index that finds what is asked for, as the one that was chosen'}");
    json_decref(json);
    catalog_release(catalog);
}
END_TEST

START_TEST(times_are_in_milliseconds)
{
    struct catalog *catalog = shipped_catalog();
    json_t *json = explained(catalog, "total-sales", ""), *times = json_object_get(json, "milliseconds");
    json_t *want = json_of("{'parse': 0.007, 'plan': 1234.567, 'database': 0.05, 'render': 1.0}");
    ck_assert(json_equal(times, want));
    json_decref(want);
    json_decref(json);
    catalog_release(catalog);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("explain");
    tcase_add_test(tests, every_kpi_is_explained);
    tcase_add_test(tests, rollups_are_told_with_their_rows_and_reasons);
    tcase_add_test(tests, times_are_in_milliseconds);
    return run_case(tests, "explain");
}

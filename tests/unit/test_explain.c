#include "core/explain.h"
#include "tests/unit/request.h"

/* The explanation of an answer that took so long; the caller releases it. */
static json_t *explained(const struct catalog *catalog, const char *kpi, const char *request)
{
    struct dataset dataset = dataset_of("2014-01-03", "2017-12-30");
    struct query query = request_of(catalog_find(catalog, kpi), &dataset, request);
    struct answer answer = {.query = &query, .plan_us = 1234567, .database_us = 50, .render_us = 1000};
    struct buffer out = {0};
    struct error err = {0};
    json_error_t where;
    json_t *json;
    query.parse_us = 7;
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
        ck_assert_uint_eq(json_array_size(sources), catalog->source_count);
        for (size_t j = 0; j < catalog->source_count; j++) {
            const json_t *source = json_array_get(sources, j);
            ck_assert_str_eq(json_string_value(json_object_get(source, "name")), catalog->sources[j]->name);
            ck_assert_uint_gt(json_string_length(json_object_get(source, "why")), 0);
            chosen += json_is_true(json_object_get(source, "chosen"));
        }
        ck_assert_int_eq(chosen, 1);
        json_decref(json);
    }
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
    tcase_add_test(tests, times_are_in_milliseconds);
    return run_case(tests, "explain");
}

#include "core/additive.h"
#include "tests/unit/unit.h"

/* A KPI of the measures sales, profit and units whose pipeline is what is asked about. */
static bool adds_up(const char *pipeline)
{
    const char *measures[] = {"sales", "profit", "units"};
    json_t *json = json_object();
    struct definition d = {.json = json, .measures = measures, .measure_count = 3};
    bool result;
    json_object_set_new(json, "pipeline", json_of(pipeline));
    result = additive(&d);
    json_decref(json);
    return result;
}

#define FILTER          "{'$match': {'$var': 'filter'}}, "
#define TOTAL           "{'$group': {'_id': null, 'x': {'$sum': '$sales'}}}"
#define GROUP(field)    "[" FILTER "{'$group': {'_id': '$region', " field "}}]"
#define SUM(expression) GROUP("'x': {'$sum': " expression "}")
#define BEHIND(stage)   "[" FILTER stage ", " TOTAL "]"

static const char *const sums[] = {
    "[" TOTAL "]",
    SUM("'$sales'"),
    SUM("0"),
    SUM("{'$cond': ['$first_order', '$sales', 0]}"),
    SUM("{'$cond': [{'$var': 'has_cost'}, '$profit', '$sales']}"),
    SUM("{'$cond': {'if': '$first_order', 'then': 0, 'else': '$units'}}"),
    SUM("{'$cond': ['$a', {'$cond': ['$b', 0, '$sales']}, '$units']}"),
    GROUP("'some_profit': {'$max': '$profit'}"),
    GROUP(
        "'last': {'$max': '$day'}, 'first': {'$min': '$day'}, 'day': {'$first': '$day'}, 'at': {'$addToSet': '$city'}"),
    /* Names that only begin like a measure's are others. */
    GROUP("'last': {'$max': '$sales_day'}"),
    BEHIND("{'$match': {'day': {'$lte': {'$var': 'as_of'}}, 'sales_day': 1, 'region': 'sales'}}"),
    BEHIND("{'$set': {'day': {'$var': 'period_start'}}}, {'$addFields': {'other': ['$region', {'x': '$$REMOVE'}]}}"),
    "[{'$group': {'_id': {'day': '$day', 'far': {'$gt': ['$km', 9]}}, 'x': {'$sum': '$sales'}}}]",
    /* Behind the first $group there are no rows of the source any more. */
    "[" FILTER TOTAL ", {'$match': {'sales': {'$gt': 500}}}, {'$group': {'_id': null, 'n': {'$sum': 1}}}]",
};

START_TEST(what_only_sums_adds_up)
{
    ck_assert_msg(adds_up(sums[_i]), "%s", sums[_i]);
}
END_TEST

static const char *const others[] = {
    "[]",
    "[{'$match': {'$var': 'filter'}}]",
    /* constants count rows */
    SUM("1"),
    SUM("'$region'"),
    SUM("'$sales.net'"),
    SUM("'$$ROOT.sales'"),
    SUM("['$sales']"),
    SUM("{'$literal': 0}"),
    SUM("{'$ifNull': ['$profit', '$sales']}"),
    SUM("{'$multiply': ['$units', '$units']}"),
    SUM("{'$multiply': ['$sales', 2]}"),
    SUM("{'$cond': ['$first_order', 1, 0]}"),
    SUM("{'$cond': [{'$gt': ['$sales', 500]}, '$sales', 0]}"),
    SUM("{'$cond': {'if': '$units', 'then': '$sales', 'else': 0}}"),
    SUM("{'$cond': ['$a', '$sales', {'$cond': ['$units', '$sales', 0]}]}"),
    SUM("{'$cond': ['$first_order', '$sales']}"),
    SUM("{'$cond': '$sales'}"),
    SUM("{'$cond': ['$a', '$sales', 0], '$abs': 1}"),
    GROUP("'x': {'$max': '$sales'}"),
    GROUP("'some_sales': {'$min': '$sales'}"),
    GROUP("'some_sales': {'$max': {'$abs': '$sales'}}"),
    GROUP("'x': {'$min': {'a': ['$units']}}"),
    GROUP("'x': {'$addToSet': '$sales'}"),
    GROUP("'x': {'$first': '$sales'}"),
    GROUP("'x': {'$first': '$$ROOT'}"),
    GROUP("'x': {'$max': '$$CURRENT.sales'}"),
    GROUP("'x': {'$avg': '$sales'}"),
    GROUP("'x': {'$avg': '$day'}"),
    GROUP("'x': {'$push': '$day'}"),
    GROUP("'x': {'$last': '$day'}"),
    GROUP("'x': {'$count': {}}"),
    GROUP("'x': 7"),
    GROUP("'x': {'$sum': '$sales'}, 'y': {'$count': {}}"),
    "[{'$group': 7}]",
    "[{'$group': {'_id': '$sales', 'x': {'$sum': '$sales'}}}]",
    "[{'$group': {'_id': {'big': {'$gt': ['$sales', 500]}}, 'x': {'$sum': '$sales'}}}]",
    "[{'$group': {'_id': '$$ROOT', 'x': {'$sum': '$sales'}}}]",
    BEHIND("{'$match': {'sales': {'$gt': 500}}}"),
    BEHIND("{'$match': {'sales.net': 1}}"),
    BEHIND("{'$match': {'$or': [{'region': 'West'}, {'units': 1}]}}"),
    BEHIND("{'$match': {'$expr': {'$gt': ['$sales', '$profit']}}}"),
    BEHIND("{'$set': {'sales': 1}}"),
    BEHIND("{'$set': {'big': {'$gt': ['$sales', 500]}}}"),
    BEHIND("{'$addFields': {'all': '$$ROOT'}}"),
    BEHIND("{'$project': {'sales': 1}}"),
    BEHIND("{'$sort': {'day': 1}}"),
    BEHIND("{'$limit': 5}"),
    BEHIND("{'$setWindowFields': {'output': {'n': {'$documentNumber': {}}}}}"),
    BEHIND("{'$unwind': '$payments'}"),
};

START_TEST(what_looks_at_single_rows_does_not)
{
    ck_assert_msg(!adds_up(others[_i]), "%s", others[_i]);
}
END_TEST

/* Those that are left without rollups; all others would be slow by mistake. */
START_TEST(shipped_kpis_add_up_but_for_those_of_single_orders)
{
    static const char *const single[] = {"average-order-value", "cohort-retention",   "on-time-rate",
                                         "payment-mix",         "product-pairs",      "review-score",
                                         "seller-performance",  "time-between-orders"};
    struct error err = {0};
    struct catalog *catalog = catalog_load("pipelines", &err);
    ck_assert_msg(catalog != NULL, "%s", err.message);
    for (size_t i = 0; i < catalog->definition_count; i++) {
        const struct definition *d = catalog->definitions[i];
        bool listed = false;
        for (size_t j = 0; j < sizeof single / sizeof single[0]; j++)
            listed = listed || strcmp(single[j], d->name) == 0;
        ck_assert_msg(d->looks_at_rows == listed, "%s", d->name);
    }
    catalog_release(catalog);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("additive");
    tcase_add_loop_test(tests, what_only_sums_adds_up, 0, COUNT(sums));
    tcase_add_loop_test(tests, what_looks_at_single_rows_does_not, 0, COUNT(others));
    tcase_add_test(tests, shipped_kpis_add_up_but_for_those_of_single_orders);
    return run_case(tests, "additive");
}

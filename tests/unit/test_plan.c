#include "core/plan.h"
#include "tests/unit/request.h"

static struct catalog *catalog;
static struct dataset dataset;
static struct plan plan;
static struct error err;

static void load(void)
{
    catalog = shipped_catalog();
    dataset = dataset_of("2014-01-03", "2017-12-30");
    err = (struct error){0};
}

static void unload(void)
{
    catalog_release(catalog);
}

/* Plans one request; true when there is a plan, which the caller releases. */
static bool make(const char *kpi, const char *request)
{
    const struct definition *d = catalog_find(catalog, kpi);
    struct query query;
    ck_assert_msg(d != NULL, "there is no %s", kpi);
    query = request_of(d, &dataset, request);
    return plan_make(&plan, catalog, &query, &dataset, &err);
}

static const struct {
    const char *kpi, *request, *source;
} choices[] = {
    {"total-sales", "", "order"},
    {"total-sales", "from=2017&region=West&status=delivered", "order"},
    {"total-sales", "category=A", "item"},
    {"total-sales", "region=West&seller=S1", "item"},
    {"total-profit", "", "order"},
    {"total-profit", "category=A", "item"},
    {"units-sold", "product=P1", "item"},
    {"order-count", "", "order"},
    {"order-count", "subcategory=A", "line"},
    {"sales-by-region", "", "order"},
    {"sales-by-region", "seller=S1", "line"},
    {"sales-by-category", "", "line"},
    {"sales-by-product", "region=West", "line"},
    {"average-order-value", "", "order"},
    {"average-order-value", "category=A", "line"},
    {"basket-size", "", "order"},
    {"basket-size", "category=A", "line"},
    {"time-between-orders", "category=A", "line"},
    {"sales-over-time", "customer=C1", "order"},
    {"on-time-rate", "region=West", "order"},
    {"on-time-rate", "category=A", "line"},
    {"payment-mix", "seller=S1", "line"},
    {"seller-performance", "", "line"},
};

START_TEST(cheapest_source_that_has_everything_is_taken)
{
    ck_assert_msg(make(choices[_i].kpi, choices[_i].request), "%s", err.message);
    ck_assert_str_eq(plan.source->name, choices[_i].source);
    plan_release(&plan);
}
END_TEST

#define DATE(text) "{'$date': '" text "T00:00:00Z'}"

static const struct {
    const char *kpi, *request, *pipeline;
} plans[] = {
    {"total-sales", "",
     "[{'$match': {'counted': true}}, {'$group': {'_id': null, 'sales': {'$sum': '$sales'}}},"
     " {'$project': {'_id': 0, 'sales': 1}}, {'$limit': 10001}]"},
    {"total-sales", "from=2017&to=2017&region=West",
     "[{'$match': {'counted': true, 'day': {'$gte': " DATE("2017-01-01") ", '$lte': " DATE(
         "2017-12-31") "}, 'region': 'West'}},"
                       " {'$group': {'_id': null, 'sales': {'$sum': '$sales'}}}, {'$project': {'_id': 0, 'sales': "
                       "1}}, {'$limit': 10001}]"},
    {"total-sales", "category=A&category=B",
     "[{'$match': {'counted': true, 'items.category': {'$in': ['A', 'B']}}}, {'$unwind': '$items'},"
     " {'$match': {'counted': true, 'items.category': {'$in': ['A', 'B']}}}, {'$project': {'sales': '$items.sales'}},"
     " {'$group': {'_id': null, 'sales': {'$sum': '$sales'}}}, {'$project': {'_id': 0, 'sales': 1}}, {'$limit': "
     "10001}]"},
    {"peak-days", "sort=units&limit=5&offset=10",
     "[{'$match': {'counted': true}}, {'$group': {'_id': '$day', 'sales': {'$sum': '$sales'},"
     " 'orders': {'$sum': '$orders'}, 'units': {'$sum': '$units'}}}, {'$project': {'_id': 0, 'day': '$_id',"
     " 'weekday': {'$isoDayOfWeek': '$_id'}, 'sales': 1, 'orders': 1, 'units': 1}},"
     " {'$sort': {'units': 1, 'day': 1}}, {'$skip': 10}, {'$limit': 6}]"},
};

START_TEST(bound_pipeline_is_the_sources_stages_then_the_definitions)
{
    ck_assert_msg(make(plans[_i].kpi, plans[_i].request), "%s", err.message);
    assert_bson_array(plan.pipeline, plans[_i].pipeline);
    plan_release(&plan);
}
END_TEST

/* Calls itself on every document; a key $var is a variable that was forgotten. */
static void assert_bound(const bson_t *tree, const char *kpi)
{
    bson_iter_t it;
    ck_assert(bson_iter_init(&it, tree));
    while (bson_iter_next(&it)) {
        const uint8_t *bytes;
        uint32_t n;
        bson_t child;
        ck_assert_msg(strcmp(bson_iter_key(&it), "$var") != 0, "%s is not bound", kpi);
        if (BSON_ITER_HOLDS_DOCUMENT(&it))
            bson_iter_document(&it, &n, &bytes);
        else if (BSON_ITER_HOLDS_ARRAY(&it))
            bson_iter_array(&it, &n, &bytes);
        else
            continue;
        ck_assert(bson_init_static(&child, bytes, n));
        assert_bound(&child, kpi);
    }
}

/* Whatever filters are asked for, every shipped KPI has a plan without a variable left. */
START_TEST(every_shipped_kpi_can_be_planned_with_any_filter)
{
    for (size_t i = 0; i < catalog->definition_count; i++) {
        const struct definition *d = catalog->definitions[i];
        for (size_t j = 0; j < d->parameter_count; j++) {
            char request[64];
            snprintf(request, sizeof request, "%s=%s%s", d->parameters[j]->name,
                     d->parameters[j]->kind == PARAMETER_SORT ? d->columns[0].name : d->parameters[j]->example,
                     d->parameters[j]->kind == PARAMETER_COMPARE ? "&from=2017" : "");
            ck_assert_msg(make(d->name, request), "%s?%s: %s", d->name, request, err.message);
            assert_bound(plan.pipeline, d->name);
            ck_assert(bson_validate(plan.pipeline, BSON_VALIDATE_UTF8, NULL));
            plan_release(&plan);
        }
    }
}
END_TEST

static const struct {
    const char *kpi, *request, *source, *why; /* why NULL: it can answer */
} reasons[] = {
    {"total-sales", "", "order", NULL},
    {"total-sales", "category=A", "order", "has no dimension 'category', which a filter needs"},
    {"total-sales", "category=A", "item", NULL},
    {"sales-by-category", "", "order", "has no dimension 'category', which the KPI needs"},
    {"order-count", "", "item", "has no measure 'orders', which the KPI needs"},
};

START_TEST(source_that_is_passed_over_says_why)
{
    char why[PLAN_REASON_MAX];
    struct query query = request_of(catalog_find(catalog, reasons[_i].kpi), &dataset, reasons[_i].request);
    const struct source *source = catalog_source(catalog, reasons[_i].source);
    ck_assert_int_eq(plan_passes_over(source, &query, &dataset, why), reasons[_i].why != NULL);
    if (reasons[_i].why)
        ck_assert_str_eq(why, reasons[_i].why);
}
END_TEST

START_TEST(plan_is_whole_when_nothing_has_been_loaded)
{
    dataset = (struct dataset){0};
    for (size_t i = 0; i < catalog->definition_count; i++) {
        ck_assert_msg(make(catalog->definitions[i]->name, ""), "%s", err.message);
        plan_release(&plan);
    }
}
END_TEST

START_TEST(too_many_periods_are_the_requests_fault)
{
    ck_assert(!make("sales-over-time", "granularity=day&from=1900"));
    ck_assert_int_eq(err.kind, ERROR_INVALID);
    ck_assert_ptr_null(plan.pipeline);
    plan_release(&plan);
}
END_TEST

/* A catalogue of one KPI and the sources of the tests below. */
static struct catalog *catalog_of(const char *kpi)
{
    char *root = temporary_pipelines();
    struct catalog *small;
    put_file(root, "kpi/kpi.json", kpi);
    put_file(
        root, "source/cheap.json",
        "{'title': 'T', 'collection': 'c', 'cost': 1, 'dimensions': {'region': 'r'}, 'measures': {'sales': 'sales'},"
        " 'pipeline': []}");
    put_file(root, "source/dear.json",
             "{'title': 'T', 'collection': 'c', 'cost': 2, 'dimensions': {'region': 'r', 'day': 'd'},"
             " 'measures': {'sales': 'sales', 'orders': 'orders'}, 'pipeline': []}");
    small = catalog_load(root, &err);
    ck_assert_msg(small != NULL, "%s", err.message);
    remove_pipelines(root);
    return small;
}

#define COUNTED "{'$group': {'_id': null, 'n': {'$sum': 1}}}"
#define KPI(members)                                                                                                   \
    "{'title': 'T', 'group': 'g', 'summary': 'S', 'formula': 'F', 'parameters': ['from', 'region'],"                   \
    " 'single_row': true, 'pipeline': [{'$match': {'$var': 'filter'}}, " COUNTED "],"                                  \
    " 'columns': [{'name': 'n', 'type': 'count', 'text': 'N'}], 'chart': {'type': 'number', 'y': ['n']}, " members "}"

static const struct {
    const char *kpi, *request, *source;
} small_choices[] = {
    {KPI("'measures': ['sales']"), "", "cheap"},
    {KPI("'measures': ['sales', 'orders']"), "", "dear"},
    {KPI("'measures': ['sales'], 'source': 'dear'"), "", "dear"},
    {KPI("'dimensions': ['day']"), "region=West", "dear"},
    /* A range needs a source that knows days. */
    {KPI("'measures': ['sales']"), "from=2017", "dear"},
};

START_TEST(cheapest_source_that_fits_is_chosen)
{
    struct catalog *shipped = catalog;
    catalog = catalog_of(small_choices[_i].kpi);
    ck_assert_msg(make("kpi", small_choices[_i].request), "%s", err.message);
    ck_assert_str_eq(plan.source->name, small_choices[_i].source);
    plan_release(&plan);
    catalog_release(catalog);
    catalog = shipped;
}
END_TEST

static const struct {
    const char *request, *pipeline;
} of_all_orders[] = {
    {"region=West", "[{'$match': {'r': 'West'}}, " COUNTED ", {'$limit': 10001}]"},
    {"", "[" COUNTED ", {'$limit': 10001}]"},
};

START_TEST(kpi_of_all_orders_takes_also_those_that_do_not_count)
{
    struct catalog *shipped = catalog;
    catalog = catalog_of(KPI("'all_orders': true"));
    ck_assert_msg(make("kpi", of_all_orders[_i].request), "%s", err.message);
    assert_bson_array(plan.pipeline, of_all_orders[_i].pipeline);
    plan_release(&plan);
    catalog_release(catalog);
    catalog = shipped;
}
END_TEST

/* A fault that got past the reading of the files is theirs, not the request's. */
START_TEST(pipeline_that_cannot_be_bound_is_an_internal_fault)
{
    struct catalog *shipped = catalog;
    catalog = catalog_of(KPI("'measures': []"));
    bson_destroy(catalog->definitions[0]->pipeline);
    catalog->definitions[0]->pipeline = bson_of("{'0': {'$limit': {'$var': 'limitt'}}}");
    ck_assert(!make("kpi", ""));
    assert_error(&err, ERROR_INTERNAL, "kpi: the variable 'limitt' has no value");
    ck_assert_ptr_null(plan.pipeline);
    bson_destroy(catalog->sources[0]->pipeline);
    catalog->sources[0]->pipeline = bson_of("{'0': {'$limit': {'$var': 1}}}");
    ck_assert(!make("kpi", ""));
    assert_error(&err, ERROR_INTERNAL, "cheap: '$limit': a variable is written {\"$var\": \"name\"}");
    catalog_release(catalog);
    catalog = shipped;
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("plan");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_loop_test(tests, cheapest_source_that_has_everything_is_taken, 0, COUNT(choices));
    tcase_add_loop_test(tests, bound_pipeline_is_the_sources_stages_then_the_definitions, 0, COUNT(plans));
    tcase_add_test(tests, every_shipped_kpi_can_be_planned_with_any_filter);
    tcase_add_loop_test(tests, source_that_is_passed_over_says_why, 0, COUNT(reasons));
    tcase_add_test(tests, plan_is_whole_when_nothing_has_been_loaded);
    tcase_add_test(tests, too_many_periods_are_the_requests_fault);
    tcase_add_loop_test(tests, cheapest_source_that_fits_is_chosen, 0, COUNT(small_choices));
    tcase_add_loop_test(tests, kpi_of_all_orders_takes_also_those_that_do_not_count, 0, COUNT(of_all_orders));
    tcase_add_test(tests, pipeline_that_cannot_be_bound_is_an_internal_fault);
    return run_case(tests, "plan");
}

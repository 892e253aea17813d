#include "core/rollup_plan.h"
#include "tests/unit/request.h"

static struct catalog *catalog;
static struct dataset dataset;
static struct plan plan;
static struct error err;

/* Every shipped rollup is there, with rows as a shop may have them. */
static const struct {
    const char *name;
    int64_t rows;
} shipped[] = {
    {"customer_activity", 9000},      {"sales_by_day", 100},
    {"sales_by_day_category", 400},   {"sales_by_day_product", 8000},
    {"sales_by_day_region", 500},     {"sales_by_day_region_category", 2000},
    {"sales_by_day_state", 3000},     {"sales_by_day_hour", 4000},
    {"sales_by_month_hour", 1000},    {"sales_by_day_subcategory", 1500},
    {"sales_by_month_product", 2500}, {"sales_by_month_subcategory", 1300},
    {"sales_by_month_state", 700},    {"sales_by_product", 600},
};

static void list(const char *name, int64_t rows)
{
    struct dataset_rollup *r = &dataset.rollups[dataset.rollup_count++];
    ck_assert_msg(catalog_rollup(catalog, name) != NULL, "there is no rollup %s", name);
    *r = (struct dataset_rollup){.build = 3, .rows = rows};
    snprintf(r->hash, sizeof r->hash, "%s", catalog_rollup(catalog, name)->hash);
}

static void load(void)
{
    catalog = shipped_catalog();
    dataset = dataset_of("2014-01-03", "2017-12-30");
    for (int i = 0; i < COUNT(shipped); i++)
        list(shipped[i].name, shipped[i].rows);
    err = (struct error){0};
}

static void unload(void)
{
    catalog_release(catalog);
}

static struct query query_of(const char *kpi, const char *request)
{
    ck_assert_msg(catalog_find(catalog, kpi) != NULL, "there is no %s", kpi);
    return request_of(catalog_find(catalog, kpi), &dataset, request);
}

START_TEST(table_of_rollups_is_that_of_the_files)
{
    ck_assert_uint_eq(catalog->rollup_count, COUNT(shipped));
}
END_TEST

static const struct {
    const char *kpi, *request, *source;
} choices[] = {
    {"total-sales", "", "sales_by_day"},
    {"total-sales", "from=2016-03-07", "sales_by_day"},
    {"total-sales", "status=delivered", "order"},
    {"total-sales", "city=Paris", "customer_activity"},
    {"sales-summary", "city=Paris", "order"},
    {"order-count", "region=West", "sales_by_day_region"},
    {"order-count", "region=West&region=East", "sales_by_day_region"},
    {"order-count", "state=Ohio", "sales_by_month_state"},
    {"order-count", "state=Ohio&from=2016-03-07", "sales_by_day_state"},
    {"order-count", "state=Ohio&from=2016-03&to=2016-04", "sales_by_month_state"},
    {"order-count", "state=Ohio&from=2016-03&to=2016-04-29", "sales_by_day_state"},
    /* Bounds that do not cut the data cut no month of it. */
    {"order-count", "state=Ohio&from=2014-01-03&to=2017-12-30", "sales_by_month_state"},
    {"order-count", "state=Ohio&from=2014-01-02&to=2018-02-03", "sales_by_month_state"},
    {"order-count", "state=Ohio&from=2014-01-04", "sales_by_day_state"},
    {"order-count", "state=Ohio&to=2017-12-29", "sales_by_day_state"},
    {"order-count", "state=Ohio&from=2030-02-03", "sales_by_day_state"},
    /* An order is in the rows of each of its categories: of several it would count twice. */
    {"order-count", "category=A", "sales_by_day_category"},
    {"order-count", "category=A&category=B", "line"},
    {"order-count", "category=A&subcategory=B", "sales_by_month_subcategory"},
    {"order-count", "category=A&subcategory=B&from=2016-03-07", "sales_by_day_subcategory"},
    {"order-count", "category=A&subcategory=B&subcategory=C", "line"},
    {"order-count", "subcategory=B", "line"},
    {"order-count", "product=P", "sales_by_product"},
    {"order-count", "product=P&category=A&category=B", "sales_by_product"},
    {"order-count", "product=P&product=Q", "line"},
    {"order-count", "category=A&region=West", "sales_by_day_region_category"},
    {"order-count", "category=A&state=Ohio", "line"},
    {"basket-size", "category=A&category=B", "line"},
    /* Sales add up over whatever there is. */
    {"total-sales", "category=A&category=B", "sales_by_day_category"},
    {"total-sales", "subcategory=B", "sales_by_product"},
    {"total-sales", "subcategory=B&from=2016-03-07", "sales_by_day_subcategory"},
    {"total-sales", "product=P&product=Q&from=2016", "sales_by_month_product"},
    {"total-sales", "product=P&product=Q&from=2016-03-07", "sales_by_day_product"},
    {"total-sales", "seller=S", "item"},
    {"sales-by-category", "", "sales_by_day_category"},
    {"sales-by-category", "category=A&category=B", "sales_by_day_category"},
    {"sales-by-category", "subcategory=B", "sales_by_month_subcategory"},
    {"sales-by-category", "subcategory=B&subcategory=C", "line"},
    {"sales-by-category", "region=West", "sales_by_day_region_category"},
    {"sales-by-product", "", "sales_by_product"},
    {"sales-by-product", "category=A&category=B", "sales_by_product"},
    {"sales-by-product", "from=2016&to=2016", "sales_by_month_product"},
    {"sales-by-product", "from=2016-03-07", "sales_by_day_product"},
    {"sales-by-product", "region=West", "line"},
    {"sales-by-region", "", "customer_activity"},
    {"sales-by-region", "customer=C1", "order"},
    {"customer-count", "", "customer_activity"},
    {"customer-count", "category=A", "line"},
    {"total-sales", "customer=C1", "order"},
    {"total-sales", "customer=C1&category=A", "item"},
    {"peak-hours", "", "sales_by_month_hour"},
    {"peak-hours", "from=2016-03-07", "sales_by_day_hour"},
    {"sales-over-time", "granularity=year", "sales_by_day"},
    {"sales-over-time", "state=Ohio", "sales_by_day_state"},
    {"order-status", "", "order"},
    {"product-pairs", "", "line"},
    {"average-order-value", "", "order"},
};

START_TEST(rollup_with_the_fewest_rows_that_answers_is_taken)
{
    struct query query = query_of(choices[_i].kpi, choices[_i].request);
    ck_assert_msg(plan_make(&plan, catalog, &query, &dataset, &err), "%s", err.message);
    ck_assert_str_eq(plan.source->name, choices[_i].source);
    plan_release(&plan);
}
END_TEST

static const struct {
    const char *kpi, *request, *rollup, *why;
} reasons[] = {
    {"order-count", "", "sales_by_day", NULL},
    {"order-count", "city=Paris", "sales_by_day", "has no dimension 'city', which a filter needs"},
    {"sales-over-time", "", "sales_by_month_state", "has no dimension 'day', which the KPI needs"},
    {"order-count", "", "sales_by_day_category", "leaves out orders without lines"},
    {"order-count", "from=2016-03-07", "sales_by_month_state", "the range cuts a month that it has added up"},
    {"sales-by-product", "from=2016", "sales_by_product", "the range cuts what it has added up"},
    {"order-count", "category=A&category=B", "sales_by_day_category",
     "would count an order twice that has several values of 'category'"},
    {"order-count", "category=A", "sales_by_day_product",
     "would count an order twice that has several values of 'product'"},
    {"order-status", "", "customer_activity", "has no dimension 'order', which the KPI needs"},
};

START_TEST(rollup_that_is_passed_over_says_why)
{
    char why[PLAN_REASON_MAX];
    struct query query = query_of(reasons[_i].kpi, reasons[_i].request);
    const struct source *source = &catalog_rollup(catalog, reasons[_i].rollup)->source;
    ck_assert_int_eq(plan_passes_over(source, &query, &dataset, why), reasons[_i].why != NULL);
    if (reasons[_i].why)
        ck_assert_str_eq(why, reasons[_i].why);
}
END_TEST

START_TEST(rollup_that_is_not_listed_with_its_hash_is_not_there)
{
    char why[PLAN_REASON_MAX];
    struct query query = query_of("order-count", "");
    dataset.rollups[1].hash[3] ^= 1;
    ck_assert(plan_passes_over(&catalog_rollup(catalog, "sales_by_day")->source, &query, &dataset, why));
    ck_assert_str_eq(why, "is not built for this version of the data");
    ck_assert(plan_make(&plan, catalog, &query, &dataset, &err));
    ck_assert_str_eq(plan.source->name, "sales_by_day_region");
    plan_release(&plan);
    dataset.rollup_count = 0;
    ck_assert(plan_make(&plan, catalog, &query, &dataset, &err));
    ck_assert_str_eq(plan.source->name, "order");
    plan_release(&plan);
}
END_TEST

START_TEST(kpi_of_all_orders_takes_no_rollup)
{
    struct definition *d = catalog->definitions[0];
    struct query query = query_of(d->name, "");
    char why[PLAN_REASON_MAX];
    d->all_orders = true;
    ck_assert(plan_passes_over(&catalog_rollup(catalog, "sales_by_day")->source, &query, &dataset, why));
    ck_assert_str_eq(why, "holds orders that count as sales only, and the KPI asks for all");
}
END_TEST

START_TEST(kpi_that_looks_at_single_rows_takes_no_rollup)
{
    struct query query = query_of("order-count", "");
    struct definition *d = (struct definition *)(uintptr_t)catalog_find(catalog, "order-count");
    char why[PLAN_REASON_MAX];
    d->looks_at_rows = true;
    ck_assert(plan_passes_over(&catalog_rollup(catalog, "sales_by_day")->source, &query, &dataset, why));
    ck_assert_str_eq(why, "the KPI looks at single rows, and not only at their sums");
}
END_TEST

#define DATE(text) "{'$date': '" text "T00:00:00Z'}"
#define SHOWN                                                                                                          \
    "'build': {'$numberLong': '3'}, 'from': {'$lte': {'$numberLong': '7'}}, 'to': {'$gt': {'$numberLong': '7'}}"
#define TOTAL                                                                                                          \
    "{'$group': {'_id': null, 'sales': {'$sum': '$rows.sales'}}}, {'$project': {'_id': 0, 'sales': 1}}, {'$limit': "   \
    "10001}]"

static const struct {
    const char *kpi, *request, *pipeline;
} plans[] = {
    {"total-sales", "", "[{'$match': {" SHOWN "}}, {'$unwind': '$rows'}, " TOTAL},
    {"total-sales", "from=2016-03-07&to=2016-03-08",
     "[{'$match': {'day': {'$gte': " DATE("2016-03-07") ", '$lte': " DATE(
         "2016-03-08") "}, " SHOWN "}}, {'$unwind': '$rows'}, " TOTAL},
    {"total-sales", "category=A&category=B",
     "[{'$match': {" SHOWN "}}, {'$unwind': '$rows'}, {'$match': {'rows.category': {'$in': ['A', 'B']}}}, " TOTAL},
    /* A month that begins before the data is taken whole. */
    {"total-sales", "product=P&from=2014-01-02&to=2016-04",
     "[{'$match': {'day': {'$gte': " DATE("2014-01-01") ", '$lte': " DATE(
         "2016-04-30") "}, " SHOWN "}}, {'$unwind': '$rows'}, {'$match': {'rows.product_id': 'P'}}, " TOTAL},
    {"total-sales", "product=P&from=2014-01-02",
     "[{'$match': {" SHOWN "}}, {'$unwind': '$rows'}, {'$match': {'rows.product_id': 'P'}}, " TOTAL},
};

START_TEST(stages_take_what_the_version_shows_of_the_range)
{
    struct query query = query_of(plans[_i].kpi, plans[_i].request);
    ck_assert_msg(plan_make(&plan, catalog, &query, &dataset, &err), "%s", err.message);
    assert_bson_array(plan.pipeline, plans[_i].pipeline);
    plan_release(&plan);
}
END_TEST

START_TEST(sources_that_are_left_out_are_not_taken)
{
    struct query query = query_of("order-count", "");
    char why[PLAN_REASON_MAX];
    ck_assert_msg(catalog_use_sources(catalog, "order,item,line,sales_by_day_state", true, &err), "%s", err.message);
    ck_assert(plan_make(&plan, catalog, &query, &dataset, &err));
    ck_assert_str_eq(plan.source->name, "sales_by_day_state");
    plan_release(&plan);
    ck_assert(plan_passes_over(&catalog_rollup(catalog, "sales_by_day")->source, &query, &dataset, why));
    ck_assert_str_eq(why, "is left out by --sources");
}
END_TEST

static const struct {
    const char *list, *says;
    bool strict;
} bad_lists[] = {
    {"order,item,line,sales_by_dey", "there is no source or rollup 'sales_by_dey'; did you mean 'sales_by_day'?", true},
    {"order,item,,line", "there is no source or rollup ''", true},
    {"order,item", "has requests that none of the sources order,item answers", true},
    {"sales_by_day", "has requests that none of", false},
};

START_TEST(list_of_sources_must_answer_everything)
{
    ck_assert(!catalog_use_sources(catalog, bad_lists[_i].list, bad_lists[_i].strict, &err));
    ck_assert_msg(strstr(err.message, bad_lists[_i].says) != NULL, "%s", err.message);
}
END_TEST

START_TEST(rollup_that_is_gone_since_the_start_is_no_fault)
{
    ck_assert(catalog_use_sources(catalog, "order,item,line,sales_by_dey", false, &err));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rollup_plan");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_test(tests, table_of_rollups_is_that_of_the_files);
    tcase_add_loop_test(tests, rollup_with_the_fewest_rows_that_answers_is_taken, 0, COUNT(choices));
    tcase_add_loop_test(tests, rollup_that_is_passed_over_says_why, 0, COUNT(reasons));
    tcase_add_test(tests, rollup_that_is_not_listed_with_its_hash_is_not_there);
    tcase_add_test(tests, kpi_of_all_orders_takes_no_rollup);
    tcase_add_test(tests, kpi_that_looks_at_single_rows_takes_no_rollup);
    tcase_add_loop_test(tests, stages_take_what_the_version_shows_of_the_range, 0, COUNT(plans));
    tcase_add_test(tests, sources_that_are_left_out_are_not_taken);
    tcase_add_loop_test(tests, list_of_sources_must_answer_everything, 0, COUNT(bad_lists));
    tcase_add_test(tests, rollup_that_is_gone_since_the_start_is_no_fault);
    return run_case(tests, "rollup_plan");
}

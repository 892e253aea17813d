#include "core/variables.h"
#include "tests/unit/request.h"

static struct catalog *catalog;
static struct dataset dataset;
static bson_t values;
static struct error err;

static void load(void)
{
    catalog = shipped_catalog();
    dataset = dataset_of("2014-01-03", "2017-12-30");
    bson_init(&values);
    err = (struct error){0};
}

static void unload(void)
{
    bson_destroy(&values);
    catalog_release(catalog);
}

static struct query query_of(const char *kpi, const char *request)
{
    return request_of(catalog_find(catalog, kpi), &dataset, request);
}

/* Makes the values that the definition's stages may use. */
static bool definition_values(const char *source, const char *kpi, const char *request)
{
    struct query query = query_of(kpi, request);
    bson_reinit(&values);
    err = (struct error){0};
    return variables_of_definition(catalog_source(catalog, source), &query, &dataset, &values, &err);
}

/* Makes the values that the source's own stages may use. */
static void source_values(const char *source, const char *kpi, const char *request)
{
    struct query query = query_of(kpi, request);
    bson_reinit(&values);
    variables_of_source(catalog_source(catalog, source), &query, &values);
}

/* Compares one variable with an Extended JSON value. */
static void assert_value(const char *name, const char *expected)
{
    bson_t one = BSON_INITIALIZER;
    char *text = NULL;
    bson_iter_t it;
    ck_assert_msg(bson_iter_init_find(&it, &values, name), "%s has no value", name);
    bson_append_iter(&one, "value", -1, &it);
    ck_assert_int_gt(asprintf(&text, "{'value': %s}", expected), 0);
    assert_bson(&one, text);
    bson_destroy(&one);
    free(text);
}

static void assert_day_value(const char *name, const char *expected)
{
    char text[DAY_TEXT_MAX];
    bson_iter_t it;
    ck_assert(bson_iter_init_find(&it, &values, name) && BSON_ITER_HOLDS_DATE_TIME(&it));
    day_text(day_from_ms(bson_iter_date_time(&it)), text);
    ck_assert_str_eq(text, expected);
}

#define DATE(text) "{'$date': '" text "T00:00:00Z'}"

static const struct {
    const char *source, *request, *expected;
} filters[] = {
    {"order", "", "{'counted': true}"},
    {"order", "from=2017-02-03", "{'counted': true, 'day': {'$gte': " DATE("2017-02-03") "}}"},
    {"order", "to=2017-02", "{'counted': true, 'day': {'$lte': " DATE("2017-02-28") "}}"},
    {"order", "from=1969-12-31&to=1969-12-31",
     "{'counted': true, 'day': {'$gte': " DATE("1969-12-31") ", '$lte': " DATE("1969-12-31") "}}"},
    {"order", "region=West", "{'counted': true, 'region': 'West'}"},
    {"order", "region=West&region=East&customer=C1",
     "{'counted': true, 'region': {'$in': ['East', 'West']}, 'customer_id': 'C1'}"},
    {"line", "category=A&product=P2&product=P1&city=X",
     "{'counted': true, 'city': 'X', 'items.category': 'A', 'items.product_id': {'$in': ['P1', 'P2']}}"},
    {"order", "period=all", "{'counted': true}"},
    /* What looks like an operator is a text. */
    {"order", "region=$where&region={$ne:1}", "{'counted': true, 'region': {'$in': ['$where', '{$ne:1}']}}"},
    {"order", "status=delivered", "{'counted': true, 'status': 'delivered'}"},
};

START_TEST(filter_is_the_request_on_the_fields_of_the_source)
{
    source_values(filters[_i].source, "total-sales", filters[_i].request);
    assert_value("filter", filters[_i].expected);
}
END_TEST

START_TEST(filter_is_empty_where_the_source_has_applied_it)
{
    ck_assert(definition_values("line", "total-sales", "region=West&from=2017"));
    assert_value("filter", "{}");
    ck_assert(definition_values("order", "total-sales", "region=West"));
    assert_value("filter", "{'counted': true, 'region': 'West'}");
}
END_TEST

static const struct {
    const char *kpi, *request, *expected;
} sorts[] = {
    {"sales-by-category", "", "{'sales': -1, 'category': 1}"},
    {"sales-by-category", "sort=units", "{'units': 1, 'category': 1}"},
    {"sales-by-category", "sort=-category", "{'category': -1}"},
    {"peak-hours", "sort=-orders", "{'orders': -1, 'weekday': 1, 'hour': 1}"},
    {"peak-hours", "sort=hour", "{'hour': 1, 'weekday': 1}"},
    {"total-sales", "", "{}"},
};

START_TEST(ties_of_the_order_are_broken_by_the_keys)
{
    ck_assert(definition_values("line", sorts[_i].kpi, sorts[_i].request));
    assert_value("sort", sorts[_i].expected);
}
END_TEST

START_TEST(limit_is_one_more_than_asked_for)
{
    ck_assert(definition_values("order", "peak-days", "limit=10000&offset=10000000"));
    assert_value("limit", "{'$numberInt': '10001'}");
    assert_value("offset", "{'$numberInt': '10000000'}");
}
END_TEST

static const struct {
    const char *request, *expected; /* in {"$literal": […]}, or the first and last of many */
} lists[] = {
    {"granularity=year",
     "[" DATE("2014-01-01") ", " DATE("2015-01-01") ", " DATE("2016-01-01") ", " DATE("2017-01-01") "]"},
    {"granularity=day&from=2016-02-28&to=2016-03-01",
     "[" DATE("2016-02-28") ", " DATE("2016-02-29") ", " DATE("2016-03-01") "]"},
    {"granularity=week&from=2017-01-01&to=2017-01-09",
     "[" DATE("2016-12-26") ", " DATE("2017-01-02") ", " DATE("2017-01-09") "]"},
    {"granularity=month&from=2016-12-31&to=2017-01-01", "[" DATE("2016-12-01") ", " DATE("2017-01-01") "]"},
    {"granularity=quarter&from=2017-03-31&to=2017-04-01", "[" DATE("2017-01-01") ", " DATE("2017-04-01") "]"},
    {"granularity=month&from=2017-12-30", "[" DATE("2017-12-01") "]"},
    {"granularity=month&from=2018-01-01", "[]"},
    {"granularity=year&from=2017-12-31", "[]"},
    {"granularity=year&to=2014-01-02", "[]"},
    {"granularity=year&to=2013", "[]"},
    {"granularity=year&to=2015", "[" DATE("2014-01-01") ", " DATE("2015-01-01") "]"},
};

START_TEST(every_period_of_the_range_is_listed)
{
    char expected[600];
    ck_assert(definition_values("order", "sales-over-time", lists[_i].request));
    snprintf(expected, sizeof expected, "{'$literal': %s}", lists[_i].expected);
    assert_value("periods", expected);
}
END_TEST

START_TEST(no_data_and_no_range_are_no_periods)
{
    dataset = (struct dataset){0};
    ck_assert(definition_values("order", "sales-over-time", ""));
    assert_value("periods", "{'$literal': []}");
    ck_assert(definition_values("order", "sales-over-time", "from=2017"));
    assert_value("periods", "{'$literal': []}");
    ck_assert(definition_values("order", "sales-over-time", "to=2017"));
    assert_value("periods", "{'$literal': []}");
    ck_assert(definition_values("order", "sales-over-time", "from=2017&to=2017&granularity=year"));
    assert_value("periods", "{'$literal': [" DATE("2017-01-01") "]}");
}
END_TEST

START_TEST(periods_are_10000_at_most)
{
    ck_assert(definition_values("order", "sales-over-time", "granularity=day&from=2000-01-01&to=2027-05-18"));
    ck_assert(!definition_values("order", "sales-over-time", "granularity=day&from=2000-01-01&to=2027-05-19"));
    assert_error(&err, ERROR_INVALID,
                 "The range has more than 10000 periods; choose a shorter range or a coarser granularity.");
    ck_assert(!definition_values("order", "sales-over-time", "granularity=week&from=1900&to=2199"));
    ck_assert(definition_values("order", "sales-over-time", "granularity=month&from=1900&to=2199"));
}
END_TEST

START_TEST(kpi_that_names_no_periods_gets_none)
{
    bson_iter_t it;
    ck_assert(definition_values("order", "total-sales", "from=1900&to=2199"));
    ck_assert(!bson_iter_init_find(&it, &values, "periods"));
}
END_TEST

static const struct {
    const char *request, *last_day, *from, *to;
} wholes[] = {
    {"granularity=month", "2017-12-30", "1900-01-01", "2017-11-01"},
    {"granularity=month", "2017-12-31", "1900-01-01", "2017-12-01"},
    {"granularity=month", "2016-02-28", "1900-01-01", "2016-01-01"},
    {"granularity=month", "2017-02-28", "1900-01-01", "2017-02-01"},
    {"granularity=month&from=2017-02-01", "2017-12-31", "2017-02-01", "2017-12-01"},
    {"granularity=month&from=2017-02-02", "2017-12-31", "2017-03-01", "2017-12-01"},
    {"granularity=month&to=2017-06-30", "2017-12-31", "1900-01-01", "2017-06-01"},
    {"granularity=month&to=2017-06-29", "2017-12-31", "1900-01-01", "2017-05-01"},
    {"granularity=month&to=2018-06-30", "2017-12-30", "1900-01-01", "2017-11-01"},
    {"granularity=day&from=2017-05-05&to=2017-05-05", "2017-12-30", "2017-05-05", "2017-05-05"},
    {"granularity=week&from=2017-01-01", "2017-12-30", "2017-01-02", "2017-12-18"},
    {"granularity=week&from=2017-01-02", "2017-12-31", "2017-01-02", "2017-12-25"},
    {"granularity=quarter&from=2016-10-02&to=2017-09-30", "2017-12-30", "2017-01-01", "2017-07-01"},
    {"granularity=year&from=2016&to=2017", "2017-12-30", "2016-01-01", "2016-01-01"},
    {"granularity=year&from=2016&to=2017", "2017-12-31", "2016-01-01", "2017-01-01"},
    {"granularity=year&from=2016-01-02&to=2016-12-31", "2017-12-31", "2017-01-01", "2016-01-01"},
};

START_TEST(period_is_whole_when_neither_range_nor_data_cut_it)
{
    dataset.last_day = day_of(wholes[_i].last_day);
    ck_assert(definition_values("order", "sales-over-time", wholes[_i].request));
    assert_day_value("whole_from", wholes[_i].from);
    assert_day_value("whole_to", wholes[_i].to);
}
END_TEST

START_TEST(without_data_no_period_is_whole)
{
    dataset = (struct dataset){0};
    ck_assert(definition_values("order", "sales-over-time", ""));
    assert_day_value("whole_from", "1900-01-01");
    assert_day_value("whole_to", "1899-12-01");
}
END_TEST

/* The pairs of a product are found by the definition: its source sees all products. */
START_TEST(own_filter_is_left_to_the_definition)
{
    ck_assert(definition_values("line", "product-pairs", "product=P2&product=$a&category=Books"));
    assert_value("product", "{'$literal': ['$a', 'P2']}");
    source_values("line", "product-pairs", "product=P2&category=Books");
    assert_value("filter", "{'counted': true, 'items.category': 'Books'}");
    ck_assert(definition_values("line", "product-pairs", "category=Books"));
    assert_value("product", "{'$literal': []}");
}
END_TEST

START_TEST(as_of_is_the_newest_day_unless_another_is_asked_for)
{
    ck_assert(definition_values("order", "sales-over-time", "to=2016"));
    assert_day_value("as_of", "2017-12-30");
    ck_assert(definition_values("order", "sales-over-time", "as_of=2018-02-03"));
    assert_day_value("as_of", "2018-02-03");
    assert_day_value("last_day", "2017-12-30");
    dataset = (struct dataset){0};
    ck_assert(definition_values("order", "sales-over-time", ""));
    assert_day_value("as_of", "1900-01-01");
}
END_TEST

/* What pipelines may name is what there is: no feature is forgotten in the one list or the other. */
START_TEST(every_feature_is_a_variable)
{
    size_t listed = 0;
    dataset.has[FEATURE_FREIGHT] = true;
    ck_assert(definition_values("order", "sales-over-time", ""));
    for (int f = 0; f < FEATURE_COUNT; f++) {
        char name[32];
        bson_iter_t it;
        snprintf(name, sizeof name, "has_%s", feature_names[f]);
        ck_assert_msg(bson_iter_init_find(&it, &values, name) && BSON_ITER_HOLDS_BOOL(&it), "%s", name);
        ck_assert_int_eq(bson_iter_bool(&it), f == FEATURE_FREIGHT);
        for (size_t i = 0; variables_in_definitions[i]; i++)
            listed += strcmp(variables_in_definitions[i], name) == 0;
    }
    ck_assert_uint_eq(listed, FEATURE_COUNT);
}
END_TEST

START_TEST(first_day_of_a_period_is_an_expression_on_day)
{
    static const char *const expected[GRANULARITY_COUNT] = {
        "{'$add': ['$day', 0]}",
        "{'$subtract': ['$day', {'$multiply': [86400000, {'$subtract': [{'$isoDayOfWeek': '$day'}, 1]}]}]}",
        "{'$dateFromParts': {'year': {'$year': '$day'}, 'month': {'$month': '$day'}, 'day': 1}}",
        ("{'$dateFromParts': {'year': {'$year': '$day'}, 'month': {'$subtract': [{'$month': '$day'},"
         " {'$mod': [{'$subtract': [{'$month': '$day'}, 1]}, 3]}]}, 'day': 1}}"),
        "{'$dateFromParts': {'year': {'$year': '$day'}, 'month': 1, 'day': 1}}",
    };
    char request[32];
    snprintf(request, sizeof request, "granularity=%s", granularity_names[_i]);
    ck_assert(definition_values("order", "sales-over-time", request));
    assert_value("period_start", expected[_i]);
}
END_TEST

START_TEST(lines_are_grouped_by_order_and_the_item_dimensions_in_use)
{
    source_values("line", "sales-by-category", "");
    assert_value("order_rows", "{'_id': {'_id': '$_id', 'category': '$items.category'},"
                               " 'sales': {'$sum': '$items.sales'}, 'profit': {'$sum': '$items.profit'},"
                               " 'some_profit': {'$max': '$items.profit'},"
                               " 'costed_sales': {'$sum': '$items.costed_sales'},"
                               " 'units': {'$sum': '$items.quantity'}, 'orders': {'$max': '$orders'}}");
    assert_value("row_fields", "{'_id': '$_id._id', 'category': '$_id.category', 'sales': 1, 'profit': 1,"
                               " 'some_profit': 1, 'costed_sales': 1, 'units': 1, 'orders': 1}");
    source_values("line", "sales-by-region", "");
    assert_value("order_rows", "{'_id': {'_id': '$_id'}, 'region': {'$first': '$region'},"
                               " 'customer_id': {'$first': '$customer_id'}, 'is_return': {'$first': '$is_return'},"
                               " 'sales': {'$sum': '$items.sales'},"
                               " 'profit': {'$sum': '$items.profit'}, 'some_profit': {'$max': '$items.profit'},"
                               " 'costed_sales': {'$sum': '$items.costed_sales'},"
                               " 'orders': {'$max': '$orders'}, 'units': {'$sum': '$items.quantity'}}");
    assert_value("row_fields", "{'_id': '$_id._id', 'region': 1, 'customer_id': 1, 'is_return': 1, 'sales': 1,"
                               " 'profit': 1, 'some_profit': 1, 'costed_sales': 1, 'orders': 1, 'units': 1}");
}
END_TEST

START_TEST(lines_are_unwound_from_what_is_in_use_of_their_order)
{
    source_values("line", "sales-by-category", "city=Paris&from=2023&seller=S1");
    assert_value("line_fields",
                 "{'_id': 1, 'counted': 1, 'day': 1, 'city': 1, 'items.seller_id': 1, 'items.category': 1,"
                 " 'items.sales': 1, 'items.profit': 1, 'items.costed_sales': 1, 'items.quantity': 1, 'orders': 1}");
    source_values("line", "time-between-orders", "");
    assert_value("line_fields",
                 "{'_id': 1, 'counted': 1, 'customer_id': 1, 'day': 1, 'is_return': 1, 'orders': 1, 'items': 1}");
}
END_TEST

START_TEST(order_itself_needs_no_field_of_its_own)
{
    source_values("line", "time-between-orders", "");
    assert_value("order_rows", "{'_id': {'_id': '$_id'}, 'customer_id': {'$first': '$customer_id'},"
                               " 'day': {'$first': '$day'}, 'is_return': {'$first': '$is_return'},"
                               " 'orders': {'$max': '$orders'}}");
}
END_TEST

START_TEST(item_fields_are_those_in_use)
{
    source_values("item", "units-sold", "category=A");
    assert_value("item_fields", "{'units': '$items.quantity'}");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("variables");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_loop_test(tests, filter_is_the_request_on_the_fields_of_the_source, 0, COUNT(filters));
    tcase_add_test(tests, filter_is_empty_where_the_source_has_applied_it);
    tcase_add_loop_test(tests, ties_of_the_order_are_broken_by_the_keys, 0, COUNT(sorts));
    tcase_add_test(tests, limit_is_one_more_than_asked_for);
    tcase_add_loop_test(tests, every_period_of_the_range_is_listed, 0, COUNT(lists));
    tcase_add_test(tests, no_data_and_no_range_are_no_periods);
    tcase_add_test(tests, periods_are_10000_at_most);
    tcase_add_test(tests, kpi_that_names_no_periods_gets_none);
    tcase_add_loop_test(tests, period_is_whole_when_neither_range_nor_data_cut_it, 0, COUNT(wholes));
    tcase_add_test(tests, without_data_no_period_is_whole);
    tcase_add_test(tests, own_filter_is_left_to_the_definition);
    tcase_add_test(tests, as_of_is_the_newest_day_unless_another_is_asked_for);
    tcase_add_test(tests, every_feature_is_a_variable);
    tcase_add_loop_test(tests, first_day_of_a_period_is_an_expression_on_day, 0, GRANULARITY_COUNT);
    tcase_add_test(tests, lines_are_grouped_by_order_and_the_item_dimensions_in_use);
    tcase_add_test(tests, order_itself_needs_no_field_of_its_own);
    tcase_add_test(tests, lines_are_unwound_from_what_is_in_use_of_their_order);
    tcase_add_test(tests, item_fields_are_those_in_use);
    return run_case(tests, "variables");
}

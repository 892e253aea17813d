#include "tests/unit/request.h"

/* The shipped KPI that takes every parameter, and one that takes neither sort nor limit. */
static struct catalog *catalog;
static const struct definition *series, *total;
static struct dataset dataset;
static struct query query;
static struct parameter_error why;

static void load(void)
{
    catalog = shipped_catalog();
    series = catalog_find(catalog, "sales-over-time");
    total = catalog_find(catalog, "total-sales");
    dataset = dataset_of("2014-01-03", "2017-12-30");
}

static void unload(void)
{
    catalog_release(catalog);
}

static bool parse(const struct definition *d, const char *text)
{
    return request_parse(&query, d, &dataset, text, &why);
}

static void assert_parses(const struct definition *d, const char *text)
{
    ck_assert_msg(parse(d, text), "%s: %s: %s", text, why.parameter, why.detail);
}

/* The parameters in effect, which the caller frees. */
static char *canonical(const struct definition *d, const char *text)
{
    struct buffer out = {0};
    size_t n;
    assert_parses(d, text);
    query_json(&query, &out);
    return buffer_take(&out, &n);
}

static const struct {
    const char *request, *expected;
} good[] = {
    {"", "{'granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"from=2017", "{'from':'2017-01-01','granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"to=2017", "{'to':'2017-12-31','granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"to=2016-02&from=2016-02",
     "{'from':'2016-02-01','to':'2016-02-29','granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"from=2017-05-05&to=2017-05-05&limit=1&offset=10000000&sort=-sales&granularity=week",
     "{'from':'2017-05-05','to':'2017-05-05','granularity':'week','sort':'-sales','limit':1,'offset':10000000}"},
    {"limit=10000&offset=0", "{'granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"limit=007", "{'granularity':'month','sort':'period','limit':7,'offset':0}"},
    {"period=last-7-days", "{'from':'2017-12-24','to':'2017-12-30','period':'last-7-days','granularity':'month',"
                           "'sort':'period','limit':10000,'offset':0}"},
    {"period=last-month&as_of=2016-03-31",
     "{'from':'2016-02-01','to':'2016-02-29','period':'last-month','as_of':'2016-03-31','granularity':'month',"
     "'sort':'period','limit':10000,'offset':0}"},
    /* Without a period, nothing after as_of counts. */
    {"as_of=2016-03-31", "{'to':'2016-03-31','as_of':'2016-03-31','granularity':'month','sort':'period','limit':10000,"
                         "'offset':0}"},
    {"as_of=2016-03-31&from=2016-03-31&to=2017",
     "{'from':'2016-03-31','to':'2016-03-31','as_of':'2016-03-31','granularity':'month','sort':'period',"
     "'limit':10000,'offset':0}"},
    {"as_of=2016-03-31&to=2015", "{'to':'2015-12-31','as_of':'2016-03-31','granularity':'month','sort':'period',"
                                 "'limit':10000,'offset':0}"},
    {"period=all&as_of=2016-03-31", "{'to':'2016-03-31','period':'all','as_of':'2016-03-31','granularity':'month',"
                                    "'sort':'period','limit':10000,'offset':0}"},
    {"period=all", "{'period':'all','granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"region=West", "{'region':'West','granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"category=b&region=West&category=a&region=East&region=West&category=b",
     "{'region':['East','West'],'category':['a','b'],'granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"city=São \\Paulo\n", "{'city':'São \\\\Paulo\\n','granularity':'month','sort':'period','limit':10000,"
                           "'offset':0}"},
    {"compare=previous-year&from=2017&explain=true",
     "{'from':'2017-01-01','compare':'previous-year','granularity':'month','sort':'period','limit':10000,'offset':0,"
     "'explain':true}"},
    {"explain=false", "{'granularity':'month','sort':'period','limit':10000,'offset':0}"},
    {"product=$sales", "{'product':'$sales','granularity':'month','sort':'period','limit':10000,'offset':0}"},
};

START_TEST(parameters_in_effect_are_one_json_text)
{
    char *have = canonical(series, good[_i].request), *want = quoted(good[_i].expected);
    json_t *value = json_loads(have, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_str_eq(have, want);
    ck_assert_msg(value != NULL, "%s is no JSON", have);
    json_decref(value);
    free(have);
    free(want);
}
END_TEST

START_TEST(kpi_without_parameters_in_effect_has_an_empty_object)
{
    char *text = canonical(total, "");
    struct buffer out = {0};
    ck_assert_str_eq(text, "{}");
    free(text);
    buffer_text(&out, "\"parameters\":,");
    query_json(&query, &out);
    assert_buffer(&out, "\"parameters\":,{}");
}
END_TEST

static const struct {
    const char *one, *other;
} equals[] = {
    {"from=2017&region=West", "region=West&from=2017-01-01"},
    {"region=A&region=B&region=C", "region=C&region=A&region=B&region=A"},
    {"to=2017&sort=-sales", "sort=-sales&to=2017-12"},
    {"", "limit=10000&offset=0&sort=period&granularity=month"},
    {"region=B&city=A", "city=A&region=B"},
};

START_TEST(requests_that_mean_the_same_have_the_same_text)
{
    char *one = canonical(series, equals[_i].one), *other = canonical(series, equals[_i].other);
    ck_assert_str_eq(one, other);
    free(one);
    free(other);
}
END_TEST

START_TEST(requests_that_differ_have_different_texts)
{
    static const char *const texts[] = {"region=A&region=B", "region=A,B",       "region=A",  "city=A",
                                        "region=B",          "region=['A','B']", "from=2017", "to=2017",
                                        "from=2017&to=2017", "offset=1",         "limit=1"};
    for (int i = 0; i < COUNT(texts); i++) {
        for (int j = 0; j < i; j++) {
            char *one = canonical(series, texts[i]), *other = canonical(series, texts[j]);
            ck_assert_str_ne(one, other);
            free(one);
            free(other);
        }
    }
}
END_TEST

#define COLUMNS                                                                                                        \
    "period, sales, profit, costed_sales, discount, gross, orders, units, sales_moving_mean, sales_change, "           \
    "sales_before, "                                                                                                   \
    "sales_change_rate, partial; with - before it for descending"
#define DAYS        "YYYY-MM-DD, YYYY-MM or YYYY, from 1900-01-01 to 2199-12-31"
#define ONE_DAY     "YYYY-MM-DD, from 1900-01-01 to 2199-12-31"
#define NEEDS_START "compare together with from, or with a period other than all"
#define NO_START    "The range starts with the data: there is nothing before it to compare with."
#define NUMBER      "is not a whole number in range."

static const struct {
    const char *request, *parameter, *value, *accepted, *detail;
} bad[] = {
    {"from=", "from", "", DAYS, "'' is no calendar day, month or year."},
    {"from", "from", "", "a value", "The parameter has no value; an example is from=2023-01-01."},
    {"from=2017-02-29", "from", "2017-02-29", DAYS, "'2017-02-29' is no calendar day, month or year."},
    {"to=1899", "to", "1899", DAYS, "'1899' is no calendar day, month or year."},
    {"from=2017&from=2017", "from", "2017", "one value", "The parameter is given more than once."},
    {"limit=1&offset=1&limit=2", "limit", "2", "one value", "The parameter is given more than once."},
    {"from=2018&to=2017", "from", "2018-01-01", "a day that is not after to",
     "The range ends (2017-12-31) before it begins (2018-01-01)."},
    {"to=2017-01&from=2017-02", "from", "2017-02-01", "a day that is not after to",
     "The range ends (2017-01-31) before it begins (2017-02-01)."},
    {"period=last-month&to=2017", "period", "last-month", "either period, or from and to",
     "period cannot be combined with from or to."},
    {"from=2017&period=all", "period", "all", "either period, or from and to",
     "period cannot be combined with from or to."},
    {"period=yesterday", "period", "yesterday",
     "last-7-days, last-30-days, last-90-days, this-month, last-month, this-quarter, last-quarter, this-year, "
     "last-year, all",
     "'yesterday' is not one of the values."},
    {"from=2017-03&as_of=2017-02-28", "as_of", "2017-02-28", "a day that is not before from",
     "as_of is the last day that counts, and the range begins (2017-03-01) after it (2017-02-28)."},
    {"from=2017-03&to=2017-04&as_of=2017-02-28", "as_of", "2017-02-28", "a day that is not before from",
     "as_of is the last day that counts, and the range begins (2017-03-01) after it (2017-02-28)."},
    {"as_of=2017", "as_of", "2017", ONE_DAY, "'2017' is no calendar day."},
    {"as_of=2017-02-30", "as_of", "2017-02-30", ONE_DAY, "'2017-02-30' is no calendar day."},
    {"granularity=Month", "granularity", "Month", "day, week, month, quarter, year",
     "'Month' is not one of the values."},
    {"limit=0", "limit", "0", "a whole number from 1 to 10000", "'0' " NUMBER},
    {"limit=10001", "limit", "10001", "a whole number from 1 to 10000", "'10001' " NUMBER},
    {"limit=-1", "limit", "-1", "a whole number from 1 to 10000", "'-1' " NUMBER},
    {"limit=+1", "limit", "+1", "a whole number from 1 to 10000", "'+1' " NUMBER},
    {"limit= 1", "limit", " 1", "a whole number from 1 to 10000", "' 1' " NUMBER},
    {"limit=1.0", "limit", "1.0", "a whole number from 1 to 10000", "'1.0' " NUMBER},
    {"limit=1e3", "limit", "1e3", "a whole number from 1 to 10000", "'1e3' " NUMBER},
    {"limit=0x10", "limit", "0x10", "a whole number from 1 to 10000", "'0x10' " NUMBER},
    {"limit=", "limit", "", "a whole number from 1 to 10000", "'' " NUMBER},
    {"limit=4294967297", "limit", "4294967297", "a whole number from 1 to 10000", "'4294967297' " NUMBER},
    {"limit=99999999999999999999999", "limit", "99999999999999999999999", "a whole number from 1 to 10000",
     "'99999999999999999999999' " NUMBER},
    {"limit=1000001&format=csv", "limit", "1000001", "a whole number from 1 to 1000000", "'1000001' " NUMBER},
    {"limit=10001&format=json", "limit", "10001", "a whole number from 1 to 10000", "'10001' " NUMBER},
    {"compare=last-year&from=2017", "compare", "last-year", "previous-period, previous-year",
     "'last-year' is not one of the values."},
    {"compare=previous-year", "compare", "previous-year", NEEDS_START, NO_START},
    {"compare=previous-year&to=2016", "compare", "previous-year", NEEDS_START, NO_START},
    {"compare=previous-period&period=all", "compare", "previous-period", NEEDS_START, NO_START},
    {"compare=previous-period&from=2017&format=csv", "compare", "previous-period", "format json",
     "compare is answered in JSON only; ask for the rows of the other range by from and to."},
    {"explain=true&format=ndjson", "explain", "true", "format json", "explain is answered in JSON only."},
    {"explain=yes", "explain", "yes", "false, true", "'yes' is not one of the values."},
    {"explain=1", "explain", "1", "false, true", "'1' is not one of the values."},
    {"format=xml", "format", "xml", "json, csv, ndjson", "'xml' is not one of the values."},
    {"format=csv&format=csv", "format", "csv", "one value", "The parameter is given more than once."},
    {"offset=-1", "offset", "-1", "a whole number from 0 to 10000000", "'-1' " NUMBER},
    {"offset=10000001", "offset", "10000001", "a whole number from 0 to 10000000", "'10000001' " NUMBER},
    {"sort=", "sort", "", COLUMNS, "'' is no column to sort by."},
    {"sort=-", "sort", "-", COLUMNS, "'-' is no column to sort by."},
    {"sort=--sales", "sort", "--sales", COLUMNS, "'--sales' is no column to sort by."},
    {"sort=$natural", "sort", "$natural", COLUMNS, "'$natural' is no column to sort by."},
    {"sort=sales,units", "sort", "sales,units", COLUMNS, "'sales,units' is no column to sort by."},
    {"region=", "region", "", "1 to 1024 bytes of text", "The value is empty."},
    {"region", "region", "", "a value", "The parameter has no value; an example is region=West."},
};

START_TEST(mistake_is_said_with_parameter_value_and_what_is_accepted)
{
    ck_assert_msg(!parse(series, bad[_i].request), "%s is taken", bad[_i].request);
    ck_assert_str_eq(why.parameter, bad[_i].parameter);
    ck_assert_str_eq(why.value, bad[_i].value);
    ck_assert_str_eq(why.accepted, bad[_i].accepted);
    ck_assert_str_eq(why.detail, bad[_i].detail);
}
END_TEST

static const struct {
    const char *request, *detail;
} unknown[] = {
    {"form=2017", "total-sales has no parameter of this name; did you mean 'from'?"},
    {"From=2017", "total-sales has no parameter of this name; did you mean 'from'?"},
    {"region[$ne]=x", "total-sales has no parameter of this name; did you mean 'region'?"},
    {"$where=1", "total-sales has no parameter of this name."},
    {"=1", "total-sales has no parameter of this name."},
    {"limit=1", "total-sales does not take this parameter."},
    {"sort=sales", "total-sales does not take this parameter."},
    {"granularity=day", "total-sales does not take this parameter."},
    {"nothing-like-it", "total-sales has no parameter of this name."},
};

START_TEST(parameter_that_the_kpi_lacks_is_refused_with_the_nearest)
{
    ck_assert_msg(!parse(total, unknown[_i].request), "%s is taken", unknown[_i].request);
    ck_assert_str_eq(why.detail, unknown[_i].detail);
    ck_assert_str_eq(why.accepted, "from, to, period, as_of, compare, region, country, state, city, segment, category, "
                                   "subcategory, product, customer, seller, status, format, explain");
}
END_TEST

static const struct {
    enum format accepted;
    const char *request;
    enum format format;
    int32_t limit;
} forms[] = {
    {FORMAT_JSON, "", FORMAT_JSON, 10000},
    {FORMAT_CSV, "", FORMAT_CSV, LIMIT_NONE},
    {FORMAT_NDJSON, "format=csv", FORMAT_CSV, LIMIT_NONE},
    {FORMAT_CSV, "format=json", FORMAT_JSON, 10000},
    {FORMAT_JSON, "limit=1000000&format=ndjson", FORMAT_NDJSON, 1000000},
    {FORMAT_CSV, "limit=1000000", FORMAT_CSV, 1000000},
    {FORMAT_JSON, "limit=10000", FORMAT_JSON, 10000},
};

START_TEST(form_decides_how_many_rows_there_may_be)
{
    char name[16] = "", value[16] = "", other[16] = "", last[16] = "";
    struct raw_parameter raw[] = {{name, value}, {other, last}};
    size_t count =
        (size_t)(sscanf(forms[_i].request, "%15[^=]=%15[^&]&%15[^=]=%15s", name, value, other, last) + 1) / 2;
    ck_assert(query_parse_as(forms[_i].accepted, &query, series, &dataset, raw, count, &why));
    ck_assert_int_eq(query.format, forms[_i].format);
    ck_assert_int_eq(query.limit, forms[_i].limit);
}
END_TEST

START_TEST(form_is_not_among_the_parameters_in_effect)
{
    char *text = canonical(total, "format=json");
    ck_assert_str_eq(text, "{}");
    free(text);
}
END_TEST

/* A request of one parameter whose value has n bytes. */
static const char *long_request(const char *name, size_t n)
{
    static char text[50000];
    size_t start = (size_t)snprintf(text, sizeof text, "%s=", name);
    memset(text + start, 'x', n);
    text[start + n] = '\0';
    return text;
}

START_TEST(filter_value_has_so_many_bytes_at_most)
{
    assert_parses(series, long_request("region", VALUE_BYTES_MOST));
    ck_assert(!parse(series, long_request("region", VALUE_BYTES_MOST + 1)));
    ck_assert_str_eq(why.detail, "The value is too long.");
    ck_assert_uint_lt(strlen(why.value), sizeof why.value);
}
END_TEST

START_TEST(endless_value_is_cut_in_the_answer)
{
    static const char *const names[] = {"from", "period", "as_of", "granularity", "limit", "sort", "nonsense"};
    for (int i = 0; i < COUNT(names); i++) {
        ck_assert(!parse(series, long_request(names[i], 40000)));
        ck_assert_uint_eq(strlen(why.value), sizeof why.value - 1);
        ck_assert_uint_gt(strlen(why.detail), 0);
    }
    ck_assert(!parse(series, long_request("x", 0)));
}
END_TEST

/* "region=0&city=0&region=1&…": n different values. */
static void many_values(int n, char text[static REQUEST_BYTES_MOST])
{
    size_t used = 0;
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, REQUEST_BYTES_MOST - used, "%s%s=%d", i ? "&" : "",
                                 i % 2 ? "city" : "region", i);
}

START_TEST(value_is_cut_between_characters)
{
    for (size_t start = 0; start < 4; start++) {
        char text[600] = "from=";
        memset(text + 5, 'x', start);
        for (size_t i = 0; i < 100; i++)
            strcat(text, "\xf0\x9f\x98\x80");
        ck_assert(!parse(series, text));
        ck_assert(bson_utf8_validate(why.value, strlen(why.value), false));
        ck_assert(bson_utf8_validate(why.detail, strlen(why.detail), false));
        memmove(text, text + 5, strlen(text + 5) + 1);
        ck_assert(!parse(series, text));
        ck_assert(bson_utf8_validate(why.parameter, strlen(why.parameter), false));
    }
}
END_TEST

START_TEST(filters_have_100_values_at_most_together)
{
    static char text[REQUEST_BYTES_MOST];
    many_values(100, text);
    assert_parses(series, text);
    ck_assert_uint_eq(query.filter_count, 100);
    for (size_t i = 1; i < query.filter_count; i++) {
        const struct filter_value *a = &query.filters[i - 1], *b = &query.filters[i];
        ck_assert(a->parameter < b->parameter || (a->parameter == b->parameter && strcmp(a->value, b->value) < 0));
    }
    many_values(101, text);
    ck_assert(!parse(series, text));
    ck_assert_str_eq(why.detail, "There are too many values.");
}
END_TEST

START_TEST(repeated_filter_value_counts_once)
{
    static char text[REQUEST_BYTES_MOST];
    many_values(100, text);
    strcat(text, "&region=0&city=99");
    assert_parses(series, text);
    ck_assert_uint_eq(query.filter_count, 100);
}
END_TEST

START_TEST(period_without_data_has_no_range)
{
    dataset = (struct dataset){0};
    assert_parses(series, "period=last-month");
    ck_assert(!query.has_from && !query.has_to);
    ck_assert_int_eq(query.period, PERIOD_LAST_MONTH);
    assert_parses(series, "period=last-month&as_of=2017-01-15");
    ck_assert(query.has_from && query.has_to);
}
END_TEST

START_TEST(defaults_are_those_of_the_definition)
{
    const struct definition *d = catalog_find(catalog, "peak-days");
    assert_parses(d, "");
    ck_assert_str_eq(d->columns[query.sort].name, "sales");
    ck_assert(query.descending);
    ck_assert_int_eq(query.limit, 10);
    ck_assert_int_eq(query.offset, 0);
    ck_assert_int_eq(query.period, PERIOD_NONE);
    assert_parses(d, "sort=sales");
    ck_assert(!query.descending);
    assert_parses(total, "");
    ck_assert_uint_eq(query.sort, total->column_count);
}
END_TEST

START_TEST(column_that_cannot_be_sorted_by_is_no_choice)
{
    ck_assert(!parse(catalog_find(catalog, "sales-by-product"), "sort=name"));
    ck_assert_ptr_null(strstr(why.accepted, "name,"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("query");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_loop_test(tests, parameters_in_effect_are_one_json_text, 0, COUNT(good));
    tcase_add_test(tests, kpi_without_parameters_in_effect_has_an_empty_object);
    tcase_add_loop_test(tests, requests_that_mean_the_same_have_the_same_text, 0, COUNT(equals));
    tcase_add_test(tests, requests_that_differ_have_different_texts);
    tcase_add_loop_test(tests, mistake_is_said_with_parameter_value_and_what_is_accepted, 0, COUNT(bad));
    tcase_add_loop_test(tests, form_decides_how_many_rows_there_may_be, 0, COUNT(forms));
    tcase_add_test(tests, form_is_not_among_the_parameters_in_effect);
    tcase_add_loop_test(tests, parameter_that_the_kpi_lacks_is_refused_with_the_nearest, 0, COUNT(unknown));
    tcase_add_test(tests, filter_value_has_so_many_bytes_at_most);
    tcase_add_test(tests, endless_value_is_cut_in_the_answer);
    tcase_add_test(tests, value_is_cut_between_characters);
    tcase_add_test(tests, filters_have_100_values_at_most_together);
    tcase_add_test(tests, repeated_filter_value_counts_once);
    tcase_add_test(tests, period_without_data_has_no_range);
    tcase_add_test(tests, defaults_are_those_of_the_definition);
    tcase_add_test(tests, column_that_cannot_be_sorted_by_is_no_choice);
    return run_case(tests, "query");
}

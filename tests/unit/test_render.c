#include "core/render.h"
#include "tests/unit/unit.h"

#include <float.h>
#include <math.h>

static char *rendered(const bson_t *doc, enum column_type type)
{
    struct buffer out = {0};
    bson_iter_t it;
    size_t n;
    ck_assert(bson_iter_init_find(&it, doc, "v"));
    render_value(&it, type, &out);
    return buffer_take(&out, &n);
}

static void assert_rendered(const char *extended, enum column_type type, const char *expected)
{
    char *wrapped = NULL, *have, *want = quoted(expected);
    bson_t *doc;
    json_t *value;
    ck_assert_int_gt(asprintf(&wrapped, "{'v': %s}", extended), 0);
    doc = bson_of(wrapped);
    have = rendered(doc, type);
    ck_assert_str_eq(have, want);
    value = json_loads(have, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    /* The parser has no room for 1E+6111. */
    ck_assert_msg(value != NULL || strspn(have, "0123456789E+") == strlen(have), "%s is no JSON", have);
    json_decref(value);
    bson_destroy(doc);
    free(wrapped);
    free(have);
    free(want);
}

static const struct {
    const char *bson, *json;
} values[] = {
    {"1", "1"},
    {"{'$numberInt': '-2147483648'}", "-2147483648"},
    {"{'$numberLong': '9223372036854775807'}", "9223372036854775807"},
    {"{'$numberLong': '-9223372036854775808'}", "-9223372036854775808"},
    {"true", "true"},
    {"false", "false"},
    {"null", "null"},
    {"''", "''"},
    {"'West'", "'West'"},
    {"'a \\\"b\\\" \\\\ c'", "'a \\'b\\' \\\\ c'"},
    {"'\\n\\r\\t\\u0001'", "'\\n\\r\\t\\u0001'"},
    {"'São Paulo 東京 😀'", "'São Paulo 東京 😀'"},
    {"{'$oid': '0123456789abcdef01234567'}", "'0123456789abcdef01234567'"},
    /* Doubles: the shortest text that reads back as the same. */
    {"{'$numberDouble': '0.1'}", "0.1"},
    {"{'$numberDouble': '-0.0'}", "0"},
    {"{'$numberDouble': '3.0'}", "3"},
    {"{'$numberDouble': '1e21'}", "1e+21"},
    {"{'$numberDouble': '-1.5e-7'}", "-1.5e-07"},
    {"{'$numberDouble': 'NaN'}", "null"},
    {"{'$numberDouble': 'Infinity'}", "null"},
    {"{'$numberDouble': '-Infinity'}", "null"},
    /* Money: the exact digits, without zeros at the end. */
    {"{'$numberDecimal': '2297200.8603'}", "2297200.8603"},
    {"{'$numberDecimal': '19.90'}", "19.9"},
    {"{'$numberDecimal': '100.00'}", "100"},
    {"{'$numberDecimal': '100'}", "100"},
    {"{'$numberDecimal': '1E+3'}", "1000"},
    {"{'$numberDecimal': '-0.00'}", "0"},
    {"{'$numberDecimal': '-0.01'}", "-0.01"},
    {"{'$numberDecimal': '0E-6176'}", "0"},
    {"{'$numberDecimal': '9999999999999999999999999999999999'}", "9999999999999999999999999999999999"},
    {"{'$numberDecimal': '-0.1234567890123456789012345678901234'}", "-0.1234567890123456789012345678901234"},
    {"{'$numberDecimal': '1E+6111'}", "1E+6111"},
    {"{'$numberDecimal': '1E-6176'}", "1E-6176"},
    {"{'$numberDecimal': 'NaN'}", "null"},
    {"{'$numberDecimal': 'Infinity'}", "null"},
    {"{'$numberDecimal': '-Infinity'}", "null"},
    /* Lists and documents. */
    {"[]", "[]"},
    {"[1, 'a', [null]]", "[1,'a',[null]]"},
    {"{}", "{}"},
    {"{'a': 1, 'b \\\"x\\\"': {'c': {'$numberDecimal': '1.10'}}}", "{'a':1,'b \\'x\\'':{'c':1.1}}"},
    /* Types that no answer should hold. */
    {"{'$timestamp': {'t': 1, 'i': 2}}", "null"},
    {"{'$regularExpression': {'pattern': 'a', 'options': ''}}", "null"},
    {"{'$binary': {'base64': 'AAAA', 'subType': '00'}}", "null"},
    {"{'$code': 'x()'}", "null"},
    {"{'$minKey': 1}", "null"},
    {"{'$maxKey': 1}", "null"},
    {"{'$undefined': true}", "null"},
    {"{'$symbol': 'x'}", "null"},
};

START_TEST(value_of_any_type_is_json)
{
    assert_rendered(values[_i].bson, COLUMN_NUMBER, values[_i].json);
}
END_TEST

static const struct {
    const char *ms, *day, *time;
} dates[] = {
    {"0", "'1970-01-01'", "'1970-01-01T00:00:00Z'"},
    {"1514591999999", "'2017-12-29'", "'2017-12-29T23:59:59.999Z'"},
    {"1514592000000", "'2017-12-30'", "'2017-12-30T00:00:00Z'"},
    {"1514592001000", "'2017-12-30'", "'2017-12-30T00:00:01Z'"},
    {"1514592000007", "'2017-12-30'", "'2017-12-30T00:00:00.007Z'"},
    {"-1", "'1969-12-31'", "'1969-12-31T23:59:59.999Z'"},
    {"-86400000", "'1969-12-31'", "'1969-12-31T00:00:00Z'"},
    {"-86400001", "'1969-12-30'", "'1969-12-30T23:59:59.999Z'"},
    {"951782400000", "'2000-02-29'", "'2000-02-29T00:00:00Z'"},
    {"-62135596800000", "'0001-01-01'", "'0001-01-01T00:00:00Z'"},
    {"253402300799999", "'9999-12-31'", "'9999-12-31T23:59:59.999Z'"},
    /* Years without four digits have no such text. */
    {"253402300800000", "null", "null"},
    {"-62167219200001", "null", "null"},
    {"9223372036854775807", "null", "null"},
    {"-9223372036854775808", "null", "null"},
};

START_TEST(date_is_a_day_or_a_time_in_utc)
{
    char extended[100];
    snprintf(extended, sizeof extended, "{'$date': {'$numberLong': '%s'}}", dates[_i].ms);
    assert_rendered(extended, COLUMN_DAY, dates[_i].day);
    assert_rendered(extended, COLUMN_TIME, dates[_i].time);
}
END_TEST

START_TEST(text_with_nul_and_text_that_is_no_utf8_are_json)
{
    bson_t doc = BSON_INITIALIZER, broken = BSON_INITIALIZER;
    char *text;
    bson_append_utf8(&doc, "v", -1, "a\0b", 3);
    text = rendered(&doc, COLUMN_STRING);
    ck_assert_str_eq(text, "\"a\\u0000b\"");
    free(text);
    bson_append_utf8(&broken, "v", -1, "a\xff", 2);
    text = rendered(&broken, COLUMN_STRING);
    ck_assert_str_eq(text, "\"a\xef\xbf\xbd\"");
    free(text);
    bson_destroy(&doc);
    bson_destroy(&broken);
}
END_TEST

START_TEST(double_reads_back_as_the_same_double)
{
    static const double doubles[] = {0.1 + 0.2, 1.0 / 3,  DBL_MAX, DBL_MIN, DBL_TRUE_MIN,       DBL_EPSILON, 1e15,
                                     1e16,      1e17 + 2, 1e22,    1e23,    9007199254740993.0, 123456.789,  5e-324};
    unsigned long long bits = 88172645463325252ULL;
    for (int i = 0; i < 100000; i++) {
        struct buffer out = {0};
        double value;
        if (i < COUNT(doubles)) {
            value = doubles[i];
        } else {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            memcpy(&value, &bits, sizeof value);
        }
        render_double(value, &out);
        if (isfinite(value))
            ck_assert_msg(strtod(out.bytes, NULL) == value, "%.17g is %s", value, out.bytes);
        else
            ck_assert_str_eq(out.bytes, "null");
        buffer_release(&out);
    }
}
END_TEST

START_TEST(double_is_not_longer_than_it_must_be)
{
    struct buffer out = {0};
    render_double(0.3, &out);
    buffer_char(&out, ' ');
    render_double(0.1 + 0.2, &out);
    buffer_char(&out, ' ');
    render_double(2297200.860299955, &out);
    assert_buffer(&out, "0.3 0.30000000000000004 2297200.860299955");
}
END_TEST

static struct column columns[] = {
    {.name = "region", .type = COLUMN_STRING, .key = true},
    {.name = "sales", .type = COLUMN_MONEY, .zero_if_none = true},
    {.name = "profit \"net\"", .type = COLUMN_MONEY},
    {.name = "day", .type = COLUMN_DAY},
};
static const struct definition definition = {.name = "kpi", .columns = columns, .column_count = COUNT(columns)};

static const struct {
    const char *doc, *row;
} rows[] = {
    {"{'region': 'West', 'sales': {'$numberDecimal': '1.50'}, 'profit \\\"net\\\"': null, 'day': {'$date': "
     "{'$numberLong': '0'}}}",
     "{'region':'West','sales':1.5,'profit \\'net\\'':null,'day':'1970-01-01'}"},
    {"{'day': null, 'profit \\\"net\\\"': 2, 'sales': 1, 'region': 'x'}",
     "{'region':'x','sales':1,'profit \\'net\\'':2,'day':null}"},
    {"{}", "{'region':null,'sales':null,'profit \\'net\\'':null,'day':null}"},
    {"{'sales': 1}", "{'region':null,'sales':1,'profit \\'net\\'':null,'day':null}"},
    {"{'_id': 5, 'secret': 'x', 'region': 'West', 'Region': 'y', 'sale': 1}",
     "{'region':'West','sales':null,'profit \\'net\\'':null,'day':null}"},
};

START_TEST(row_has_every_column_in_order_and_nothing_else)
{
    struct buffer out = {0};
    bson_t *doc = bson_of(rows[_i].doc);
    char *expected = quoted(rows[_i].row);
    render_row(&definition, doc, &out);
    assert_buffer(&out, expected);
    free(expected);
    bson_destroy(doc);
}
END_TEST

START_TEST(field_that_comes_twice_is_one_column)
{
    struct buffer out = {0};
    bson_t doc = BSON_INITIALIZER;
    json_t *row;
    BSON_APPEND_INT32(&doc, "sales", 1);
    BSON_APPEND_INT32(&doc, "sales", 2);
    render_row(&definition, &doc, &out);
    row = json_loads(out.bytes, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(row);
    json_decref(row);
    buffer_release(&out);
    bson_destroy(&doc);
}
END_TEST

START_TEST(row_of_64_columns_is_whole)
{
    static struct column many[MAX_COLUMNS];
    static char names[MAX_COLUMNS][16];
    const struct definition wide = {.name = "wide", .columns = many, .column_count = MAX_COLUMNS};
    struct buffer out = {0};
    bson_t doc = BSON_INITIALIZER;
    json_t *row;
    for (int i = MAX_COLUMNS; i-- > 0;) {
        snprintf(names[i], sizeof names[i], "c%d", i % 100);
        many[i].name = names[i];
        BSON_APPEND_INT32(&doc, names[i], i);
    }
    render_row(&wide, &doc, &out);
    row = json_loads(out.bytes, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_uint_eq(json_object_size(row), MAX_COLUMNS);
    for (int i = 0; i < MAX_COLUMNS; i++)
        ck_assert_int_eq(json_integer_value(json_object_get(row, names[i])), i);
    json_decref(row);
    buffer_release(&out);
    bson_destroy(&doc);
}
END_TEST

START_TEST(row_of_nothing_is_zeros_and_nulls)
{
    struct buffer out = {0};
    render_empty_row(&definition, &out);
    assert_buffer(&out, "{\"region\":null,\"sales\":0,\"profit \\\"net\\\"\":null,\"day\":null}");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("render");
    tcase_add_loop_test(tests, value_of_any_type_is_json, 0, COUNT(values));
    tcase_add_loop_test(tests, date_is_a_day_or_a_time_in_utc, 0, COUNT(dates));
    tcase_add_test(tests, text_with_nul_and_text_that_is_no_utf8_are_json);
    tcase_add_test(tests, double_reads_back_as_the_same_double);
    tcase_add_test(tests, double_is_not_longer_than_it_must_be);
    tcase_add_loop_test(tests, row_has_every_column_in_order_and_nothing_else, 0, COUNT(rows));
    tcase_add_test(tests, field_that_comes_twice_is_one_column);
    tcase_add_test(tests, row_of_64_columns_is_whole);
    tcase_add_test(tests, row_of_nothing_is_zeros_and_nulls);
    return run_case(tests, "render");
}

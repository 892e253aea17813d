#include "core/render_csv.h"
#include "tests/unit/unit.h"

static const struct column columns[] = {
    {.name = "region", .type = COLUMN_STRING},
    {.name = "sales", .type = COLUMN_MONEY, .zero_if_none = true},
    {.name = "period", .type = COLUMN_DAY},
};
static const struct definition definition = {.columns = (struct column *)(uintptr_t)columns, .column_count = 3};

static void assert_row(const char *extended, const char *expected)
{
    bson_t *doc = bson_of(extended);
    struct buffer out = {0};
    render_csv_row(&definition, doc, &out);
    assert_buffer(&out, expected);
    bson_destroy(doc);
}

START_TEST(header_is_the_names)
{
    struct buffer out = {0};
    render_csv_header(&definition, &out);
    assert_buffer(&out, "region,sales,period\r\n");
}
END_TEST

START_TEST(empty_row_has_zeros_where_sums_are)
{
    struct buffer out = {0};
    render_csv_empty_row(&definition, &out);
    assert_buffer(&out, ",0,\r\n");
}
END_TEST

START_TEST(row_has_the_columns_in_their_order)
{
    assert_row("{'period': {'$date': '2024-02-29T00:00:00Z'}, 'other': 1, 'sales': {'$numberDecimal': '-12.50'}, "
               "'region': 'West'}",
               "West,-12.5,2024-02-29\r\n");
    assert_row("{}", ",,\r\n");
    assert_row("{'region': null, 'sales': {'$numberDouble': 'NaN'}, 'period': null}", ",,\r\n");
}
END_TEST

static const struct {
    const char *json, *cell;
} cells[] = {
    {"'West'", "West"},
    {"''", "\"\""},
    {"'null'", "null"},
    {"'a,b'", "\"a,b\""},
    {"'say \\\"hi\\\"'", "\"say \"\"hi\"\"\""},
    {"'\\\"'", "\"\"\"\""},
    {"'a\\nb'", "\"a\nb\""},
    {"'a\\rb'", "\"a\rb\""},
    {"'a;b'", "a;b"},
    {"' a '", " a "},
    /* What a spreadsheet would compute. */
    {"'=1+1'", "'=1+1"},
    {"'+1'", "'+1"},
    {"'-1'", "'-1"},
    {"'@x'", "'@x"},
    {"'\\tx'", "'\tx"},
    {"'\\rx'", "\"'\rx\""},
    {"'=\\\"a\\\"'", "\"'=\"\"a\"\"\""},
    {"'\\nx'", "\"'\nx\""},
    {"'＝1'", "'＝1"},
    {"'＋1'", "'＋1"},
    {"'－1'", "'－1"},
    {"'＠x'", "'＠x"},
    {"'＞1'", "＞1"},
    {"'a＝1'", "a＝1"},
    {"'a=1'", "a=1"},
    /* What no spreadsheet can read. */
    {"'a\\u0000b'", "a\xef\xbf\xbd"
                    "b"},
    {"'São 東京 😀'", "São 東京 😀"},
    /* Numbers and words are as in JSON. */
    {"{'$numberInt': '-5'}", "-5"},
    {"{'$numberDecimal': '-0.01'}", "-0.01"},
    {"{'$numberDouble': '-0.5'}", "-0.5"},
    {"{'$numberDouble': 'Infinity'}", ""},
    {"true", "true"},
    {"false", "false"},
    {"{'$oid': '0123456789abcdef01234567'}", "0123456789abcdef01234567"},
    {"{'$date': '2024-02-29T01:02:03Z'}", "2024-02-29T01:02:03Z"},
    {"{'$minKey': 1}", ""},
    /* What has members is JSON in a cell. */
    {"[1, 'a']", "\"[1,\"\"a\"\"]\""},
    {"{}", "{}"},
    {"{'a': '=1'}", "\"{\"\"a\"\":\"\"=1\"\"}\""},
};

START_TEST(value_of_any_type_is_a_cell)
{
    char *doc = NULL, *line = NULL;
    ck_assert_int_gt(asprintf(&doc, "{'region': %s}", cells[_i].json), 0);
    ck_assert_int_gt(asprintf(&line, "%s,,\r\n", cells[_i].cell), 0);
    assert_row(doc, line);
    free(doc);
    free(line);
}
END_TEST

START_TEST(bytes_that_are_no_utf_8_are_replaced)
{
    bson_t doc = BSON_INITIALIZER;
    struct buffer out = {0};
    bson_append_utf8(&doc, "region", -1, "S\xe3o", 3);
    render_csv_row(&definition, &doc, &out);
    assert_buffer(&out, "S\xef\xbf\xbdo,,\r\n");
    bson_destroy(&doc);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("render_csv");
    tcase_add_test(tests, header_is_the_names);
    tcase_add_test(tests, empty_row_has_zeros_where_sums_are);
    tcase_add_test(tests, row_has_the_columns_in_their_order);
    tcase_add_loop_test(tests, value_of_any_type_is_a_cell, 0, COUNT(cells));
    tcase_add_test(tests, bytes_that_are_no_utf_8_are_replaced);
    return run_case(tests, "render_csv");
}

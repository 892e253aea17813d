#include "loader/row.h"
#include "tests/unit/quotes.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"

static const char profile_text[] =
    "{'name': 'x', 'title': 'X', 'currency': 'EUR', 'nulls': ['NULL'], 'files': [{'name': 's',"
    "'columns': {'city': {'optional': true}}, 'records': [{'kind': 'location', 'fields': {"
    "'_id': {'$pad': {'input': '$zip', 'length': 5, 'with': '0'}}, 'city': '$city'}},"
    "{'kind': 'seller', 'required': ['name'], 'fields': {'_id': '$id', 'name': '$name'}}]}]}";

static struct profile *profile;
static struct input input;
static struct text header[] = {{"name", 4}, {"id", 2}, {"zip", 3}};
static int columns[] = {2, -1, 1, 0}; /* zip, city, id, name: as the expressions name them */
static struct row row;
static struct cleaning cleaning;
static struct fault fault;

static void setup_profile(const char *text)
{
    char *folder = temporary_folder(), *json = with_quotes(text),
         *path = temporary_file_in(folder, "x.json", json, strlen(json));
    struct error err = {0};
    free(json);
    profile = profile_load(path, &err);
    temporary_unlink(path);
    temporary_remove(folder);
    ck_assert_msg(profile, "%s", err.message);
    memset(&input, 0, sizeof input);
    memset(&cleaning, 0, sizeof cleaning);
    memset(&row, 0, sizeof row);
    input.file = &profile->files[0];
    input.header_count = 3;
    row_start(&row, &input);
}

static void setup(void)
{
    setup_profile(profile_text);
    input.header = header;
    input.columns = columns;
}

static void teardown(void)
{
    row_release(&row);
    profile_free(profile);
}

/* Reads a row of up to four fields; NULL ends it. */
static bool read_fields(const char *a, const char *b, const char *c, const char *d)
{
    struct text fields[] = {text_of(a), text_of(b), text_of(c), text_of(d)};
    struct csv_record record = {.fields = fields, .line = 2};
    while (record.count < 4 && fields[record.count].bytes)
        record.count++;
    for (size_t i = 0; i < record.count; i++)
        record.bad_encoding |= memchr(fields[i].bytes, 0xe9, fields[i].n) != NULL;
    return row_read(&row, &record, &cleaning, &fault);
}

static void assert_text(struct value value, const char *expected)
{
    ck_assert_int_eq(value.type, VALUE_TEXT);
    ck_assert_msg(text_equal(value.text, text_of(expected)), "%.*s is not %s", (int)value.text.n, value.text.bytes,
                  expected);
}

START_TEST(row_becomes_its_records)
{
    ck_assert(read_fields(" Ana ", "S1", "75", NULL));
    assert_text(row.records[0][LOCATION_ID], "00075");
    ck_assert_int_eq(row.records[0][LOCATION_CITY].type, VALUE_NULL);
    assert_text(row.records[1][SELLER_ID], "S1");
    assert_text(row.records[1][SELLER_NAME], "Ana");
    ck_assert_uint_eq(cleaning.trimmed, 1);
    ck_assert_uint_eq(cleaning.padded, 1);
}
END_TEST

static const struct {
    const char *fields[4];
    enum reason reason;
    const char *column;
} refused[] = {
    {{"Ana", "", "75"}, REASON_MISSING_KEY, "id"},
    {{"Ana", "  ", "75"}, REASON_MISSING_KEY, "id"},
    {{"Ana", "S1", ""}, REASON_MISSING_KEY, "zip"},
    {{"NULL", "S1", "75"}, REASON_MISSING_VALUE, "name"},
    {{"Ana", "S1"}, REASON_TOO_FEW_COLUMNS, NULL},
    {{"Ana", "S1", "75", "more"}, REASON_TOO_MANY_COLUMNS, NULL},
    {{"Andr\xe9", "S1", "75"}, REASON_BAD_ENCODING, "name"},
    {{"Ana", "S1", "75\xe9"}, REASON_BAD_ENCODING, "zip"},
};

START_TEST(bad_row_is_refused_with_reason_and_column)
{
    const char *const *f = refused[_i].fields;
    ck_assert(!read_fields(f[0], f[1], f[2], f[3]));
    ck_assert_str_eq(reason_codes[fault.reason], reason_codes[refused[_i].reason]);
    if (refused[_i].column)
        ck_assert_str_eq(fault.column, refused[_i].column);
    else
        ck_assert_ptr_null(fault.column);
}
END_TEST

static const char sales_text[] =
    "{'name': 'x', 'title': 'X', 'currency': 'EUR', 'decimal_point': ',', 'delimiter': ';', "
    "'date_formats': ['YYYY-MM-DD'], 'files': [{'name': 's', "
    "'skip': [{'when': {'$startsWith': ['$id', 'Total']}, 'reason': 'a total line'}, "
    "{'when': {'$gt': ['$n', 100]}, 'reason': 'too many'}], "
    "'lookup': {'key': '$id', 'values': {'city': '$city', 'n': {'$sum': '$n'}}}, "
    "'records': [{'kind': 'location', 'when': {'$not': {'$empty': '$city'}}, "
    "'fields': {'_id': {'$repair': {'input': '$city', 'case': 'title'}}}}, "
    "{'kind': 'item', 'fields': {'order_id': '$id', 'product_id': 7, 'line': {'$add': ['$n', 0]}, "
    "'quantity': '$n', 'sales': {'$multiply': ['$n', 0.5]}}}]}]}";
static struct text sales_header[] = {{"id", 2}, {"city", 4}, {"n", 1}};
static int sales_columns[] = {0, 2, 1}; /* id, n, city: as the expressions name them */

static void use_sales(void)
{
    teardown();
    setup_profile(sales_text);
    input.header = sales_header;
    input.columns = sales_columns;
}

START_TEST(row_that_the_profile_leaves_out_has_its_reason)
{
    use_sales();
    ck_assert(read_fields("Total 2020", "", "x", NULL));
    ck_assert_str_eq(row.skipped, "a total line");
    ck_assert(read_fields("1", "", "101", NULL));
    ck_assert_str_eq(row.skipped, "too many");
    ck_assert(read_fields("2", "", "102", NULL));
    ck_assert_uint_eq(cleaning.skipped[0].rows, 1);
    ck_assert_str_eq(cleaning.skipped[1].reason, "too many");
    ck_assert_uint_eq(cleaning.skipped[1].rows, 2);
    ck_assert(read_fields("3", "", "1", NULL));
    ck_assert_ptr_null(row.skipped);
}
END_TEST

START_TEST(condition_on_what_is_no_number_refuses_the_row)
{
    use_sales();
    ck_assert(!read_fields("1", "", "x", NULL));
    ck_assert_int_eq(fault.reason, REASON_BAD_NUMBER);
    ck_assert_str_eq(fault.column, "n");
}
END_TEST

START_TEST(record_is_said_when_its_condition_holds)
{
    use_sales();
    ck_assert(read_fields("1", "", "4", NULL));
    ck_assert(!row_has(&row, 0) && row_has(&row, 1));
    ck_assert(read_fields("1", "PARIS", "4", NULL));
    ck_assert(row_has(&row, 0));
    assert_text(row.records[0][LOCATION_ID], "Paris");
    ck_assert_uint_eq(cleaning.repaired, 1);
}
END_TEST

START_TEST(number_becomes_text_where_text_is_wanted)
{
    use_sales();
    ck_assert(read_fields("1", "", "4", NULL));
    assert_text(row.records[1][ITEM_LINE], "4");
    assert_text(row.records[1][ITEM_PRODUCT], "7");
    ck_assert_int_eq((int)row.records[1][ITEM_SALES].number.coefficient, 2);
}
END_TEST

START_TEST(looked_up_values_are_read_with_their_key)
{
    struct text fields[] = {text_of("1"), text_of("Paris"), text_of("4,5")};
    struct csv_record record = {.fields = fields, .count = 3, .line = 2};
    struct value key, values[LOOKUP_VALUES_MOST];
    use_sales();
    ck_assert(row_read_lookup(&row, &record, &cleaning, &key, values, &fault));
    assert_text(key, "1");
    assert_text(values[0], "Paris");
    ck_assert_int_eq(values[1].type, VALUE_NUMBER);
    ck_assert_int_eq((int)values[1].number.coefficient, 45);
    fields[2] = text_of("4x");
    ck_assert(!row_read_lookup(&row, &record, &cleaning, &key, values, &fault));
    ck_assert_str_eq(fault.column, "n");
}
END_TEST

START_TEST(blame_names_the_column_and_what_stands_there)
{
    use_sales();
    ck_assert(read_fields("1", "", "4", NULL));
    ck_assert(!row_blame(&row, 1, ITEM_SALES, &fault));
    ck_assert_str_eq(fault.column, "n");
    ck_assert(text_equal(fault.value, text_of("4")));
}
END_TEST

START_TEST(value_that_is_not_found_is_an_unknown_reference)
{
    static const bool sums[] = {false};
    struct lookup *lookup = lookup_new(1, sums), *lookups[] = {lookup, NULL};
    struct value paris = value_text(text_of("Paris"));
    teardown();
    setup_profile("{'name': 'x', 'title': 'X', 'currency': 'EUR', 'files': ["
                  "{'name': 'names', 'lookup': {'key': '$key', 'values': {'name': '$name'}}}, "
                  "{'name': 's', 'records': [{'kind': 'seller', 'required': ['name'], 'fields': {'_id': '$id', "
                  "'name': {'$lookup': {'from': 'names', 'key': '$city', 'get': 'name'}}}}]}]}");
    input.file = &profile->files[1];
    input.header = sales_header;
    input.columns = sales_columns;
    sales_columns[1] = 1; /* id, city */
    input.lookups = lookups;
    lookup_add(lookup, text_of("75"), &paris);
    ck_assert(read_fields("1", "75", "", NULL));
    assert_text(row.records[0][SELLER_NAME], "Paris");
    ck_assert(!read_fields("1", "69", "", NULL));
    ck_assert_int_eq(fault.reason, REASON_UNKNOWN_REFERENCE);
    ck_assert_str_eq(fault.column, "city");
    ck_assert(text_equal(fault.value, text_of("69")));
    ck_assert(!read_fields("1", "", "", NULL));
    ck_assert_int_eq(fault.reason, REASON_MISSING_VALUE);
    lookup_free(lookup);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("row");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, row_becomes_its_records);
    tcase_add_loop_test(tests, bad_row_is_refused_with_reason_and_column, 0, COUNT(refused));
    tcase_add_test(tests, row_that_the_profile_leaves_out_has_its_reason);
    tcase_add_test(tests, condition_on_what_is_no_number_refuses_the_row);
    tcase_add_test(tests, record_is_said_when_its_condition_holds);
    tcase_add_test(tests, number_becomes_text_where_text_is_wanted);
    tcase_add_test(tests, looked_up_values_are_read_with_their_key);
    tcase_add_test(tests, blame_names_the_column_and_what_stands_there);
    tcase_add_test(tests, value_that_is_not_found_is_an_unknown_reference);
    return run_case(tests, "row");
}

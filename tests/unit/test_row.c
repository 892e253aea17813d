#include "loader/row.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"

static const char profile_text[] =
    "{\"name\": \"x\", \"title\": \"X\", \"currency\": \"EUR\", \"nulls\": [\"NULL\"], \"files\": [{\"name\": \"s\","
    "\"columns\": {\"city\": {\"optional\": true}}, \"records\": [{\"kind\": \"location\", \"fields\": {"
    "\"_id\": {\"$pad\": {\"input\": \"$zip\", \"length\": 5, \"with\": \"0\"}}, \"city\": \"$city\"}},"
    "{\"kind\": \"seller\", \"required\": [\"name\"], \"fields\": {\"_id\": \"$id\", \"name\": \"$name\"}}]}]}";

static struct profile *profile;
static struct input input;
static struct text header[] = {{"name", 4}, {"id", 2}, {"zip", 3}};
static int columns[] = {2, -1, 1, 0}; /* zip, city, id, name: as the expressions name them */
static struct row row;
static struct cleaning cleaning;
static struct fault fault;

static void setup(void)
{
    char *folder = temporary_folder(),
         *path = temporary_file_in(folder, "x.json", profile_text, sizeof profile_text - 1);
    struct error err = {0};
    profile = profile_load(path, &err);
    temporary_unlink(path);
    temporary_remove(folder);
    ck_assert_msg(profile, "%s", err.message);
    memset(&input, 0, sizeof input);
    memset(&cleaning, 0, sizeof cleaning);
    memset(&row, 0, sizeof row);
    input.file = &profile->files[0];
    input.header = header;
    input.header_count = 3;
    input.columns = columns;
    row_start(&row, &input);
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

int main(void)
{
    TCase *tests = tcase_create("row");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, row_becomes_its_records);
    tcase_add_loop_test(tests, bad_row_is_refused_with_reason_and_column, 0, COUNT(refused));
    return run_case(tests, "row");
}

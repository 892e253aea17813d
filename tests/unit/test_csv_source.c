#include "loader/csv_source.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"

static char *folder;

static void setup(void)
{
    folder = temporary_folder();
}

static void teardown(void)
{
    temporary_remove(folder);
}

/* What a file is read as: "line:field|field|…" for each record, "!" before one that is marked. */
static char *read_as(const void *bytes, size_t n, enum encoding encoding, char delimiter)
{
    char *path = temporary_file_in(folder, "in.csv", bytes, n);
    struct error err = {0};
    struct csv_source *source = csv_source_open(path, encoding, delimiter, &err);
    struct csv_record record;
    struct buffer out = {0};
    enum csv_result result;
    ck_assert_msg(source, "%s", err.message);
    while ((result = csv_source_next(source, &record, &err)) == CSV_RECORD) {
        buffer_printf(&out, "%s%llu:", record.bad_encoding || record.malformed ? "!" : "",
                      (unsigned long long)record.line);
        for (size_t i = 0; i < record.count; i++) {
            buffer_text(&out, i ? "|" : "");
            buffer_put(&out, record.fields[i].bytes, record.fields[i].n);
        }
        buffer_char(&out, '\n');
    }
    ck_assert_int_eq(result, CSV_END);
    csv_source_free(source);
    temporary_unlink(path);
    buffer_text(&out, "");
    return buffer_take(&out, &n);
}

static const struct {
    const char *in, *out;
} files[] = {
    {"a,b\n1,2\n", "1:a|b\n2:1|2\n"},
    {"a,b\r\n1,2\r\n", "1:a|b\n2:1|2\n"},
    {"a,b\r1,2\r", "1:a|b\n2:1|2\n"},
    {"a,b\n1,2", "1:a|b\n2:1|2\n"},
    {"\xef\xbb\xbf"
     "a,b\n1,2\n",
     "1:a|b\n2:1|2\n"},
    {"a,b\n\n  \n1,2\n\n", "1:a|b\n4:1|2\n"},
    {"a,b\n\"x,y\",2\n", "1:a|b\n2:x,y|2\n"},
    {"a,b\n\"say \"\"hi\"\"\",\"\"\n", "1:a|b\n2:say \"hi\"|\n"},
    {"a,b\n\"two\nlines\",2\n3,4\n", "1:a|b\n2:two\nlines|2\n4:3|4\n"},
    {"a,b\r\n\"two\r\nlines\",2\r\n3,4\r\n", "1:a|b\n2:two\r\nlines|2\n4:3|4\n"},
    {"a,b\n\"two\n\nlines\",2\n", "1:a|b\n2:two\n\nlines|2\n"},
    {"a,b\n 1 ,2 \n", "1:a|b\n2: 1 |2 \n"},
    {"a,b\n14 7/8\" X,2\n", "1:a|b\n2:14 7/8\" X|2\n"},
    {"a,b\n1,2,3\n1\n", "1:a|b\n2:1|2|3\n3:1\n"},
    {"a,b\n,\n", "1:a|b\n2:|\n"},
    {"a,b\n1,\"open\n3,4\n", "1:a|b\n!2:1|open\n3,4\n\n\n"},
    {"a,b\n1,x\ry\n", "1:a|b\n!2:1|x\n"},
    {"a,b\nCr\xe8me,2\n3,4\n", "1:a|b\n!2:Cr\xe8me|2\n3:3|4\n"},
    {"{\"x\":1},b\n", "1:{\"x\":1}|b\n"},
    {"", ""},
    {"a,b\n", "1:a|b\n"},
    {"a,b", "1:a|b\n"},
};

START_TEST(file_is_read_record_by_record)
{
    char *out = read_as(files[_i].in, strlen(files[_i].in), ENCODING_UTF8, ',');
    ck_assert_str_eq(out, files[_i].out);
    free(out);
}
END_TEST

START_TEST(nul_marks_the_record)
{
    char *out = read_as("a,b\n1\0x,2\n3,4\n", 14, ENCODING_UTF8, ',');
    ck_assert_ptr_nonnull(strstr(out, "!2:"));
    free(out);
}
END_TEST

START_TEST(windows_1252_becomes_utf8)
{
    char *out = read_as("a;b\nCr\xe8me \x80;2\n\x81;4\n", 18, ENCODING_WINDOWS_1252, ';');
    ck_assert_str_eq(out, "1:a|b\n2:Crème €|2\n!3:\xff|4\n");
    free(out);
}
END_TEST

START_TEST(byte_order_mark_says_utf8)
{
    char *out = read_as("\xef\xbb\xbf"
                        "a\nCr\xc3\xa8me\n",
                        12, ENCODING_WINDOWS_1252, ',');
    ck_assert_str_eq(out, "1:a\n2:Crème\n");
    free(out);
}
END_TEST

START_TEST(large_fields_and_many_columns_are_read)
{
    enum { BIG = 3 << 20, COLUMNS = 10000 };
    struct buffer in = {0};
    char *big = malloc(BIG), *out;
    memset(big, 'x', BIG);
    buffer_text(&in, "a,\"");
    buffer_put(&in, big, BIG);
    buffer_text(&in, "\"\n");
    for (int i = 0; i < COLUMNS; i++)
        buffer_text(&in, i ? ",1" : "1");
    buffer_text(&in, "\n");
    out = read_as(in.bytes, in.used, ENCODING_UTF8, ',');
    ck_assert_uint_eq(strlen(out), 2 + 2 + BIG + 1 + 2 + 2 * COLUMNS - 1 + 1);
    free(out);
    free(big);
    buffer_release(&in);
}
END_TEST

START_TEST(excerpt_shows_the_record_as_it_stands)
{
    const char *text = "a,b\r\n\"x\r\ny\",Cr\xe8me\r\nlast,\"\"";
    char *path = temporary_file_in(folder, "in.csv", text, strlen(text));
    struct error err;
    struct csv_source *source = csv_source_open(path, ENCODING_WINDOWS_1252, ',', &err);
    struct csv_record record;
    struct buffer out = {0};
    uint64_t offset;
    csv_source_next(source, &record, &err);
    csv_source_next(source, &record, &err);
    offset = record.offset;
    csv_source_next(source, &record, &err);
    csv_source_finish(source);
    csv_source_excerpt(source, offset, 1024, &out);
    ck_assert_str_eq(out.bytes, "\"x\r\ny\",Crème");
    out.used = 0;
    csv_source_excerpt(source, record.offset, 6, &out);
    ck_assert_str_eq(out.bytes, "last,\"");
    buffer_release(&out);
    csv_source_free(source);
    temporary_unlink(path);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
    struct error err = {0};
    ck_assert_ptr_null(csv_source_open("/nowhere/at.csv", ENCODING_UTF8, ',', &err));
    ck_assert_ptr_nonnull(strstr(err.message, "there is no such file"));
    ck_assert_ptr_null(csv_source_open(folder, ENCODING_UTF8, ',', &err));
    ck_assert_ptr_nonnull(strstr(err.message, "no regular file"));
}
END_TEST

START_TEST(utf16_is_refused)
{
    char *path = temporary_file_in(folder, "in.csv",
                                   "\xff\xfe"
                                   "a\0,\0",
                                   6);
    struct error err = {0};
    ck_assert_ptr_null(csv_source_open(path, ENCODING_UTF8, ',', &err));
    ck_assert_ptr_nonnull(strstr(err.message, "UTF-16"));
    temporary_unlink(path);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("csv_source");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, file_is_read_record_by_record, 0, COUNT(files));
    tcase_add_test(tests, nul_marks_the_record);
    tcase_add_test(tests, windows_1252_becomes_utf8);
    tcase_add_test(tests, byte_order_mark_says_utf8);
    tcase_add_test(tests, large_fields_and_many_columns_are_read);
    tcase_add_test(tests, excerpt_shows_the_record_as_it_stands);
    tcase_add_test(tests, what_cannot_be_opened_says_why);
    tcase_add_test(tests, utf16_is_refused);
    return run_case(tests, "csv_source");
}

#include "loader/csv_source.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"
#include <fcntl.h>

static char *folder;

static void setup(void)
{
    folder = temporary_folder();
}

static void teardown(void)
{
    temporary_remove(folder);
}

/* Writes the bytes into a file without a name, which the caller closes. */
static int file_of(const void *bytes, size_t n)
{
    char *path = temporary_file_in(folder, "in.csv", bytes, n);
    int fd = open(path, O_RDWR);
    ck_assert_int_ge(fd, 0);
    temporary_unlink(path);
    return fd;
}

static struct csv_source *source_of(int fd, enum encoding encoding, char delimiter)
{
    struct error err = {0};
    struct csv_source *source = csv_source_open(fd, "in.csv", encoding, delimiter, &err);
    ck_assert_msg(source, "%s", err.message);
    return source;
}

/* What is left of a source: "line:field|field|…" for each record, "!" before one that is marked. */
static char *rest_of(struct csv_source *source)
{
    struct error err = {0};
    struct csv_record record;
    struct buffer out = {0};
    enum csv_result result;
    size_t n;
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
    buffer_text(&out, "");
    return buffer_take(&out, &n);
}

static char *read_as(const void *bytes, size_t n, enum encoding encoding, char delimiter)
{
    int fd = file_of(bytes, n);
    struct csv_source *source = source_of(fd, encoding, delimiter);
    char *out = rest_of(source);
    csv_source_free(source);
    close(fd);
    return out;
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
    {"a,b\n1,\"open\n3,4\n", "1:a|b\n!2:1|open\n\n3:3|4\n"},
    {"a,b\n1,\"open\n3,4\n5,\"x\"\n6,7\n", "1:a|b\n!2:1|open\n\n3:3|4\n4:5|x\n5:6|7\n"},
    {"a,b\n1,x\ry\n", "1:a|b\n!2:1|x\n"},
    {"a,b\nCr\xe8me,2\n3,4\n", "1:a|b\n!2:Cr\xe8me|2\n3:3|4\n"},
    {"{\"x\":1},b\n", "1:{\"x\":1}|b\n"},
    {"", ""},
    {"a,b\n", "1:a|b\n"},
    {"a,b", "1:a|b\n"},
    {"a,b\r", "1:a|b\n"},
    {"a,b\r\"two\rlines\",2\r\r3,4", "1:a|b\n2:two\rlines|2\n5:3|4\n"},
    {"a,b\r\"two\nlines\",2\r3,4\r", "1:a|b\n2:two\nlines|2\n3:3|4\n"},
    {"\xef\xbb\xbf"
     "a;b\r1;2\r",
     "1:a;b\n2:1;2\n"},
    {"\xef\xbb\xbf", ""},
    {"\xef\xbb\xbf\r\n\r\n", ""},
    {"\n \n\t\n\r\n", ""},
    {"\r\r\r", ""},
    {"\n\na,b\n", "3:a|b\n"},
    {"a,b\n\"\"\"\",\"\"\"x\"\"\"\n", "1:a|b\n2:\"|\"x\"\n"},
    {"a,b\n\"\"\"\"\"\",2\n", "1:a|b\n2:\"\"|2\n"},
    {"a,b\n\",\",\"\n\"\n1,2\n", "1:a|b\n2:,|\n\n4:1|2\n"},
    {"a,b\n\"x\",", "1:a|b\n2:x|\n"},
    {"a,b\n\"x\",\"", "1:a|b\n!2:x|\n\n"},
    {"a,b\n,,,,\n1\n\"\"\n", "1:a|b\n2:||||\n3:1\n4:\n"},
    {"\"a\",\"b\"\r\n1,2\r\n", "1:a|b\n2:1|2\n"},
};

START_TEST(file_is_read_record_by_record)
{
    char *out = read_as(files[_i].in, strlen(files[_i].in), ENCODING_UTF8, ',');
    ck_assert_str_eq(out, files[_i].out);
    free(out);
}
END_TEST

/* Bytes with NULs in them, and the lines that are marked. */
static const struct {
    const char *bytes;
    size_t n;
    enum encoding encoding;
    const char *out;
} nuls[] = {
    {"a,b\n1\0x,2\n3,4\n", 14, ENCODING_UTF8, "1:a|b\n!2:1"},
    {"a,b\n1\0x,2\n3,4\n", 14, ENCODING_WINDOWS_1252, "1:a|b\n!2:1"},
    {"a,b\n1,2\n\"\n\0\",4\n", 16, ENCODING_UTF8, "1:a|b\n2:1|2\n!3:\n"},
    {"a,b\r1,2\r\0,4\r", 12, ENCODING_UTF8, "1:a|b\n2:1|2\n!3:"},
    {"a\n\0\n\0", 5, ENCODING_UTF8, "1:a\n!2:"},
    {"\0", 1, ENCODING_UTF8, "!1:"},
};

START_TEST(nul_marks_its_record)
{
    char *out = read_as(nuls[_i].bytes, nuls[_i].n, nuls[_i].encoding, ',');
    ck_assert_str_eq(out, nuls[_i].out); /* up to the first NUL */
    free(out);
}
END_TEST

START_TEST(record_behind_a_nul_is_whole)
{
    int fd = file_of("a,b\n1\0x,2\n3,4\n", 14);
    struct csv_source *source = source_of(fd, ENCODING_UTF8, ',');
    struct csv_record record;
    struct error err;
    csv_source_next(source, &record, &err);
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_RECORD);
    ck_assert(record.bad_encoding);
    ck_assert_uint_eq(record.fields[0].n, 3);
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_RECORD);
    ck_assert(!record.bad_encoding);
    ck_assert_uint_eq(record.line, 3);
    ck_assert_uint_eq(record.offset, 10);
    csv_source_free(source);
    close(fd);
}
END_TEST

/* A line end, a doubled quote and a character of three bytes, each across the end of what is read at once. */
START_TEST(nothing_is_lost_between_two_reads)
{
    static const char *const across[] = {"x\r\n1,2\r\n", "\"\"\",2\r\n1,2\r\n", "€\",2\r\n1,2\r\n"};
    static const char *const ends[] = {"y|x\n", "\"|2\n", "€|2\n"};
    for (int i = 0; i < COUNT(across); i++)
        for (int shift = 0; shift < 5; shift++) {
            struct buffer in = {0};
            size_t until = (1 << 20) - (size_t)shift;
            char *out;
            buffer_text(&in, i ? "a,b\r\n\"" : "a,b\r\n");
            while (in.used < until)
                buffer_char(&in, 'y');
            if (i == 0)
                buffer_char(&in, ',');
            buffer_text(&in, across[i]);
            out = read_as(in.bytes, in.used, ENCODING_UTF8, ',');
            ck_assert_ptr_nonnull(strstr(out, ends[i]));
            ck_assert_str_eq(strrchr(out, '3'), "3:1|2\n");
            ck_assert_ptr_null(strchr(out, '!'));
            free(out);
            buffer_release(&in);
        }
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

START_TEST(number_of_fields_tells_a_stray_quote_from_a_value_of_several_lines)
{
    static const char text[] = "a,b\n\"x,1\ny\",2\n3,4\n\"p\nq\",5\n";
    struct csv_source *source;
    struct csv_record record;
    struct error err = {0};
    int fd = file_of(text, sizeof text - 1);
    source = source_of(fd, ENCODING_UTF8, ',');
    csv_source_expect(source, 2);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_RECORD);
        ck_assert_ptr_null(record.malformed); /* "x,1\ny" is one value: nothing shows that it is not meant so */
    }
    csv_source_seek(source, 4, 2);
    csv_source_expect(source, 3);
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_RECORD);
    ck_assert_ptr_nonnull(record.malformed);
    ck_assert_uint_eq(record.line, 2);
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_RECORD);
    ck_assert_uint_eq(record.line, 3);
    csv_source_free(source);
    close(fd);
}
END_TEST

static void assert_file_ends_badly(const char *start, char rest, enum csv_result expected, const char *sentence)
{
    enum { SIZE = 66 << 20 };
    char *bytes = malloc(SIZE);
    struct csv_source *source;
    struct csv_record record;
    struct error err = {0};
    int fd;
    memset(bytes, rest, SIZE);
    memcpy(bytes, start, strlen(start));
    fd = file_of(bytes, SIZE);
    source = source_of(fd, ENCODING_UTF8, ',');
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_RECORD);
    ck_assert_int_eq(csv_source_next(source, &record, &err), expected);
    ck_assert_str_eq(expected == CSV_FAILED ? strstr(err.message, sentence) : record.malformed, sentence);
    csv_source_free(source);
    close(fd);
    free(bytes);
}

START_TEST(what_can_be_no_csv_file_is_refused)
{
    assert_file_ends_badly("a,b\nx", 'x', CSV_FAILED, "line 2 is longer than 64 MiB; is this a CSV file?");
}
END_TEST

START_TEST(quote_that_is_open_for_64_mib_costs_its_line)
{
    assert_file_ends_badly("a,b\n\"x", '\n', CSV_RECORD, "a quote is opened and not closed where its field ends");
}
END_TEST

START_TEST(excerpt_shows_the_record_as_it_stands)
{
    const char *text = "a,b\r\n\"x\r\ny\",Cr\xe8me\r\nlast,\"\"";
    int fd = file_of(text, strlen(text));
    struct error err;
    struct csv_source *source = source_of(fd, ENCODING_WINDOWS_1252, ',');
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
    close(fd);
}
END_TEST

START_TEST(sources_of_one_file_do_not_disturb_each_other)
{
    int fd = file_of("a,b\n1,2\n3,4\n", 12);
    struct csv_source *one = source_of(fd, ENCODING_UTF8, ','), *other = source_of(fd, ENCODING_UTF8, ';');
    struct csv_record record;
    struct error err;
    char *out;
    ck_assert_int_eq(csv_source_next(one, &record, &err), CSV_RECORD);
    out = rest_of(other);
    ck_assert_str_eq(out, "1:a,b\n2:1,2\n3:3,4\n");
    free(out);
    out = rest_of(one);
    ck_assert_str_eq(out, "2:1|2\n3:3|4\n");
    free(out);
    csv_source_free(one);
    csv_source_free(other);
    close(fd);
}
END_TEST

START_TEST(reading_goes_on_at_a_place)
{
    const char *text = "a,b\n\"x\ny\",2\n3,4\n";
    int fd = file_of(text, strlen(text));
    struct csv_source *source = source_of(fd, ENCODING_UTF8, ',');
    struct csv_record record;
    struct error err;
    char *out;
    csv_source_next(source, &record, &err);
    csv_source_seek(source, 12, 4);
    out = rest_of(source);
    ck_assert_str_eq(out, "4:3|4\n");
    free(out);
    csv_source_seek(source, 4, 2); /* and back */
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_RECORD);
    ck_assert_uint_eq(record.offset, 4);
    csv_source_seek(source, strlen(text), 5);
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_END);
    csv_source_seek(source, 1000, 5);
    ck_assert_int_eq(csv_source_next(source, &record, &err), CSV_END);
    csv_source_free(source);
    close(fd);
}
END_TEST

START_TEST(what_is_appended_while_it_is_read_is_left)
{
    int fd = file_of("a\n1\n", 4);
    struct csv_source *source = source_of(fd, ENCODING_UTF8, ',');
    char *out;
    ck_assert_int_eq(pwrite(fd, "2\n", 2, 4), 2);
    out = rest_of(source);
    ck_assert_str_eq(out, "1:a\n2:1\n");
    free(out);
    csv_source_free(source);
    close(fd);
}
END_TEST

START_TEST(file_that_gets_shorter_while_it_is_read_is_told)
{
    enum { SIZE = 5 << 20 };
    char *bytes = malloc(SIZE);
    struct csv_record record;
    struct csv_source *source;
    struct error err = {0};
    enum csv_result result;
    int fd;
    for (int i = 0; i < SIZE; i++)
        bytes[i] = i % 2 ? '\n' : '1';
    fd = file_of(bytes, SIZE);
    source = source_of(fd, ENCODING_UTF8, ',');
    ck_assert_int_eq(ftruncate(fd, SIZE / 2), 0);
    while ((result = csv_source_next(source, &record, &err)) == CSV_RECORD)
        ;
    ck_assert_int_eq(result, CSV_FAILED);
    ck_assert_str_eq(err.message, "in.csv was truncated while it was read; load it again once it is complete");
    csv_source_free(source);
    close(fd);
    free(bytes);
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    struct error err = {0};
    int fd = open(folder, O_RDONLY);
    ck_assert_ptr_null(csv_source_open(-1, "a.csv", ENCODING_UTF8, ',', &err));
    ck_assert_str_eq(err.message, "a.csv cannot be read: Bad file descriptor");
    ck_assert_ptr_null(csv_source_open(fd, "a.csv", ENCODING_UTF8, ',', &err));
    ck_assert_str_eq(err.message, "a.csv cannot be read: Is a directory");
    close(fd);
}
END_TEST

START_TEST(utf16_is_refused)
{
    int fd = file_of("\xff\xfe"
                     "a\0,\0",
                     6);
    struct error err = {0};
    ck_assert_ptr_null(csv_source_open(fd, "in.csv", ENCODING_UTF8, ',', &err));
    ck_assert_ptr_nonnull(strstr(err.message, "UTF-16"));
    close(fd);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("csv_source");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, file_is_read_record_by_record, 0, COUNT(files));
    tcase_add_loop_test(tests, nul_marks_its_record, 0, COUNT(nuls));
    tcase_add_test(tests, record_behind_a_nul_is_whole);
    tcase_add_test(tests, nothing_is_lost_between_two_reads);
    tcase_add_test(tests, what_can_be_no_csv_file_is_refused);
    tcase_add_test(tests, quote_that_is_open_for_64_mib_costs_its_line);
    tcase_add_test(tests, number_of_fields_tells_a_stray_quote_from_a_value_of_several_lines);
    tcase_add_test(tests, windows_1252_becomes_utf8);
    tcase_add_test(tests, byte_order_mark_says_utf8);
    tcase_add_test(tests, large_fields_and_many_columns_are_read);
    tcase_add_test(tests, excerpt_shows_the_record_as_it_stands);
    tcase_add_test(tests, sources_of_one_file_do_not_disturb_each_other);
    tcase_add_test(tests, reading_goes_on_at_a_place);
    tcase_add_test(tests, what_is_appended_while_it_is_read_is_left);
    tcase_add_test(tests, file_that_gets_shorter_while_it_is_read_is_told);
    tcase_add_test(tests, what_cannot_be_read_says_why);
    tcase_add_test(tests, utf16_is_refused);
    return run_case(tests, "csv_source");
}

#include "core/log.h"
#include "tests/unit/unit.h"

#include <regex.h>

enum { LINE_BYTES_MOST = 4096 };

/* What one call writes to stderr, which is a pipe meanwhile. */
static char written[65536];

static int begin_capture(int ends[2])
{
    int kept = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    return kept;
}

static void end_capture(int kept, int ends[2])
{
    size_t used = 0;
    ssize_t n;
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    while ((n = read(ends[0], written + used, sizeof written - 1 - used)) > 0)
        used += (size_t)n;
    written[used] = '\0';
    close(ends[0]);
}

#define CAPTURE(...)                                                                                                   \
    do {                                                                                                               \
        int ends[2], kept = begin_capture(ends);                                                                       \
        log_event(__VA_ARGS__);                                                                                        \
        end_capture(kept, ends);                                                                                       \
    } while (0)

static void assert_matches(const char *pattern)
{
    regex_t regex;
    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&regex, written, 0, NULL, 0) == 0, "%s is not like %s", written, pattern);
    regfree(&regex);
}

/* A line is one line: its only line feed ends it. */
static void assert_one_line(void)
{
    size_t n = strlen(written);
    ck_assert_uint_gt(n, 1);
    ck_assert_uint_le(n, LINE_BYTES_MOST);
    ck_assert_ptr_eq(strchr(written, '\n'), written + n - 1);
}

/* The line as a JSON object, which the caller releases. */
static json_t *written_json(void)
{
    json_error_t where;
    json_t *line;
    assert_one_line();
    line = json_loads(written, JSON_REJECT_DUPLICATES, &where);
    ck_assert_msg(line != NULL, "%s: %s", written, where.text);
    return line;
}

START_TEST(logfmt_line_has_time_level_message_and_fields)
{
    log_configure(LOG_INFO, false);
    CAPTURE(LOG_INFO, "definitions loaded", LOG_INT("count", -3), LOG_STR("dir", "pipelines"));
    assert_one_line();
    assert_matches("^time=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z level=info "
                   "msg=\"definitions loaded\" count=-3 dir=pipelines\n$");
}
END_TEST

START_TEST(message_needs_no_fields)
{
    log_configure(LOG_DEBUG, false);
    CAPTURE(LOG_ERROR, "stopped");
    assert_matches(" level=error msg=\"stopped\"\n$");
}
END_TEST

START_TEST(levels_below_the_least_are_not_written)
{
    log_configure(LOG_WARN, false);
    CAPTURE(LOG_INFO, "no");
    ck_assert_str_eq(written, "");
    CAPTURE(LOG_WARN, "yes");
    ck_assert_str_ne(written, "");
    ck_assert(!log_enabled(LOG_DEBUG) && log_enabled(LOG_ERROR));
}
END_TEST

static const struct {
    const char *value, *in_logfmt;
} values[] = {
    {"word", "word"},
    {"/v1/kpis", "/v1/kpis"},
    {"", "\"\""},
    {NULL, "\"\""},
    {"two words", "\"two words\""},
    {"a=b", "\"a=b\""},
    {"say \"x\"", "\"say \\\"x\\\"\""},
    {"\"", "\"\\\"\""},
    {"back\\slash", "\"back\\\\slash\""},
    {"line\nfeed", "\"line\\u000afeed\""},
    {"\r\x1b[31m\x7f", "\"\\u000d\\u001b[31m\\u007f\""},
    {"São Paulo", "\"São Paulo\""},
    {"Zürich", "Zürich"},
    {"x\ntime=2020-01-01T00:00:00.000Z level=error msg=\"forged\"",
     "\"x\\u000atime=2020-01-01T00:00:00.000Z level=error msg=\\\"forged\\\"\""},
    {"x\" level=error", "\"x\\\" level=error\""},
};

START_TEST(value_is_quoted_where_it_could_be_mistaken)
{
    char expected[256];
    log_configure(LOG_INFO, false);
    CAPTURE(LOG_INFO, "m", LOG_STR("value", values[_i].value), LOG_INT("after", 1));
    assert_one_line();
    snprintf(expected, sizeof expected, " msg=\"m\" value=%s after=1\n", values[_i].in_logfmt);
    ck_assert_str_eq(strstr(written, " msg="), expected);
}
END_TEST

START_TEST(json_line_gives_every_value_back)
{
    json_t *line;
    log_configure(LOG_INFO, true);
    CAPTURE(LOG_WARN, "m", LOG_STR("value", values[_i].value), LOG_INT("after", INT64_MIN));
    line = written_json();
    ck_assert_uint_eq(json_object_size(line), 5);
    ck_assert_str_eq(json_string_value(json_object_get(line, "level")), "warn");
    ck_assert_str_eq(json_string_value(json_object_get(line, "msg")), "m");
    ck_assert_str_eq(json_string_value(json_object_get(line, "value")), values[_i].value ? values[_i].value : "");
    ck_assert_int_eq(json_integer_value(json_object_get(line, "after")), INT64_MIN);
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(line, "time"))), strlen("2020-01-01T00:00:00.000Z"));
    json_decref(line);
}
END_TEST

START_TEST(every_control_character_is_escaped)
{
    char all[0x20];
    json_t *line;
    for (int c = 1; c < 0x20; c++)
        all[c - 1] = (char)c;
    all[0x1f] = '\0';
    log_configure(LOG_INFO, true);
    CAPTURE(LOG_INFO, all, LOG_STR("value", all));
    line = written_json();
    ck_assert_str_eq(json_string_value(json_object_get(line, "msg")), all);
    ck_assert_str_eq(json_string_value(json_object_get(line, "value")), all);
    json_decref(line);
}
END_TEST

static char long_value[10000];

START_TEST(long_line_is_cut_but_ends_in_a_line_feed)
{
    memset(long_value, _i, sizeof long_value - 1);
    log_configure(LOG_INFO, false);
    CAPTURE(LOG_INFO, "m", LOG_STR("value", long_value), LOG_INT("after", 1));
    assert_one_line();
    ck_assert_uint_gt(strlen(written), LINE_BYTES_MOST - 64);
}
END_TEST

START_TEST(long_json_line_is_cut_but_is_still_json)
{
    json_t *line;
    memset(long_value, _i, sizeof long_value - 1);
    log_configure(LOG_INFO, true);
    CAPTURE(LOG_INFO, "m", LOG_STR("value", long_value), LOG_STR("after", long_value));
    line = written_json();
    ck_assert_uint_gt(json_string_length(json_object_get(line, "value")), 600);
    json_decref(line);
    CAPTURE(LOG_INFO, long_value, LOG_INT("after", 1));
    json_decref(written_json());
}
END_TEST

START_TEST(long_text_is_not_cut_within_a_character)
{
    json_t *line;
    log_configure(LOG_INFO, true);
    for (size_t start = 0; start < 4; start++) {
        memset(long_value, 'x', start);
        for (size_t i = start; i + 4 < sizeof long_value; i += 4)
            memcpy(long_value + i, "\xf0\x9f\x98\x80\0", 5);
        CAPTURE(LOG_INFO, "m", LOG_STR("value", long_value));
        line = written_json();
        json_decref(line);
    }
}
END_TEST

START_TEST(many_fields_are_cut_but_the_line_is_still_json)
{
    static struct log_field fields[1000];
    static char keys[COUNT(fields)][16];
    int ends[2], kept;
    for (int i = 0; i < COUNT(fields) - 1; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        fields[i] = i % 2 ? LOG_INT(keys[i], i) : LOG_STR(keys[i], "\n");
    }
    log_configure(LOG_INFO, true);
    kept = begin_capture(ends);
    log_fields(LOG_INFO, "m", fields);
    end_capture(kept, ends);
    json_decref(written_json());
}
END_TEST

START_TEST(log_that_cannot_be_written_is_no_matter)
{
    int kept = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    log_event(LOG_ERROR, "nobody reads this");
    dup2(kept, STDERR_FILENO);
    close(kept);
}
END_TEST

START_TEST(gathered_lines_come_out_whole_and_before_what_follows_them)
{
    int ends[2], kept;
    log_configure(LOG_DEBUG, false);
    log_gather();
    kept = begin_capture(ends);
    for (int i = 0; i < 3; i++)
        log_event(LOG_DEBUG, "request", LOG_INT("number", i));
    log_event(LOG_WARN, "odd");
    log_event(LOG_DEBUG, "request", LOG_INT("number", 3));
    log_flush();
    end_capture(kept, ends);
    assert_matches("^time=[^\n]*number=0\ntime=[^\n]*number=1\ntime=[^\n]*number=2\n"
                   "time=[^\n]*\"odd\"\ntime=[^\n]*number=3\n$");
}
END_TEST

START_TEST(more_lines_than_are_gathered_lose_none)
{
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO), c, lines = 0;
    log_configure(LOG_DEBUG, false);
    log_gather();
    dup2(fileno(file), STDERR_FILENO);
    for (int i = 0; i < 3000; i++)
        log_event(LOG_DEBUG, "request", LOG_INT("number", i));
    log_flush();
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    while ((c = fgetc(file)) != EOF)
        lines += c == '\n';
    fclose(file);
    ck_assert_int_eq(lines, 3000);
}
END_TEST

static const struct {
    const char *text, *escaped, *read;
} bad_bytes[] = {
    {"/\xff\xfe", "/\\ufffd\\ufffd", "/\xef\xbf\xbd\xef\xbf\xbd"},
    {"G\xffT", "G\\ufffdT", "G\xef\xbf\xbdT"},
    {"a\xc3", "a\\ufffd", "a\xef\xbf\xbd"},                     /* cut within a character */
    {"\xc0\xaf", "\\ufffd\\ufffd", "\xef\xbf\xbd\xef\xbf\xbd"}, /* longer than it has to be */
    {"\xf0\x9f\x98\x80\x80", "\xf0\x9f\x98\x80\\ufffd", "\xf0\x9f\x98\x80\xef\xbf\xbd"},
};

START_TEST(bytes_that_are_no_character_are_replaced)
{
    char field[128];
    json_t *line;
    log_configure(LOG_DEBUG, false);
    CAPTURE(LOG_INFO, "request", LOG_STR("path", bad_bytes[_i].text));
    assert_one_line();
    snprintf(field, sizeof field, " path=\"%s\"\n", bad_bytes[_i].escaped);
    ck_assert_msg(strstr(written, field) != NULL, "%s", written);
    log_configure(LOG_DEBUG, true);
    CAPTURE(LOG_INFO, bad_bytes[_i].text, LOG_STR("path", bad_bytes[_i].text));
    line = written_json();
    ck_assert_str_eq(json_string_value(json_object_get(line, "path")), bad_bytes[_i].read);
    ck_assert_str_eq(json_string_value(json_object_get(line, "msg")), bad_bytes[_i].read);
    json_decref(line);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("log");
    tcase_add_test(tests, logfmt_line_has_time_level_message_and_fields);
    tcase_add_test(tests, message_needs_no_fields);
    tcase_add_test(tests, levels_below_the_least_are_not_written);
    tcase_add_loop_test(tests, value_is_quoted_where_it_could_be_mistaken, 0, COUNT(values));
    tcase_add_loop_test(tests, json_line_gives_every_value_back, 0, COUNT(values));
    tcase_add_loop_test(tests, bytes_that_are_no_character_are_replaced, 0, COUNT(bad_bytes));
    tcase_add_test(tests, every_control_character_is_escaped);
    tcase_add_loop_test(tests, long_line_is_cut_but_ends_in_a_line_feed, '\n', '\n' + 1);
    tcase_add_loop_test(tests, long_line_is_cut_but_ends_in_a_line_feed, 'x', 'x' + 1);
    tcase_add_loop_test(tests, long_json_line_is_cut_but_is_still_json, '\n', '\n' + 1);
    tcase_add_loop_test(tests, long_json_line_is_cut_but_is_still_json, '"', '"' + 1);
    tcase_add_loop_test(tests, long_json_line_is_cut_but_is_still_json, 'x', 'x' + 1);
    tcase_add_test(tests, long_text_is_not_cut_within_a_character);
    tcase_add_test(tests, many_fields_are_cut_but_the_line_is_still_json);
    tcase_add_test(tests, log_that_cannot_be_written_is_no_matter);
    tcase_add_test(tests, gathered_lines_come_out_whole_and_before_what_follows_them);
    tcase_add_test(tests, more_lines_than_are_gathered_lose_none);
    return run_case(tests, "log");
}

#include "core/log.h"
#include "core/options.h"
#include "tests/unit/unit.h"

static struct options options;
static struct error err;

/* Tests know their environment. */
static void clear_environment(void)
{
    static const char *const names[] = {"MONGODB_URI", "KPI_DB",        "KPI_LISTEN",     "KPI_PIPELINES",
                                        "KPI_WORKERS", "KPI_LOG_LEVEL", "KPI_LOG_FORMAT", "MONGODB_URI_FILE"};
    for (int i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
}

enum { ARGUMENTS_MOST = 8 };

/* Splits a command line at its spaces and parses it; what points into it lives until the next call. */
static bool parse(enum program program, const char *line)
{
    static char text[256];
    static char *argv[ARGUMENTS_MOST + 2];
    int argc = 0;
    snprintf(text, sizeof text, "program%s%s", *line ? " " : "", line);
    for (char *p = text; p; argc++) {
        ck_assert_int_le(argc, ARGUMENTS_MOST);
        argv[argc] = p;
        p = strchr(p, ' ');
        if (p)
            *p++ = '\0';
    }
    argv[argc] = NULL;
    err = (struct error){0};
    return options_parse(&options, program, argc, argv, &err);
}

static void assert_parses(enum program program, const char *line)
{
    ck_assert_msg(parse(program, line), "%s: %s", line, err.message);
}

START_TEST(defaults_hold_where_nothing_is_said)
{
    assert_parses(PROGRAM_SERVER, "");
    ck_assert_str_eq(options.text[OPTION_URI], "mongodb://127.0.0.1:27017/");
    ck_assert_str_eq(options.text[OPTION_LISTEN], "127.0.0.1:8080");
    ck_assert_int_eq(options.number[OPTION_WORKERS], 4);
    ck_assert_int_eq(options.number[OPTION_HELP], 0);
    ck_assert_int_eq(options.argument_count, 0);
    ck_assert_int_eq(options.program, PROGRAM_SERVER);
}
END_TEST

START_TEST(option_of_the_other_program_has_no_value)
{
    assert_parses(PROGRAM_SERVER, "");
    ck_assert_ptr_null(options.text[OPTION_PROFILES]);
    assert_parses(PROGRAM_LOADER, "");
    ck_assert_ptr_null(options.text[OPTION_LISTEN]);
    ck_assert_ptr_null(options.text[OPTION_PROFILE]);
    ck_assert_str_eq(options.text[OPTION_MAX_REJECTS], "10%");
}
END_TEST

START_TEST(environment_wins_over_the_default_and_a_flag_over_both)
{
    setenv("KPI_WORKERS", "7", 1);
    assert_parses(PROGRAM_SERVER, "");
    ck_assert_int_eq(options.number[OPTION_WORKERS], 7);
    assert_parses(PROGRAM_SERVER, "--workers 9");
    ck_assert_int_eq(options.number[OPTION_WORKERS], 9);
    assert_parses(PROGRAM_SERVER, "--workers=11");
    ck_assert_int_eq(options.number[OPTION_WORKERS], 11);
}
END_TEST

START_TEST(empty_variable_is_as_good_as_none)
{
    setenv("KPI_DB", "", 1);
    setenv("KPI_WORKERS", "", 1);
    assert_parses(PROGRAM_SERVER, "");
    ck_assert_str_eq(options.text[OPTION_DB], "kpi");
    ck_assert_int_eq(options.number[OPTION_WORKERS], 4);
}
END_TEST

START_TEST(variable_of_the_other_program_is_not_looked_at)
{
    setenv("KPI_WORKERS", "nonsense", 1);
    assert_parses(PROGRAM_LOADER, "");
}
END_TEST

START_TEST(last_of_equal_flags_wins)
{
    assert_parses(PROGRAM_SERVER, "--db a --db b");
    ck_assert_str_eq(options.text[OPTION_DB], "b");
}
END_TEST

static const char *const good[] = {
    "--workers 1", "--workers 256",     "--log-level debug", "--log-level error", "--help",          "-h",
    "--version",   "--log-format json", "--db=a=b",          "--uri --db",        "--stop-timeout 0"};

START_TEST(value_at_a_bound_is_taken)
{
    assert_parses(PROGRAM_SERVER, good[_i]);
}
END_TEST

static const struct {
    const char *line, *expected;
    enum program program;
} bad[] = {
    {"--workers 0", "--workers: '0' is not a whole number from 1 to 256", PROGRAM_SERVER},
    {"--workers 257", "--workers: '257' is not a whole number from 1 to 256", PROGRAM_SERVER},
    {"--workers -1", "--workers: '-1' is not a whole number from 1 to 256", PROGRAM_SERVER},
    {"--workers 4x", "--workers: '4x' is not a whole number from 1 to 256", PROGRAM_SERVER},
    {"--workers 4.0", "--workers: '4.0' is not a whole number from 1 to 256", PROGRAM_SERVER},
    {"--workers=", "--workers: '' is not a whole number from 1 to 256", PROGRAM_SERVER},
    {"--workers 99999999999999999999", "--workers: '99999999999999999999' is not a whole number from 1 to 256",
     PROGRAM_SERVER},
    {"--workers", "--workers needs a value; see --help", PROGRAM_SERVER},
    {"--db x --uri", "--uri needs a value; see --help", PROGRAM_SERVER},
    {"--uri=", "--uri: the value is empty", PROGRAM_ALL},
    {"--log-level loud", "--log-level: 'loud' is none of debug|info|warn|error", PROGRAM_SERVER},
    {"--log-level inf", "--log-level: 'inf' is none of debug|info|warn|error", PROGRAM_SERVER},
    {"--log-level infos", "--log-level: 'infos' is none of debug|info|warn|error", PROGRAM_SERVER},
    {"--log-level=", "--log-level: '' is none of debug|info|warn|error", PROGRAM_SERVER},
    {"--log-level debug|info", "--log-level: 'debug|info' is none of debug|info|warn|error", PROGRAM_SERVER},
    {"--log-format |json", "--log-format: '|json' is none of logfmt|json", PROGRAM_SERVER},
    {"--nonsense", "--nonsense is no option of this program; see --help", PROGRAM_SERVER},
    {"--nonsense=1", "--nonsense=1 is no option of this program; see --help", PROGRAM_SERVER},
    {"--profile x", "--profile is no option of this program; see --help", PROGRAM_SERVER},
    {"--listen x", "--listen is no option of this program; see --help", PROGRAM_LOADER},
    {"--help=yes", "--help takes no value; see --help", PROGRAM_SERVER},
    {"-x", "-x is no option of this program; see --help", PROGRAM_SERVER},
    {"-xyz", "-x is no option of this program; see --help", PROGRAM_SERVER},
    {"file -hx", "-x is no option of this program; see --help", PROGRAM_SERVER},
};

START_TEST(what_cannot_be_taken_is_named)
{
    ck_assert(!parse(bad[_i].program, bad[_i].line));
    assert_error(&err, ERROR_INVALID, bad[_i].expected);
}
END_TEST

START_TEST(bad_variable_is_named)
{
    setenv("KPI_WORKERS", "0", 1);
    ck_assert(!parse(PROGRAM_SERVER, ""));
    assert_error(&err, ERROR_INVALID, "KPI_WORKERS: '0' is not a whole number from 1 to 256");
    setenv("KPI_WORKERS", "1", 1);
    setenv("KPI_LOG_LEVEL", "x", 1);
    ck_assert(!parse(PROGRAM_SERVER, ""));
    assert_error(&err, ERROR_INVALID, "KPI_LOG_LEVEL: 'x' is none of debug|info|warn|error");
}
END_TEST

START_TEST(mistake_does_not_show_in_the_next_parse)
{
    ck_assert(!parse(PROGRAM_SERVER, "-xyz --workers 9"));
    assert_parses(PROGRAM_SERVER, "--db y");
    ck_assert_str_eq(options.text[OPTION_DB], "y");
    ck_assert_int_eq(options.number[OPTION_WORKERS], 4);
}
END_TEST

START_TEST(help_and_version_are_flags)
{
    assert_parses(PROGRAM_SERVER, "-h --version");
    ck_assert_int_eq(options.number[OPTION_HELP], 1);
    ck_assert_int_eq(options.number[OPTION_VERSION], 1);
}
END_TEST

START_TEST(what_is_no_option_is_left_in_its_order)
{
    assert_parses(PROGRAM_LOADER, "a.csv --db x b.csv -- --db");
    ck_assert_int_eq(options.argument_count, 3);
    ck_assert_str_eq(options.arguments[0], "a.csv");
    ck_assert_str_eq(options.arguments[1], "b.csv");
    ck_assert_str_eq(options.arguments[2], "--db");
    ck_assert_str_eq(options.text[OPTION_DB], "x");
}
END_TEST

/* The lines of options_print(), which the caller frees. */
static char *help_of(enum program program)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    options_print(program, out);
    fclose(out);
    return text;
}

START_TEST(help_lists_the_options_of_this_program_only)
{
    char *text = help_of(PROGRAM_SERVER);
    ck_assert_ptr_nonnull(strstr(text, "  --listen ADDR:PORT         address and port"));
    ck_assert_ptr_nonnull(strstr(text, " [127.0.0.1:8080] $KPI_LISTEN\n"));
    ck_assert_ptr_nonnull(strstr(text, " (logfmt|json) [logfmt] $KPI_LOG_FORMAT\n"));
    ck_assert_ptr_null(strstr(text, "--profile"));
    free(text);
    text = help_of(PROGRAM_LOADER);
    ck_assert_ptr_nonnull(strstr(text, "--profile"));
    ck_assert_ptr_null(strstr(text, "--listen"));
    free(text);
}
END_TEST

/* How many lines hold the word at the place where `of` has it: itself, and no other. */
static int count_word(char *const *words, int count, const char *word)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        n += words[i] && strcmp(words[i], word) == 0;
    return n;
}

START_TEST(flags_and_variables_are_unique_and_every_flag_is_known)
{
    char *text = help_of(PROGRAM_ALL), *flags[64], *variables[64], *rest = NULL;
    int count = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), count++) {
        char *dollar = strrchr(line, '$');
        flags[count] = line + strspn(line, " ");
        flags[count][strcspn(flags[count], " ")] = '\0';
        variables[count] = dollar;
    }
    ck_assert_int_eq(count, OPTION_COUNT);
    for (int i = 0; i < count; i++) {
        char flag[64];
        ck_assert_int_eq(count_word(flags, count, flags[i]), 1);
        ck_assert(!variables[i] || count_word(variables, count, variables[i]) == 1);
        snprintf(flag, sizeof flag, "%s", flags[i]);
        ck_assert(parse(PROGRAM_ALL, flag) || strstr(err.message, "needs a value"));
    }
    free(text);
}
END_TEST

/* A file with these bytes; the tests remove it with temporary_unlink(). */
static char *uri_file(const char *bytes, size_t n)
{
    char name[] = "/tmp/kpi-unit-uri-XXXXXX";
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
    close(fd);
    return strdup(name);
}

START_TEST(uri_is_read_from_its_file)
{
    char *path = uri_file("mongodb://a:secret@host/\r\n", 26);
    char line[128];
    snprintf(line, sizeof line, "--uri-file %s", path);
    assert_parses(PROGRAM_LOADER, line);
    ck_assert_str_eq(options.text[OPTION_URI], "mongodb://a:secret@host/");
    ck_assert(options.given[OPTION_URI]);
    setenv("MONGODB_URI_FILE", path, 1);
    assert_parses(PROGRAM_SERVER, "");
    ck_assert_str_eq(options.text[OPTION_URI], "mongodb://a:secret@host/");
    assert_parses(PROGRAM_SERVER, "--uri mongodb://other/");
    ck_assert_str_eq(options.text[OPTION_URI], "mongodb://other/");
    setenv("MONGODB_URI", "mongodb://variable/", 1);
    ck_assert(!parse(PROGRAM_SERVER, ""));
    ck_assert_str_eq(err.message, "MONGODB_URI and MONGODB_URI_FILE are both set; unset one of them");
    assert_parses(PROGRAM_SERVER, line);
    ck_assert_str_eq(options.text[OPTION_URI], "mongodb://a:secret@host/");
    snprintf(line, sizeof line, "--uri mongodb://x/ --uri-file %s", path); /* the last one */
    assert_parses(PROGRAM_SERVER, line);
    ck_assert_str_eq(options.text[OPTION_URI], "mongodb://a:secret@host/");
    temporary_unlink(path);
    assert_parses(PROGRAM_SERVER, "--help");
}
END_TEST

static const struct {
    const char *bytes;
    size_t n;
    const char *says;
} bad_uri[] = {
    {"", 0, "is empty"},
    {" \n\n", 3, "is empty"},
    {"mongodb://a:secret@host/\nmore", 29, "holds more than a line"},
    {"mongodb://a:secret@\0host/", 25, "holds more than a line"},
};

START_TEST(uri_file_that_cannot_be_taken_is_named_and_not_shown)
{
    char *path = uri_file(bad_uri[_i].bytes, bad_uri[_i].n);
    setenv("MONGODB_URI_FILE", path, 1);
    ck_assert(!parse(PROGRAM_SERVER, ""));
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ck_assert_ptr_nonnull(strstr(err.message, bad_uri[_i].says));
    ck_assert_ptr_null(strstr(err.message, "secret"));
    temporary_unlink(path);
}
END_TEST

START_TEST(uri_file_that_is_none_is_named)
{
    char *large = calloc(1, 65536), *path;
    memset(large, 'm', 65535);
    path = uri_file(large, 65535);
    setenv("MONGODB_URI_FILE", path, 1);
    ck_assert(!parse(PROGRAM_SERVER, ""));
    ck_assert_ptr_nonnull(strstr(err.message, "is too long for a URI"));
    temporary_unlink(path);
    free(large);
    ck_assert(!parse(PROGRAM_SERVER, "--uri-file /tmp"));
    ck_assert_str_eq(err.message, "--uri-file: /tmp: Is a directory");
    ck_assert(!parse(PROGRAM_SERVER, "--uri-file /nowhere/uri"));
    ck_assert_str_eq(err.message, "--uri-file: /nowhere/uri: No such file or directory");
}
END_TEST

START_TEST(log_is_configured_from_the_options)
{
    assert_parses(PROGRAM_SERVER, "--log-level error --log-format json");
    options_configure_log(&options);
    ck_assert(log_enabled(LOG_ERROR) && !log_enabled(LOG_WARN));
    assert_parses(PROGRAM_SERVER, "--log-level debug");
    options_configure_log(&options);
    ck_assert(log_enabled(LOG_DEBUG));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("options");
    tcase_add_checked_fixture(tests, clear_environment, NULL);
    tcase_add_test(tests, defaults_hold_where_nothing_is_said);
    tcase_add_test(tests, option_of_the_other_program_has_no_value);
    tcase_add_test(tests, environment_wins_over_the_default_and_a_flag_over_both);
    tcase_add_test(tests, empty_variable_is_as_good_as_none);
    tcase_add_test(tests, variable_of_the_other_program_is_not_looked_at);
    tcase_add_test(tests, last_of_equal_flags_wins);
    tcase_add_loop_test(tests, value_at_a_bound_is_taken, 0, COUNT(good));
    tcase_add_loop_test(tests, what_cannot_be_taken_is_named, 0, COUNT(bad));
    tcase_add_test(tests, bad_variable_is_named);
    tcase_add_test(tests, mistake_does_not_show_in_the_next_parse);
    tcase_add_test(tests, help_and_version_are_flags);
    tcase_add_test(tests, what_is_no_option_is_left_in_its_order);
    tcase_add_test(tests, help_lists_the_options_of_this_program_only);
    tcase_add_test(tests, flags_and_variables_are_unique_and_every_flag_is_known);
    tcase_add_test(tests, uri_is_read_from_its_file);
    tcase_add_loop_test(tests, uri_file_that_cannot_be_taken_is_named_and_not_shown, 0, COUNT(bad_uri));
    tcase_add_test(tests, uri_file_that_is_none_is_named);
    tcase_add_test(tests, log_is_configured_from_the_options);
    return run_case(tests, "options");
}

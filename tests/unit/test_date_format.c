#include "core/day.h"
#include "loader/date_format.h"
#include "tests/unit/suite.h"

static struct date_format compiled(const char *text)
{
    struct date_format format;
    struct error err = {0};
    ck_assert_msg(date_format_compile(text, &format, &err), "%s: %s", text, err.message);
    return format;
}

static const struct {
    const char *format, *text;
    int64_t seconds; /* since the epoch */
    bool has_time;
} readable[] = {
    {"YYYY-MM-DD", "1970-01-01", 0, false},
    {"YYYY-MM-DD", "2016-02-29", 1456704000, false},
    {"YYYY-MM-DD HH:MM:SS", "2022-06-21 14:32:42", 1655821962, true},
    {"YYYY-MM-DDTHH:MM:SSZ", "2022-06-21T14:32:42Z", 1655821962, true},
    {"YYYY-MM-DD HH:MM", "2022-06-21 14:32", 1655821920, true},
    {"M/D/YYYY", "6/1/2016", 1464739200, false},
    {"M/D/YYYY", "11/08/2016", 1478563200, false},
    {"D/M/YYYY", "08/11/2016", 1478563200, false},
    {"M/D/YYYY H:M", "12/1/2010 8:26", 1291191960, true},
    {"YYYYMMDD", "20161108", 1478563200, false},
    {"DD.MM.YYYY", "08.11.2016", 1478563200, false},
    {"YYYY-MM-DD", "1969-12-31", -86400, false},
    {"YYYY-MM-DD HH:MM:SS", "1969-12-31 23:59:59", -1, true},
};

START_TEST(date_in_its_format_is_read)
{
    struct date_format format = compiled(readable[_i].format);
    struct value value;
    ck_assert(date_format_read(&format, text_of(readable[_i].text), &value));
    ck_assert_int_eq(value.type, readable[_i].has_time ? VALUE_TIME : VALUE_DAY);
    ck_assert_int_eq(value.integer, readable[_i].seconds * 1000);
}
END_TEST

static const struct {
    const char *format, *text;
    int64_t seconds;
} zoned[] = {
    {"YYYY-MM-DDTHH:MM:SSZ", "2022-06-21T14:32:42Z", 1655821962},
    {"YYYY-MM-DD HH:MM:SS UTC", "2022-06-21 14:32:42 UTC", 1655821962},
    {"YYYY-MM-DDTHH:MM:SS+HH:MM", "2022-06-21T14:32:42+00:00", 1655821962},
    {"YYYY-MM-DDTHH:MM:SS+HH:MM", "2022-06-21T20:17:42+05:45", 1655821962},
    {"YYYY-MM-DDTHH:MM:SS+HH:MM", "2022-06-21T11:32:42-03:00", 1655821962},
    {"YYYY-MM-DDTHH:MM:SS+HH:MM", "2022-06-21T14:32:42Z", 1655821962},
    {"YYYY-MM-DD HH:MM:SS.SSS+HHMM", "2022-06-22 00:32:42.0+1000", 1655821962},
    {"YYYY-MM-DD HH:MM:SS+HH", "2022-06-21 11:32:42-03", 1655821962},
    {"YYYY-MM-DD HH:MM +HHMM", "1970-01-01 00:30 +0100", -1800},
};

START_TEST(time_that_says_its_zone_is_an_instant)
{
    struct date_format format = compiled(zoned[_i].format);
    struct value value;
    ck_assert(format.has_zone);
    ck_assert_msg(date_format_read(&format, text_of(zoned[_i].text), &value), "%s", zoned[_i].text);
    ck_assert_int_eq(value.type, VALUE_TIME);
    ck_assert_int_eq(value.integer, zoned[_i].seconds * 1000);
}
END_TEST

START_TEST(time_that_says_no_zone_is_known_as_such)
{
    ck_assert(!compiled("YYYY-MM-DD HH:MM:SS").has_zone);
    ck_assert(!compiled("YYYY-MM-DD").has_zone);
}
END_TEST

START_TEST(fraction_of_a_second_is_cut_to_milliseconds)
{
    struct date_format format = compiled("YYYY-MM-DD HH:MM:SS.SSS");
    struct value value;
    ck_assert(date_format_read(&format, text_of("1970-01-01 00:00:01.2345678"), &value));
    ck_assert_int_eq(value.integer, 1234);
    ck_assert(date_format_read(&format, text_of("1970-01-01 00:00:01.5"), &value));
    ck_assert_int_eq(value.integer, 1500);
}
END_TEST

static const struct {
    const char *format, *text;
} unreadable[] = {
    {"YYYY-MM-DD", "2015-02-29"},
    {"YYYY-MM-DD", "2015-13-01"},
    {"YYYY-MM-DD", "2015-00-01"},
    {"YYYY-MM-DD", "2015-04-31"},
    {"YYYY-MM-DD", "2015-4-3"},
    {"YYYY-MM-DD", "15-04-03"},
    {"YYYY-MM-DD", "2015-04-03 "},
    {"YYYY-MM-DD", "2015-04-03T"},
    {"YYYY-MM-DD", "2015/04/03"},
    {"YYYY-MM-DD", ""},
    {"YYYY-MM-DD", "0000-01-01"},
    {"YYYY-MM-DD", "2015-04-0x"},
    {"M/D/YYYY", "13/1/2015"},
    {"M/D/YYYY", "1/32/2015"},
    {"M/D/YYYY", "/1/2015"},
    {"M/D/YYYY", "1/1/15"},
    {"YYYY-MM-DD HH", "2015-01-01 24"},
    {"YYYY-MM-DD HH:MM", "2015-01-01 23:60"},
    {"YYYY-MM-DDTHH:MM:SSZ", "2015-01-01T00:00:00"},
    {"YYYY-MM-DDTHH:MM:SSZ", "2015-01-01T00:00:00+00:00"},
    {"YYYY-MM-DDTHH:MM:SSZ", "2015-01-01T00:00:00z"},
    {"YYYY-MM-DD HH:MM UTC", "2015-01-01 00:00 UT"},
    {"YYYY-MM-DD HH:MM+HH:MM", "2015-01-01 00:00"},
    {"YYYY-MM-DD HH:MM+HH:MM", "2015-01-01 00:00+0100"},
    {"YYYY-MM-DD HH:MM+HH:MM", "2015-01-01 00:00+24:00"},
    {"YYYY-MM-DD HH:MM+HH:MM", "2015-01-01 00:00+01:60"},
    {"YYYY-MM-DD HH:MM+HHMM", "2015-01-01 00:00+01:00"},
    {"YYYY-MM-DD HH:MM+HH", "2015-01-01 00:00+1"},
};

START_TEST(day_that_is_none_is_refused)
{
    struct date_format format = compiled(unreadable[_i].format);
    struct value value;
    ck_assert_msg(!date_format_read(&format, text_of(unreadable[_i].text), &value), "%s is read", unreadable[_i].text);
}
END_TEST

static const char *const bad_formats[] = {
    "",
    "YYYY",
    "MM/DD",
    "YYYY-MM",
    "YYYY-DD",
    "YYYY-MM-DD YYYY",
    "YYYY-MM-DD abcdefghijklmnopqrstuvwxyz",
    "YYYY-MM-DD SS",
    "YYYY-MM-DD.SSS",
    "YYYY-MM-DDZ",
    "YYYY-MM-DD+HH:MM",
    "YYYY-MM-DD HH:MMZ+HH:MM",
    "YYYY-MM-DD HH:MMZ UTC",
};

START_TEST(format_without_year_month_and_day_is_refused)
{
    struct date_format format;
    struct error err = {0};
    ck_assert(!date_format_compile(bad_formats[_i], &format, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "date format"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("date_format");
    tcase_add_loop_test(tests, date_in_its_format_is_read, 0, COUNT(readable));
    tcase_add_loop_test(tests, time_that_says_its_zone_is_an_instant, 0, COUNT(zoned));
    tcase_add_test(tests, time_that_says_no_zone_is_known_as_such);
    tcase_add_test(tests, fraction_of_a_second_is_cut_to_milliseconds);
    tcase_add_loop_test(tests, day_that_is_none_is_refused, 0, COUNT(unreadable));
    tcase_add_loop_test(tests, format_without_year_month_and_day_is_refused, 0, COUNT(bad_formats));
    return run_case(tests, "date_format");
}

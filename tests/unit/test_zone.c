#include "core/day.h"
#include "loader/zone.h"
#include "loader/zone_rule.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"

#include <time.h>

static struct zone *opened(const char *name)
{
    struct error err = {0};
    struct zone *zone = zone_open(name, &err);
    ck_assert_msg(zone != NULL, "%s: %s", name, err.message);
    ck_assert_str_eq(zone_name(zone), name);
    return zone;
}

/* Milliseconds of "2017-10-15 01:30". */
static int64_t at(const char *text)
{
    int year, month, day, hour, minute;
    ck_assert_int_eq(sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5);
    return day_to_ms(day_from_civil(year, month, day)) + (hour * 60 + minute) * INT64_C(60000);
}

static const struct {
    const char *zone, *wall, *utc;
} pairs[] = {
    {"UTC", "2017-10-15 01:30", "2017-10-15 01:30"},
    {"Etc/UTC", "2017-10-15 01:30", "2017-10-15 01:30"},
    {"Asia/Kathmandu", "2017-10-15 00:00", "2017-10-14 18:15"},
    {"America/Sao_Paulo", "2017-10-14 23:59", "2017-10-15 02:59"},
    {"America/Sao_Paulo", "2017-10-15 01:00", "2017-10-15 03:00"},
    {"America/Sao_Paulo", "2018-02-17 22:59", "2018-02-18 00:59"},
    {"America/Sao_Paulo", "2018-02-18 00:00", "2018-02-18 03:00"},
    {"America/Sao_Paulo", "2024-01-01 00:00", "2024-01-01 03:00"},
    {"Europe/Paris", "2018-03-25 01:59", "2018-03-25 00:59"},
    {"Europe/Paris", "2018-03-25 03:00", "2018-03-25 01:00"},
    {"Europe/Paris", "2018-10-28 03:00", "2018-10-28 02:00"},
    {"Europe/Paris", "2100-07-01 12:00", "2100-07-01 10:00"},
    {"Europe/Dublin", "2090-07-01 12:00", "2090-07-01 11:00"},
    {"Australia/Lord_Howe", "2018-01-01 00:00", "2017-12-31 13:00"},
    {"Pacific/Apia", "2011-12-31 00:00", "2011-12-30 10:00"},
};

START_TEST(wall_time_and_instant_are_one_another)
{
    struct zone *zone = opened(pairs[_i].zone);
    ck_assert_int_eq(zone_to_utc(zone, at(pairs[_i].wall)), at(pairs[_i].utc));
    ck_assert_int_eq(zone_to_wall(zone, at(pairs[_i].utc)), at(pairs[_i].wall));
    zone_free(zone);
}
END_TEST

START_TEST(of_a_time_that_is_there_twice_the_first_is_meant)
{
    struct zone *sao_paulo = opened("America/Sao_Paulo"), *paris = opened("Europe/Paris");
    ck_assert_int_eq(zone_to_utc(sao_paulo, at("2018-02-17 23:30")), at("2018-02-18 01:30"));
    ck_assert_int_eq(zone_to_wall(sao_paulo, at("2018-02-18 01:30")), at("2018-02-17 23:30"));
    ck_assert_int_eq(zone_to_wall(sao_paulo, at("2018-02-18 02:30")), at("2018-02-17 23:30"));
    ck_assert_int_eq(zone_to_utc(paris, at("2018-10-28 02:00")), at("2018-10-28 00:00"));
    ck_assert_int_eq(zone_to_utc(paris, at("2018-10-28 02:59")), at("2018-10-28 00:59"));
    zone_free(sao_paulo);
    zone_free(paris);
}
END_TEST

START_TEST(time_that_the_clock_skipped_counts_from_before_the_gap)
{
    struct zone *sao_paulo = opened("America/Sao_Paulo"), *apia = opened("Pacific/Apia");
    ck_assert_int_eq(zone_to_utc(sao_paulo, at("2017-10-15 00:00")), at("2017-10-15 03:00"));
    ck_assert_int_eq(zone_to_utc(sao_paulo, at("2017-10-15 00:30")), at("2017-10-15 03:30"));
    ck_assert_int_eq(zone_to_wall(sao_paulo, at("2017-10-15 03:30")), at("2017-10-15 01:30"));
    /* Samoa went without the whole day. */
    ck_assert_int_eq(zone_to_wall(apia, zone_to_utc(apia, at("2011-12-30 12:00"))), at("2011-12-31 12:00"));
    zone_free(sao_paulo);
    zone_free(apia);
}
END_TEST

START_TEST(no_zone_is_utc)
{
    ck_assert_int_eq(zone_to_utc(NULL, 5), 5);
    ck_assert_int_eq(zone_to_wall(NULL, 5), 5);
    ck_assert_str_eq(zone_name(NULL), "UTC");
    zone_free(NULL);
}
END_TEST

/* A number below `most` that the seed alone tells. */
static uint64_t draw(uint64_t *seed, uint64_t most)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 11) % most;
}

static const char *const compared[] = {
    "Europe/Paris",     "America/Sao_Paulo", "America/New_York",   "Asia/Kathmandu",   "Australia/Lord_Howe",
    "Europe/Dublin",    "Africa/Casablanca", "America/Nuuk",       "Asia/Gaza",        "Pacific/Apia",
    "America/Santiago", "Asia/Tehran",       "Africa/Monrovia",    "Antarctica/Troll", "Asia/Pyongyang",
    "Europe/Lisbon",    "America/St_Johns",  "Pacific/Chatham",    "Etc/GMT+3",        "America/Caracas",
    "Europe/Moscow",    "Africa/El_Aaiun",   "Pacific/Kiritimati", "EST5EDT",
};

START_TEST(every_instant_has_the_wall_time_that_the_c_library_gives_it)
{
    const char *name = compared[_i];
    struct zone *zone = opened(name);
    uint64_t seed = 1;
    ck_assert_int_eq(setenv("TZ", name, 1), 0);
    tzset();
    for (int i = 0; i < 5000; i++) {
        /* 1930 to 2199 */
        time_t utc = (time_t)draw(&seed, UINT64_C(8520336000)) - 1262304000;
        struct tm tm;
        ck_assert_ptr_nonnull(localtime_r(&utc, &tm));
        ck_assert_msg(zone_to_wall(zone, (int64_t)utc * 1000) == ((int64_t)utc + tm.tm_gmtoff) * 1000,
                      "%s at %lld: %lld", name, (long long)utc, (long long)zone_to_wall(zone, (int64_t)utc * 1000));
    }
    zone_free(zone);
}
END_TEST

START_TEST(wall_time_that_is_there_once_comes_back)
{
    struct zone *zone = opened(compared[_i]);
    uint64_t seed = 7;
    for (int i = 0; i < 5000; i++) {
        int64_t utc = (int64_t)draw(&seed, UINT64_C(8520336000000)) - 1262304000000;
        int64_t wall = zone_to_wall(zone, utc), back = zone_to_utc(zone, wall);
        ck_assert_int_eq(zone_to_wall(zone, back), wall);
        ck_assert_int_le(back, utc); /* the first of two */
    }
    zone_free(zone);
}
END_TEST

START_TEST(times_far_away_are_no_matter)
{
    struct zone *zone = opened("America/Sao_Paulo");
    ck_assert_int_eq(zone_to_wall(zone, zone_to_utc(zone, at("1000-01-01 00:00"))), at("1000-01-01 00:00"));
    ck_assert_int_eq(zone_to_wall(zone, zone_to_utc(zone, at("9999-12-31 23:59"))), at("9999-12-31 23:59"));
    zone_free(zone);
}
END_TEST

static const struct {
    const char *name, *sentence;
} unknown[] = {
    {"Europe/Pariss", "did you mean 'Europe/Paris'"},
    {"europe/paris", "did you mean 'Europe/Paris'"},
    {"Sao_Paulo", "did you mean 'America/Sao_Paulo'"},
    {"Nowhere/At_All_Whatsoever", "name one as the IANA does"},
    {"America", "there is no time zone"},
    {"Europe/", "there is no time zone"},
    {"", "there is no time zone"},
    {"../../../etc/passwd", "there is no time zone"},
    {"/etc/localtime", "there is no time zone"},
    {"Europe/../Europe/Paris", "there is no time zone"},
    {"right/Europe/Paris", "did you mean 'Europe/Paris'"},
    {"zone.tab", "there is no time zone"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", "there is no time zone"},
};

START_TEST(unknown_zone_is_an_error_with_the_nearest)
{
    struct error err = {0};
    ck_assert_ptr_null(zone_open(unknown[_i].name, &err));
    ck_assert_msg(strstr(err.message, unknown[_i].sentence) != NULL, "%s", err.message);
    ck_assert(!zone_exists(unknown[_i].name, &err));
}
END_TEST

START_TEST(system_without_zone_data_is_told_what_to_install)
{
    struct error err = {0};
    char *folder = temporary_folder();
    ck_assert_int_eq(setenv("TZDIR", folder, 1), 0);
    ck_assert_ptr_null(zone_open("Europe/Paris", &err));
    ck_assert_ptr_nonnull(strstr(err.message, "install the package tzdata"));
    zone_free(opened("UTC"));
    temporary_remove(folder);
}
END_TEST

START_TEST(damaged_zone_file_is_an_error)
{
    static unsigned char bytes[1 << 16];
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Paris", "rb");
    size_t n;
    char *folder = temporary_folder();
    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    ck_assert_int_eq(setenv("TZDIR", folder, 1), 0);
    for (size_t kept = 0; kept < n; kept += 1 + n / 97) {
        struct error err = {0};
        char *path = temporary_file_in(folder, "Cut", bytes, kept);
        ck_assert_ptr_null(zone_open("Cut", &err));
        ck_assert_ptr_nonnull(strstr(err.message, "damaged"));
        temporary_unlink(path);
    }
    temporary_remove(folder);
}
END_TEST

/* What a file says that was made without a table up to 2037: the rule alone. */
START_TEST(rule_behind_the_table_goes_on_for_ever)
{
    struct zone_rule rule;
    ck_assert(zone_rule_parse("CET-1CEST,M3.5.0,M10.5.0/3", &rule));
    ck_assert_int_eq(zone_rule_start(&rule, 2018) * 1000, at("2018-03-25 01:00"));
    ck_assert_int_eq(zone_rule_end(&rule, 2018) * 1000, at("2018-10-28 01:00"));
    ck_assert(zone_rule_parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", &rule)); /* Nuuk */
    ck_assert_int_eq(zone_rule_start(&rule, 2024) * 1000, at("2024-03-31 01:00"));
    ck_assert_int_eq(zone_rule_end(&rule, 2024) * 1000, at("2024-10-27 01:00"));
    ck_assert(zone_rule_parse("EET-2EEST,M3.4.4/50,M10.4.4/50", &rule)); /* Gaza, once */
    ck_assert_int_eq(zone_rule_start(&rule, 2025) * 1000, at("2025-03-29 00:00"));
    ck_assert(zone_rule_parse("XXX0YYY,J60,J300/0:30:15", &rule));
    ck_assert_int_eq(zone_rule_start(&rule, 2023) * 1000, at("2023-03-01 02:00"));
    ck_assert_int_eq(zone_rule_start(&rule, 2024) * 1000, at("2024-03-01 02:00"));
    ck_assert_int_eq(zone_rule_end(&rule, 2023) * 1000, at("2023-10-26 23:30") + 15000);
    ck_assert(zone_rule_parse("EST5EDT,0/0,J365/25", &rule)); /* summer all the year */
    ck_assert_int_eq(zone_rule_end(&rule, 2023), zone_rule_start(&rule, 2024));
    ck_assert(zone_rule_parse("<+0545>-5:45", &rule));
    ck_assert(!rule.has_summer);
    ck_assert_int_eq(rule.standard, (5 * 60 + 45) * 60);
}
END_TEST

static const char *const no_rules[] = {
    "",
    "CET",
    "CET-1CEST",
    "C-1",
    "CET-1CEST,M3.5.0",
    "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0",
    "<+03-3",
    "CET-200",
    "CET-1CEST,J0,J300",
    "CET-1:60",
    "CET-1CEST,366,1",
    "CET-1CEST,M3.5.0,M10.5.0/3x",
    "CET-1 ",
    "CET--1",
    "CET-99999999999999999999",
};

START_TEST(text_that_is_no_rule_is_refused)
{
    struct zone_rule rule;
    ck_assert_msg(!zone_rule_parse(no_rules[_i], &rule), "%s", no_rules[_i]);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("zone");
    tcase_add_loop_test(tests, wall_time_and_instant_are_one_another, 0, COUNT(pairs));
    tcase_add_test(tests, of_a_time_that_is_there_twice_the_first_is_meant);
    tcase_add_test(tests, time_that_the_clock_skipped_counts_from_before_the_gap);
    tcase_add_test(tests, no_zone_is_utc);
    tcase_add_loop_test(tests, every_instant_has_the_wall_time_that_the_c_library_gives_it, 0, COUNT(compared));
    tcase_add_loop_test(tests, wall_time_that_is_there_once_comes_back, 0, COUNT(compared));
    tcase_add_test(tests, times_far_away_are_no_matter);
    tcase_add_loop_test(tests, unknown_zone_is_an_error_with_the_nearest, 0, COUNT(unknown));
    tcase_add_test(tests, system_without_zone_data_is_told_what_to_install);
    tcase_add_test(tests, damaged_zone_file_is_an_error);
    tcase_add_test(tests, rule_behind_the_table_goes_on_for_ever);
    tcase_add_loop_test(tests, text_that_is_no_rule_is_refused, 0, COUNT(no_rules));
    return run_case(tests, "zone");
}

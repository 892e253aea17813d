#include "loader/zone_rule.h"
#include "core/day.h"

#include <string.h>

enum { DAY_SECONDS = 86400, HOURS_MOST = 167 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Takes the character when it is next. */
static bool take(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

static bool read_number(const char **p, int least, int most, int *out)
{
    if (!is_digit(**p))
        return false;
    for (*out = 0; is_digit(**p) && *out <= most; ++*p)
        *out = *out * 10 + (**p - '0');
    return *out >= least && *out <= most;
}

/* CET, or <-03>: it is not needed. */
static bool skip_name(const char **p)
{
    const char *start = *p;
    if (take(p, '<')) {
        *p += strcspn(*p, ">");
        return take(p, '>');
    }
    while (is_letter(**p))
        ++*p;
    return *p - start >= 3;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool read_clock(const char **p, int32_t *seconds)
{
    bool negative = take(p, '-');
    int hours, minutes = 0, rest = 0;
    if (!negative)
        take(p, '+');
    if (!read_number(p, 0, HOURS_MOST, &hours))
        return false;
    if (take(p, ':') && (!read_number(p, 0, 59, &minutes) || (take(p, ':') && !read_number(p, 0, 59, &rest))))
        return false;
    *seconds = (hours * 60 + minutes) * 60 + rest;
    if (negative)
        *seconds = -*seconds;
    return true;
}

static bool read_change(const char **p, struct zone_change *change)
{
    change->seconds = 2 * 3600;
    if (take(p, 'M')) {
        change->form = 'M';
        if (!read_number(p, 1, 12, &change->month) || !take(p, '.') || !read_number(p, 1, 5, &change->week) ||
            !take(p, '.') || !read_number(p, 0, 6, &change->day))
            return false;
    } else {
        change->form = take(p, 'J') ? 'J' : '0';
        if (!read_number(p, change->form == 'J' ? 1 : 0, 365, &change->day))
            return false;
    }
    return !take(p, '/') || read_clock(p, &change->seconds);
}

bool zone_rule_parse(const char *text, struct zone_rule *rule)
{
    const char *p = text;
    memset(rule, 0, sizeof *rule);
    if (!skip_name(&p) || !read_clock(&p, &rule->standard))
        return false;
    rule->standard = -rule->standard; /* POSIX counts to the west */
    if (!*p)
        return true;
    rule->has_summer = true;
    rule->summer = rule->standard + 3600;
    if (!skip_name(&p))
        return false;
    if (*p != ',') {
        if (!read_clock(&p, &rule->summer))
            return false;
        rule->summer = -rule->summer;
    }
    return take(&p, ',') && read_change(&p, &rule->start) && take(&p, ',') && read_change(&p, &rule->end) && !*p;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t change_day(const struct zone_change *change, int year)
{
    int64_t first, day, next;
    if (change->form == 'J') /* 60 is March 1 in every year */
        return day_from_civil(year, 1, 1) + change->day - 1 + (is_leap(year) && change->day >= 60);
    if (change->form == '0')
        return day_from_civil(year, 1, 1) + change->day;
    first = day_from_civil(year, change->month, 1);
    next = period_shift(GRANULARITY_MONTH, first, 1);
    day = first + (change->day + 7 - day_weekday(first) % 7) % 7 + 7LL * (change->week - 1);
    return day < next ? day : day - 7; /* week 5 is the month's last */
}

static int64_t change_at(const struct zone_change *change, int year, int32_t offset_before)
{
    return change_day(change, year) * DAY_SECONDS + change->seconds - offset_before;
}

int64_t zone_rule_start(const struct zone_rule *rule, int year)
{
    return change_at(&rule->start, year, rule->standard);
}

int64_t zone_rule_end(const struct zone_rule *rule, int year)
{
    return change_at(&rule->end, year, rule->summer);
}

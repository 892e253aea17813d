#include "core/day.h"

#include <stdio.h>
#include <string.h>

const char *const granularity_names[GRANULARITY_COUNT] = {"day", "week", "month", "quarter", "year"};
const int64_t day_least = -25567, day_most = 84005;

enum { MS_PER_DAY = 86400000, DAYS_PER_ERA = 146097, EPOCH_FROM_MARCH_0000 = 719468 };

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t day_from_civil(int year, int month, int day)
{
    /* Years begin in March, so that a leap day is a year's last. */
    int64_t y = year - (month <= 2);
    int64_t era = floor_divide(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - EPOCH_FROM_MARCH_0000;
}

struct civil day_to_civil(int64_t day)
{
    int64_t z = day + EPOCH_FROM_MARCH_0000;
    int64_t era = floor_divide(z, DAYS_PER_ERA);
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct civil c;
    c.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    c.month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    c.year = (int)(year_of_era + era * 400 + (c.month <= 2));
    return c;
}

int64_t day_to_ms(int64_t day)
{
    return day * MS_PER_DAY;
}

int64_t day_from_ms(int64_t ms)
{
    return floor_divide(ms, MS_PER_DAY);
}

/* Reads exactly n digits. */
static bool parse_digits(const char *text, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return true;
}

bool day_parse(const char *text, int64_t *first, int64_t *last)
{
    size_t n = strnlen(text, DAY_TEXT_MAX);
    int year, month = 1, day = 1;
    struct civil back;
    int64_t a, b;

    if ((n != 4 && n != 7 && n != 10) || !parse_digits(text, 4, &year))
        return false;
    if (n >= 7 && (text[4] != '-' || !parse_digits(text + 5, 2, &month) || month < 1 || month > 12))
        return false;
    if (n == 10 && (text[7] != '-' || !parse_digits(text + 8, 2, &day)))
        return false;
    a = day_from_civil(year, month, day);
    back = day_to_civil(a);
    if (back.month != month || back.day != day) /* February 30 and its like */
        return false;
    b = n == 10 ? a : period_shift(n == 7 ? GRANULARITY_MONTH : GRANULARITY_YEAR, a, 1) - 1;
    if (a < day_least || b > day_most)
        return false;
    *first = a;
    *last = b;
    return true;
}

void day_text(int64_t day, char text[DAY_TEXT_MAX])
{
    struct civil c = day_to_civil(day);
    snprintf(text, DAY_TEXT_MAX, "%04u-%02u-%02u", (unsigned)c.year % 10000, (unsigned)c.month % 100,
             (unsigned)c.day % 100);
}

int day_weekday(int64_t day)
{
    /* 1970-01-01 was a Thursday. */
    int64_t since_monday = day + 3;
    return (int)(since_monday - floor_divide(since_monday, 7) * 7) + 1;
}

int64_t period_start(enum granularity granularity, int64_t day)
{
    struct civil c = day_to_civil(day);
    switch (granularity) {
    case GRANULARITY_WEEK:
        return day - (day_weekday(day) - 1);
    case GRANULARITY_MONTH:
        return day - (c.day - 1);
    case GRANULARITY_QUARTER:
        return day_from_civil(c.year, (c.month - 1) / 3 * 3 + 1, 1);
    case GRANULARITY_YEAR:
        return day_from_civil(c.year, 1, 1);
    default:
        return day;
    }
}

int64_t period_shift(enum granularity granularity, int64_t start, int count)
{
    struct civil c = day_to_civil(start);
    int64_t months;
    if (granularity == GRANULARITY_DAY)
        return start + count;
    if (granularity == GRANULARITY_WEEK)
        return start + 7 * (int64_t)count;
    months = granularity == GRANULARITY_MONTH ? 1 : granularity == GRANULARITY_QUARTER ? 3 : 12;
    months = (int64_t)c.year * 12 + (c.month - 1) + months * count;
    return day_from_civil((int)floor_divide(months, 12), (int)(months - floor_divide(months, 12) * 12) + 1, 1);
}

#include "sample/calendar.h"

#include <string.h>

/* Both conversions count in years that begin in March, so that the leap day is the last of its year. */
int32_t day_of_date(struct date date)
{
    int32_t year = date.month <= 2 ? date.year - 1 : date.year;
    int32_t month = (date.month + 9) % 12;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1 - 719468;
}

struct date date_of_day(int32_t day)
{
    uint32_t n = (uint32_t)(day + 719468);
    uint32_t era = n / 146097;
    uint32_t in_era = n % 146097;
    uint32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    uint32_t in_year = in_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * in_year + 2) / 153;
    struct date date = {
        .year = (int32_t)(era * 400 + year + (month >= 10)),
        .month = (int32_t)(month < 10 ? month + 3 : month - 9),
        .day = (int32_t)(in_year - (153 * month + 2) / 5 + 1),
    };
    return date;
}

int32_t weekday_of_day(int32_t day)
{
    return (day + 3) % 7 + 1; /* 1970-01-01 was a Thursday */
}

/* The number that count digits spell, or -1. */
static int32_t digits_parse(const char *text, int count)
{
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool day_parse(const char *text, int32_t *day)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    struct date date = {digits_parse(text, 4), digits_parse(text + 5, 2), digits_parse(text + 8, 2)};
    if (date.year < 1970 || date.year > 2199 || date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    int32_t number = day_of_date(date);
    struct date back = date_of_day(number);
    if (back.month != date.month || back.day != date.day)
        return false;
    *day = number;
    return true;
}

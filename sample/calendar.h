/* Days and seconds since 1970-01-01, in the proleptic Gregorian calendar, without time zones. */
#ifndef SAMPLE_CALENDAR_H
#define SAMPLE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_SECONDS  86400
#define HOUR_SECONDS 3600

struct date {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
};

/* The number of a date, and back. */
int32_t day_of_date(struct date date);
struct date date_of_day(int32_t day);

/* Monday is 1, Sunday 7, as in ISO 8601. */
int32_t weekday_of_day(int32_t day);

/* Reads YYYY-MM-DD and nothing else; false when the text is not a day of the years 1970 to 2199. */
bool day_parse(const char *text, int32_t *day);

#endif

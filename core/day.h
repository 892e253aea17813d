/* Calendar days as whole numbers, days since 1970-01-01, in the proleptic Gregorian calendar; and the periods that a
 * time series groups them by. Plain values, any thread.
 *
 * The conversions are Howard Hinnant's days_from_civil and civil_from_days, which he gave to the public domain:
 * https://howardhinnant.github.io/date_algorithms.html */
#ifndef KPI_CORE_DAY_H
#define KPI_CORE_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum granularity { GRANULARITY_DAY, GRANULARITY_WEEK, GRANULARITY_MONTH, GRANULARITY_QUARTER, GRANULARITY_YEAR };
enum { GRANULARITY_COUNT = 5, DAY_TEXT_MAX = 11 };

extern const char *const granularity_names[GRANULARITY_COUNT];

struct civil {
    int year, month, day;
};

/* Days that a request may name: 1900-01-01 to 2199-12-31. */
extern const int64_t day_least, day_most;

int64_t day_from_civil(int year, int month, int day);
struct civil day_to_civil(int64_t day);

/* Milliseconds since the epoch at the day's midnight UTC, as BSON dates count, and back (rounding down). */
int64_t day_to_ms(int64_t day);
int64_t day_from_ms(int64_t ms);

/* Reads YYYY-MM-DD, YYYY-MM or YYYY: *first and *last are the first and last day named. False for anything else, for
 * days that do not exist, and outside day_least to day_most. */
bool day_parse(const char *text, int64_t *first, int64_t *last);

/* Writes YYYY-MM-DD. */
void day_text(int64_t day, char text[DAY_TEXT_MAX]);

/* 1 (Monday) to 7 (Sunday), as ISO 8601 counts. */
int day_weekday(int64_t day);

/* The first day of the period that holds the day, and of the period `count` periods later (or earlier, if negative). */
int64_t period_start(enum granularity granularity, int64_t day);
int64_t period_shift(enum granularity granularity, int64_t start, int count);

#endif

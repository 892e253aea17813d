#include "core/compare.h"

enum { DAYS_PER_WEEK = 7, MONTHS_PER_YEAR = 12 };

/* A range as it was asked for, and the day up to which there are data of it. */
struct range {
    int64_t from, to, cut;
    bool by_days; /* rows are days or weeks, of which there have to be as many */
};

static int64_t month_start(int64_t day)
{
    return period_start(GRANULARITY_MONTH, day);
}

static int64_t month_end(int64_t day)
{
    return period_shift(GRANULARITY_MONTH, month_start(day), 1) - 1;
}

/* The same day of the month so many months earlier, or that month's last. */
static int64_t months_before(int64_t day, int months)
{
    int64_t start = period_shift(GRANULARITY_MONTH, month_start(day), -months);
    int64_t same = start + (day - month_start(day)), last = month_end(start);
    return same < last ? same : last;
}

/* The same for the last day of whole months, so that they stay whole. */
static int64_t end_months_before(int64_t day, int months)
{
    return day == month_end(day) ? month_end(months_before(day, months)) : months_before(day, months);
}

static int count_months(const struct range *range)
{
    struct civil from = day_to_civil(range->from), to = day_to_civil(range->to);
    return (to.year - from.year) * MONTHS_PER_YEAR + to.month - from.month + 1;
}

static bool has_whole_months(const struct range *range)
{
    return !range->by_days && range->from == month_start(range->from) && range->to == month_end(range->to);
}

/* How many months the period is long of which a "this" period is the part so far; 0 for other periods. */
static int months_so_far(enum period period)
{
    switch (period) {
    case PERIOD_THIS_MONTH:
        return 1;
    case PERIOD_THIS_QUARTER:
        return 3;
    case PERIOD_THIS_YEAR:
        return MONTHS_PER_YEAR;
    default:
        return 0;
    }
}

static bool counts_days(enum period period)
{
    return period == PERIOD_LAST_7_DAYS || period == PERIOD_LAST_30_DAYS || period == PERIOD_LAST_90_DAYS;
}

/* Both ends so many months earlier; a range that has ended, with the day before the range. */
static void shift_months(const struct range *range, int months, bool ended, struct query *other)
{
    other->from = months_before(range->from, months);
    other->to = ended ? range->from - 1 : months_before(range->cut, months);
}

static void previous_period(const struct query *query, const struct range *range, struct query *other)
{
    int so_far = months_so_far(query->period);
    int64_t days = range->to - range->from + 1;
    if (so_far) {
        int64_t end = period_shift(GRANULARITY_MONTH, range->from, so_far) - 1;
        shift_months(range, so_far, range->cut == end && !range->by_days, other);
    } else if (has_whole_months(range) && !counts_days(query->period)) {
        int months = count_months(range);
        other->from = months_before(range->from, months);
        other->to = end_months_before(range->cut, months);
    } else {
        if (range->by_days && query->granularity == GRANULARITY_WEEK)
            days = (days + DAYS_PER_WEEK - 1) / DAYS_PER_WEEK * DAYS_PER_WEEK;
        other->from = range->from - days;
        other->to = range->cut - days;
    }
}

static void previous_year(const struct range *range, struct query *other)
{
    other->from = months_before(range->from, MONTHS_PER_YEAR);
    other->to = has_whole_months(range) ? end_months_before(range->cut, MONTHS_PER_YEAR)
                                        : months_before(range->cut, MONTHS_PER_YEAR);
}

bool compare_query(const struct query *query, const struct dataset *dataset, struct query *other)
{
    struct range range;
    if (query->compare == COMPARE_NONE || !query->has_from || (!query->has_to && !dataset->has_days))
        return false;
    range.from = query->from;
    range.to = query->has_to ? query->to : dataset->last_day;
    if (range.to < range.from) /* it begins after the data end */
        range.to = range.from;
    range.cut = range.to;
    if (dataset->has_days && dataset->last_day < range.to && dataset->last_day >= range.from)
        range.cut = dataset->last_day;
    range.by_days = definition_takes(query->definition, PARAMETER_GRANULARITY) &&
                    (query->granularity == GRANULARITY_DAY || query->granularity == GRANULARITY_WEEK);
    *other = *query;
    if (query->compare == COMPARE_PREVIOUS_YEAR)
        previous_year(&range, other);
    else
        previous_period(query, &range, other);
    other->has_from = other->has_to = true;
    other->period = PERIOD_NONE;
    other->compare = COMPARE_NONE;
    return true;
}

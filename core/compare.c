#include "core/compare.h"
#include "core/bind.h"

#include <string.h>

enum { DAYS_PER_WEEK = 7, MONTHS_PER_YEAR = 12 };

/* A range as it was asked for, the day up to which there are data of it, and the day that is counted back from. */
struct range {
    int64_t from, to, cut, as_of;
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

/* as_of is not the last day that is there, but lies behind it. */
static bool is_behind(const struct range *range)
{
    return range->as_of > range->cut;
}

/* Both ends so many months earlier; a range that has ended, with the day before the range. */
static void shift_months(const struct range *range, int months, bool ended, struct query *other)
{
    other->from = months_before(range->from, months);
    other->to = ended ? range->from - 1 : months_before(range->cut, months);
    other->as_of = is_behind(range) ? months_before(range->as_of, months) : other->to;
}

/* The same for a range of whole months, which stay whole. */
static void shift_whole_months(const struct range *range, int months, struct query *other)
{
    other->from = months_before(range->from, months);
    other->to = end_months_before(range->cut, months);
    other->as_of = is_behind(range) ? end_months_before(range->as_of, months) : other->to;
}

static void shift_days(const struct range *range, int64_t days, struct query *other)
{
    other->from = range->from - days;
    other->to = range->cut - days;
    other->as_of = range->as_of - days;
}

static void previous_period(const struct query *query, const struct range *range, struct query *other)
{
    int so_far = months_so_far(query->period);
    int64_t days = range->to - range->from + 1;
    if (so_far) {
        int64_t end = period_shift(GRANULARITY_MONTH, range->from, so_far) - 1;
        shift_months(range, so_far, range->cut == end && !range->by_days, other);
    } else if (has_whole_months(range) && !counts_days(query->period)) {
        shift_whole_months(range, count_months(range), other);
    } else {
        if (range->by_days && query->granularity == GRANULARITY_WEEK)
            days = (days + DAYS_PER_WEEK - 1) / DAYS_PER_WEEK * DAYS_PER_WEEK;
        shift_days(range, days, other);
    }
}

static void previous_year(const struct range *range, struct query *other)
{
    if (has_whole_months(range))
        shift_whole_months(range, MONTHS_PER_YEAR, other);
    else
        shift_months(range, MONTHS_PER_YEAR, false, other);
}

/* The range as it was asked for. False: none of its days is in the data. */
static bool find_range(const struct query *query, const struct dataset *dataset, struct range *range)
{
    if (!query->has_from || !dataset->has_days || dataset->last_day < query->from)
        return false;
    range->from = query->from;
    range->to = query->has_to ? query->to_asked : dataset->last_day;
    range->cut = query->has_to && query->to < dataset->last_day ? query->to : dataset->last_day;
    range->as_of = query->has_as_of ? query->as_of : dataset->last_day;
    range->by_days = definition_takes(query->definition, PARAMETER_GRANULARITY) &&
                     (query->granularity == GRANULARITY_DAY || query->granularity == GRANULARITY_WEEK);
    return true;
}

bool compare_query(const struct query *query, const struct dataset *dataset, struct compared *compared)
{
    struct range range;
    struct query *other = &compared->query;
    bool reached;
    if (query->compare == COMPARE_NONE)
        return false;
    reached = find_range(query, dataset, &range);
    *compared = (struct compared){.reached = reached, .query = *query};
    other->compare = COMPARE_NONE;
    other->period = PERIOD_NONE;
    if (!reached)
        return true;
    compared->partial = range.cut < range.to;
    if (query->compare == COMPARE_PREVIOUS_YEAR)
        previous_year(&range, other);
    else
        previous_period(query, &range, other);
    other->has_from = other->has_to = true;
    other->has_as_of = bind_uses(query->definition->pipeline, "as_of");
    return true;
}

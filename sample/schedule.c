#include "sample/schedule.h"

#include "sample/calendar.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX

/* How much is sold on a day compared with others: growth of a quarter a year, season, weekday and sale days. */
static uint64_t day_weight(int32_t day, int32_t from)
{
    static const uint8_t by_month[12] = {82, 76, 90, 92, 96, 95, 88, 91, 100, 106, 146, 158};
    static const uint8_t by_weekday[7] = {114, 108, 104, 102, 98, 82, 92};
    struct date date = date_of_day(day);
    uint64_t weight = 1000u + 250u * (uint32_t)(day - from) / 365u;
    weight = weight * by_month[date.month - 1] * by_weekday[weekday_of_day(day) - 1] / 1000;

    /* The Friday after the fourth Thursday of November, and the Monday after it. */
    struct date first = {date.year, 11, 1};
    int32_t november = day_of_date(first);
    int32_t friday = november + (4 - weekday_of_day(november) + 7) % 7 + 22;
    if (day == friday || day == friday + 3)
        weight *= 3;
    if (date.month == 12 && date.day >= 24 && date.day <= 26)
        weight = weight * 2 / 5;
    return weight;
}

/* Orders by hour: lunch and evening on working days, late mornings and afternoons at the weekend. */
static uint32_t hour_weight(int32_t weekday, int32_t hour)
{
    static const uint8_t working[24] = {12, 7,  4,  3,  3,  5,  12, 24, 40, 55, 64, 68,
                                        74, 66, 60, 57, 56, 60, 66, 74, 82, 78, 54, 28};
    static const uint8_t weekend[24] = {20, 13, 8,  5,  4,  4,  7,  13, 28, 48, 68, 78,
                                        76, 72, 72, 74, 72, 66, 62, 62, 66, 62, 46, 30};
    return weekday >= 6 ? weekend[hour] : working[hour];
}

/* Throws the orders into the hours of the range. */
static bool hours_plan(struct schedule *schedule)
{
    uint32_t hours = (uint32_t)schedule->days * 24;
    struct alias alias = {0};
    uint64_t *weights = malloc(hours * sizeof *weights);
    schedule->hourly = calloc(hours, sizeof *schedule->hourly);
    bool ok = weights && schedule->hourly;
    if (!ok)
        goto out;
    for (uint32_t i = 0; i < hours; i++) {
        int32_t day = schedule->from + (int32_t)(i / 24);
        weights[i] = day_weight(day, schedule->from) * hour_weight(weekday_of_day(day), (int32_t)(i % 24)) / 10;
    }
    ok = alias_init(&alias, weights, hours);
    if (!ok)
        goto out;
    struct rng rng;
    rng_seed(&rng, schedule->seed, STREAM_SCHEDULE, 0);
    for (uint32_t i = 0; i < schedule->orders; i++)
        schedule->hourly[alias_draw(&alias, &rng)]++;
out:
    alias_release(&alias);
    free(weights);
    return ok;
}

/* The first order at or after the given one that is nobody's yet; next[] leads there, and is shortened on the way. */
static uint32_t free_order(uint32_t *next, uint32_t order)
{
    while (next[order] != order) {
        next[order] = next[next[order]];
        order = next[order];
    }
    return order;
}

/* How often a customer comes: three of five once, the others three times in the mean. The end of the range
 * cuts some of that off, which leaves two of three with one order. */
static uint32_t visits_draw(struct rng *rng)
{
    uint32_t visits = 1;
    if (rng_chance(rng, 4100)) {
        visits = 2;
        while (visits < 40 && rng_chance(rng, 5300))
            visits++;
    }
    return visits;
}

/* The number of the first order of each day, and of the one after the last. */
static void days_index(const struct schedule *schedule, uint32_t *first_of_day)
{
    first_of_day[0] = 0;
    for (int32_t day = 0; day < schedule->days; day++) {
        first_of_day[day + 1] = first_of_day[day];
        for (int32_t hour = 0; hour < 24; hour++)
            first_of_day[day + 1] += schedule->hourly[day * 24 + hour];
    }
}

/* Gives a new customer, who orders on a day, the orders of later visits: any that is nobody's on a day some weeks on,
 * or the next one after it. */
static void visits_plan(struct schedule *schedule, uint32_t customer, int64_t day, const uint32_t *first_of_day,
                        uint32_t *next)
{
    int64_t mean_gap = schedule->days < 640 ? schedule->days / 8 + 1 : 80;
    struct rng rng;
    rng_seed(&rng, schedule->seed, STREAM_LOYALTY, customer);
    for (uint32_t visits = visits_draw(&rng); visits > 1; visits--) {
        day += 1 + rng_tail(&rng, mean_gap);
        if (day >= schedule->days)
            break;
        uint32_t count = first_of_day[day + 1] - first_of_day[day];
        uint32_t order = free_order(next, first_of_day[day] + (count ? rng_below(&rng, count) : 0));
        if (order >= schedule->orders)
            break;
        schedule->customer[order] = customer;
        next[order] = order + 1;
    }
}

/* Goes through the orders in time: what is nobody's is a new customer's, who then also gets orders further on. */
static bool customers_plan(struct schedule *schedule)
{
    uint32_t orders = schedule->orders;
    uint32_t *next = malloc(((size_t)orders + 1) * sizeof *next);
    uint32_t *first_of_day = calloc((size_t)schedule->days + 1, sizeof *first_of_day);
    schedule->customer = malloc((size_t)orders * sizeof *schedule->customer);
    bool ok = next && first_of_day && schedule->customer;
    if (!ok)
        goto out;

    for (uint32_t i = 0; i <= orders; i++)
        next[i] = i;
    for (uint32_t i = 0; i < orders; i++)
        schedule->customer[i] = NOBODY;
    days_index(schedule, first_of_day);
    int32_t today = 0;
    for (uint32_t i = 0; i < orders; i++) {
        while (i >= first_of_day[today + 1])
            today++;
        if (schedule->customer[i] != NOBODY)
            continue;
        uint32_t customer = schedule->customers++;
        schedule->customer[i] = customer;
        next[i] = i + 1;
        visits_plan(schedule, customer, today, first_of_day, next);
    }
out:
    free(next);
    free(first_of_day);
    return ok;
}

bool schedule_init(struct schedule *schedule, uint64_t seed, uint32_t orders, int32_t from, int32_t to)
{
    memset(schedule, 0, sizeof *schedule);
    schedule->seed = seed;
    schedule->orders = orders;
    schedule->from = from;
    schedule->days = to - from + 1;
    if (!hours_plan(schedule) || !customers_plan(schedule))
        return false;
    uint32_t most = 1;
    for (uint32_t i = 0; i < (uint32_t)schedule->days * 24; i++) {
        if (schedule->hourly[i] > most)
            most = schedule->hourly[i];
    }
    schedule->seconds = malloc(most * sizeof *schedule->seconds);
    return schedule->seconds != NULL;
}

void schedule_release(struct schedule *schedule)
{
    free(schedule->hourly);
    free(schedule->customer);
    free(schedule->seconds);
    memset(schedule, 0, sizeof *schedule);
}

static int seconds_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Draws the seconds of the next hour that has orders. */
static void hour_open(struct schedule *schedule)
{
    while (schedule->hourly[schedule->next_hour] == 0)
        schedule->next_hour++;
    struct rng rng;
    rng_seed(&rng, schedule->seed, STREAM_HOUR, schedule->next_hour);
    schedule->seconds_count = schedule->hourly[schedule->next_hour++];
    schedule->next_second = 0;
    for (uint32_t i = 0; i < schedule->seconds_count; i++)
        schedule->seconds[i] = rng_below(&rng, HOUR_SECONDS);
    if (schedule->seconds_count > 1)
        qsort(schedule->seconds, schedule->seconds_count, sizeof *schedule->seconds, seconds_compare);
}

bool schedule_next(struct schedule *schedule, uint32_t *order, int64_t *second, uint32_t *customer)
{
    if (schedule->next_order == schedule->orders)
        return false;
    if (schedule->next_second == schedule->seconds_count)
        hour_open(schedule);
    *order = schedule->next_order++;
    *customer = schedule->customer[*order];
    *second = (int64_t)schedule->from * DAY_SECONDS + (int64_t)(schedule->next_hour - 1) * HOUR_SECONDS +
              schedule->seconds[schedule->next_second++];
    return true;
}

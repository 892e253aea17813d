#include "loader/rollup_build.h"
#include "core/day.h"
#include "loader/rollup_span.h"
#include "loader/schema.h"
#include "loader/side_by_side.h"
#include "loader/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_month(struct building *b, int64_t day)
{
    int64_t first = period_start(GRANULARITY_MONTH, day);
    if (b->month_count && b->months[b->month_count - 1] == first)
        return;
    b->months = memory_grow(b->months, &b->month_room, b->month_count + 1, sizeof *b->months);
    b->months[b->month_count++] = first;
}

/* Whether there is an order from `first` on and before `end`. */
static bool has_orders(const struct building *b, int64_t first, int64_t end, bool *any, struct error *err)
{
    bson_t *filter =
        BCON_NEW("day", "{", "$gte", BCON_DATE_TIME(day_to_ms(first)), "$lt", BCON_DATE_TIME(day_to_ms(end)), "}");
    bson_t *options = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}"), *doc = NULL;
    bool ok = db_first(b->build->client, db_name(b->build->db), schema_kinds[KIND_ORDER].collection, filter, options,
                       &doc, "looking for the months with orders", err);
    *any = doc;
    bson_destroy(doc);
    bson_destroy(options);
    bson_destroy(filter);
    return ok;
}

/* All months with orders. A day such as 9999-12-31 must not cost a look at every month until then: where there is
 * nothing, ever longer spans are looked at, and halved where there is something. */
static bool list_months(struct building *b, struct error *err)
{
    int64_t month = period_start(GRANULARITY_MONTH, b->build->first_day);
    int span = 1;
    while (month <= b->build->last_day) {
        bool any;
        if (stop_asked(err) || !has_orders(b, month, period_shift(GRANULARITY_MONTH, month, span), &any, err))
            return false;
        if (any && span > 1) {
            span /= 2;
            continue;
        }
        if (any)
            add_month(b, month);
        month = period_shift(GRANULARITY_MONTH, month, span);
        span = any ? 1 : 2 * span;
    }
    return true;
}

static void whole_init(struct building *b)
{
    b->whole = memory_zeroed(b->build->count, sizeof *b->whole);
    for (size_t i = 0; i < b->build->count; i++) {
        const struct rollup *rollup = building_rollup(b, i);
        struct whole *whole = &b->whole[i];
        whole->values = memory_zeroed(rollup->dimension_count, sizeof *whole->values);
        whole->dictionaries = memory_zeroed(rollup->dimension_count, sizeof *whole->dictionaries);
        for (size_t d = 0; d < rollup->dimension_count; d++) {
            whole->dictionaries[d] = &whole->values[d];
            dictionary_init(&whole->values[d]);
        }
        cells_init(&whole->cells, whole->dictionaries, rollup->dimension_count, rollup->measure_count);
    }
}

static void whole_release(struct building *b)
{
    for (size_t i = 0; i < b->build->count; i++) {
        cells_release(&b->whole[i].cells);
        for (size_t d = 0; d < building_rollup(b, i)->dimension_count; d++)
            dictionary_release(&b->whole[i].values[d]);
        free(b->whole[i].values);
        free(b->whole[i].dictionaries);
    }
    free(b->whole);
}

/* What spans all days, when the months are written. */
static bool write_whole(struct building *b, size_t task, struct error *err)
{
    struct rollup_task *t = &b->build->tasks[task];
    struct cells *cells = &b->whole[task].cells;
    if (b->build->days && !buckets_add_up(&b->build->tasks[building_parent(b, task)].buckets, b->build->client, NULL,
                                          t->buckets.rollup, cells, 0, err))
        return false;
    if (cells->unfit)
        flaw_of_sums(&t->flaw);
    return cells->unfit || buckets_write(&t->buckets, b->build->client, cells, &t->rows, err);
}

/* What the version before shows of the days, months or all days is closed, and counted. */
static bool close_old(const struct building *b, mongoc_client_t *client, size_t task, struct error *err)
{
    struct rollup_task *t = &b->build->tasks[task];
    struct touched_days months = {.days = b->months, .count = b->month_count};
    const enum rollup_grain grain = t->buckets.rollup->grain;
    const struct touched_days *days = grain == ROLLUP_DAY ? b->build->days : grain == ROLLUP_MONTH ? &months : NULL;
    return buckets_count_old(&t->buckets, client, days, &t->old_rows, err) &&
           buckets_close_old(&t->buckets, client, days, err);
}

/* Before sums over all days are made of what is left open. */
static bool close_days(void *context, mongoc_client_t *client, size_t task, struct error *err)
{
    const struct building *b = context;
    return building_rollup(b, task)->grain == ROLLUP_ALL || close_old(b, client, task, err);
}

static bool finish(struct building *b, struct error *err)
{
    bool ok = !b->build->days || side_by_side(b->build->db, b->build->client, b->build->count, close_days, b, err);
    for (size_t i = 0; i < b->build->count && ok; i++)
        if (building_rollup(b, i)->grain == ROLLUP_ALL)
            ok = write_whole(b, i, err) && (!b->build->days || close_old(b, b->build->client, i, err));
    return ok;
}

/* How much is done at once, by how many orders there are. A single day far from all others must not make the days
 * between look empty: the months that have orders are counted. Of touched days it is not known how many they have. */
static void choose_sizes(struct building *b)
{
    const struct rollup_build *build = b->build;
    int64_t months = (int64_t)b->month_count, orders = build->orders, days = 1;
    if (!build->days && orders > 0)
        days = ORDERS_AT_ONCE * months * 30 / orders;
    b->days_at_once = days < 1 ? 1 : days > DAYS_MOST ? DAYS_MOST : days;
    b->span_months = 1;
    if (orders > 0 && months * ORDERS_OF_SPAN > orders)
        b->span_months = (size_t)(months * ORDERS_OF_SPAN / orders);
}

static bool prepare(struct building *b, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < b->build->count && ok; i++) {
        struct rollup_task *t = &b->build->tasks[i];
        if (!b->build->days)
            ok = buckets_create(&t->buckets, b->build->client, err);
        else if (b->build->again)
            ok = buckets_undo(&t->buckets, b->build->client, err);
    }
    for (size_t i = 0; b->build->days && i < b->build->days->count; i++)
        add_month(b, b->build->days->days[i]);
    ok = ok && (b->build->days || list_months(b, err));
    choose_sizes(b);
    return ok;
}

/* What is added up from rows that are wrong is wrong too, and so is what may only be added up because of what they
 * claim. */
static void pass_flaws_on(const struct building *b)
{
    for (size_t i = 0; i < b->build->count; i++) {
        struct rollup_task *t = &b->build->tasks[i];
        const struct rollup_flaw *flaw = t->parent ? &b->build->tasks[building_parent(b, i)].flaw : NULL;
        if (!flaw || !flaw->is || t->flaw.is)
            continue;
        t->flaw = *flaw;
        snprintf(t->flaw.why, sizeof t->flaw.why, "it is added up from %s, which is not used either", t->parent->name);
    }
}

bool rollup_build(struct rollup_build *build, struct error *err)
{
    struct building b = {.build = build};
    bool ok;
    if (build->count == 0)
        return true;
    pthread_mutex_init(&b.lock, NULL);
    whole_init(&b);
    ok = prepare(&b, err) &&
         side_by_side(build->db, build->client, (b.month_count + b.span_months - 1) / b.span_months, span_build, &b,
                      err) &&
         finish(&b, err);
    pass_flaws_on(&b);
    whole_release(&b);
    free(b.months);
    pthread_mutex_destroy(&b.lock);
    return ok;
}

#include "loader/rollup_span.h"
#include "core/day.h"
#include "loader/rollup_orders.h"
#include "loader/schema.h"
#include "loader/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4000 };

/* Some months while they are built: what one thread does. */
struct span {
    struct building *building;
    mongoc_client_t *client;
    const int64_t *months;
    size_t month_count;
    struct order_reading reading;
    struct order_part *parts;    /* by task */
    struct cells *cells;         /* by task: of some days, or of all months of the span */
    struct cells_part *children; /* by task: where it finds what it is added up from in its parent */
    bool whole_months;           /* a month is summed from orders: the days that were not touched count too */
    uint32_t day, month;         /* the month of the day that was asked for last */
    size_t at_month, at_touched; /* how far it has been read */
    int64_t next_day;
};

/* Days to read: those from first to last, or of the touched days so many from the one at `from` on. */
struct some_days {
    int64_t first, last;
    size_t from, count;
};

static bool is_by_day(const struct building *b, size_t task)
{
    return building_rollup(b, task)->grain == ROLLUP_DAY;
}

/* Where a rollup's dimensions and measures are among its parent's. */
static void link_parent(const struct rollup *child, const struct rollup *parent, struct cells_part *part)
{
    size_t *dimensions = memory_zeroed(child->dimension_count, sizeof *dimensions);
    size_t *measures = memory_zeroed(child->measure_count, sizeof *measures);
    for (size_t i = 0; i < child->dimension_count; i++)
        while (strcmp(parent->dimensions[dimensions[i]].name, child->dimensions[i].name) != 0)
            dimensions[i]++;
    for (size_t i = 0; i < child->measure_count; i++)
        while (strcmp(parent->measures[measures[i]].name, child->measures[i].name) != 0)
            measures[i]++;
    *part = (struct cells_part){dimensions, measures};
}

static void part_release(struct cells_part *part)
{
    free((size_t *)(uintptr_t)part->dimensions);
    free((size_t *)(uintptr_t)part->measures);
}

static bool span_init(struct span *s, struct building *b, mongoc_client_t *client, size_t number, struct error *err)
{
    size_t count = b->build->count, from = number * b->span_months, left = b->month_count - from;
    bool ok = true;
    *s = (struct span){.building = b,
                       .client = client,
                       .months = b->months + from,
                       .month_count = left < b->span_months ? left : b->span_months,
                       .next_day = b->months[from],
                       .parts = memory_zeroed(count, sizeof *s->parts),
                       .cells = memory_zeroed(count, sizeof *s->cells),
                       .children = memory_zeroed(count, sizeof *s->children)};
    order_reading_init(&s->reading);
    for (size_t i = 0; i < count && ok; i++) {
        const struct rollup *rollup = building_rollup(b, i);
        ok = order_part_init(&s->parts[i], &s->reading, rollup, err);
        cells_init(&s->cells[i], s->parts[i].dictionaries, rollup->dimension_count, rollup->measure_count);
        if (b->build->tasks[i].parent)
            link_parent(rollup, rollup->parent, &s->children[i]);
        else
            s->whole_months |= rollup->grain != ROLLUP_DAY;
    }
    return ok;
}

static void span_release(struct span *s)
{
    for (size_t i = 0; i < s->building->build->count; i++) {
        cells_release(&s->cells[i]);
        order_part_release(&s->parts[i]);
        part_release(&s->children[i]);
    }
    free(s->parts);
    free(s->cells);
    free(s->children);
    order_reading_release(&s->reading);
}

static uint32_t month_of(uint32_t day)
{
    return cells_period(period_start(GRANULARITY_MONTH, cells_day(day)));
}

static uint32_t all_of(uint32_t period)
{
    (void)period;
    return 0;
}

static int64_t month_end(int64_t first)
{
    return period_shift(GRANULARITY_MONTH, first, 1) - 1;
}

/* What the day of the order that was read last belongs to. Many orders are of one day. */
static uint32_t period_of(struct span *s, enum rollup_grain grain)
{
    uint32_t day = cells_period(s->reading.day);
    if (grain == ROLLUP_MONTH && (s->day != day || s->reading.number == 1)) {
        s->day = day;
        s->month = month_of(day);
    }
    return grain == ROLLUP_DAY ? day : grain == ROLLUP_MONTH ? s->month : 0;
}

/* Adds an order to what is summed from orders. */
static void add_order(struct span *s)
{
    const struct building *b = s->building;
    bool touched = !b->build->days || touched_has(b->build->days, s->reading.day);
    for (size_t i = 0; i < b->build->count; i++)
        if (!b->build->tasks[i].parent && (touched || !is_by_day(b, i)))
            order_add(&s->reading, &s->parts[i], &s->cells[i], period_of(s, building_rollup(b, i)->grain));
}

/* Orders of those days that count as sales. */
static void filter_orders(const struct span *s, const struct some_days *days, bson_t *filter)
{
    if (days->count)
        touched_filter(s->building->build->days, days->from, days->count, filter);
    else
        BCON_APPEND(filter, "day", "{", "$gte", BCON_DATE_TIME(day_to_ms(days->first)), "$lte",
                    BCON_DATE_TIME(day_to_ms(days->last)), "}");
    BSON_APPEND_BOOL(filter, "counted", true);
}

static mongoc_cursor_t *find_orders(const struct span *s, const struct some_days *days)
{
    mongoc_collection_t *orders =
        mongoc_client_get_collection(s->client, db_name(s->building->build->db), schema_kinds[KIND_ORDER].collection);
    bson_t filter = BSON_INITIALIZER, options = BSON_INITIALIZER, fields;
    mongoc_cursor_t *cursor;
    filter_orders(s, days, &filter);
    BSON_APPEND_DOCUMENT_BEGIN(&options, "projection", &fields);
    order_reading_projection(&s->reading, &fields);
    bson_append_document_end(&options, &fields);
    BSON_APPEND_INT32(&options, "batchSize", BATCH);
    cursor = mongoc_collection_find_with_opts(orders, &filter, &options, NULL);
    bson_destroy(&options);
    bson_destroy(&filter);
    mongoc_collection_destroy(orders);
    return cursor;
}

static bool read_orders(struct span *s, const struct some_days *days, size_t *count, struct error *err)
{
    mongoc_cursor_t *cursor = find_orders(s, days);
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    *count = 0;
    for (; mongoc_cursor_next(cursor, &doc); ++*count)
        if (order_read(&s->reading, doc))
            add_order(s);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "reading the orders for the rollups", err);
    mongoc_cursor_destroy(cursor);
    return ok;
}

/* Writes what is in a task's cells. */
static bool write_cells(struct span *s, size_t task, struct error *err)
{
    struct rollup_task *t = &s->building->build->tasks[task];
    int64_t rows = 0;
    bool ok = s->cells[task].unfit || buckets_write(&t->buckets, s->client, &s->cells[task], &rows, err);
    pthread_mutex_lock(&s->building->lock);
    t->rows += rows;
    if (s->cells[task].unfit)
        flaw_of_sums(&t->flaw);
    pthread_mutex_unlock(&s->building->lock);
    return ok;
}

/* When some days are read: they go to what is added up from them, and are written. */
static bool end_days(struct span *s, struct error *err)
{
    struct building *b = s->building;
    bool ok = true;
    for (size_t i = 0; i < b->build->count; i++) {
        const struct rollup *rollup = building_rollup(b, i);
        if (b->build->tasks[i].parent && rollup->parent->grain == ROLLUP_DAY)
            cells_add(&s->cells[i], &s->cells[building_parent(b, i)], &s->children[i],
                      rollup->grain == ROLLUP_MONTH ? month_of : all_of);
    }
    for (size_t i = 0; i < b->build->count && ok; i++)
        if (is_by_day(b, i)) {
            ok = write_cells(s, i, err);
            cells_clear(&s->cells[i]);
        }
    return ok;
}

/* The next of the touched days, up to the end of the span; false where there is none. */
static bool next_touched(struct span *s, size_t wanted, struct some_days *days)
{
    const struct touched_days *touched = s->building->build->days;
    int64_t end = month_end(s->months[s->month_count - 1]);
    size_t at = s->at_touched;
    while (at < touched->count && touched->days[at] < s->months[0])
        at++;
    days->from = at;
    while (at < touched->count && touched->days[at] <= end && at - days->from < wanted)
        at++;
    days->count = at - days->from;
    s->at_touched = at;
    return days->count > 0;
}

/* The next days of the span's months. Without touched days nothing lies between the months: they are read through. */
static bool next_of_months(struct span *s, size_t wanted, struct some_days *days)
{
    bool through = !s->building->build->days;
    int64_t end;
    if (s->at_month == s->month_count)
        return false;
    end = month_end(s->months[through ? s->month_count - 1 : s->at_month]);
    days->count = 0;
    days->first = s->next_day;
    days->last = end - days->first < (int64_t)wanted ? end : days->first + (int64_t)wanted - 1;
    s->next_day = days->last + 1;
    if (days->last == end) {
        s->at_month = through ? s->month_count : s->at_month + 1;
        s->next_day = s->at_month < s->month_count ? s->months[s->at_month] : s->next_day;
    }
    return true;
}

static bool next_days(struct span *s, size_t wanted, struct some_days *days)
{
    return s->building->build->days && !s->whole_months ? next_touched(s, wanted, days)
                                                        : next_of_months(s, wanted, days);
}

/* Days are read so many at once that their orders are neither few nor too many for the memory. */
static bool read_days(struct span *s, struct error *err)
{
    size_t wanted = (size_t)s->building->days_at_once, orders;
    struct some_days days;
    while (next_days(s, wanted, &days)) {
        if (stop_asked(err) || !read_orders(s, &days, &orders, err) || !end_days(s, err))
            return false;
        if (orders < ORDERS_AT_ONCE / 2 && wanted < DAYS_MOST)
            wanted *= 2;
        else if (orders > ORDERS_AT_ONCE && wanted > 1)
            wanted /= 2;
    }
    return true;
}

/* What is added up from days takes those that were not touched as they are. */
static bool add_other_days(struct span *s, size_t task, struct error *err)
{
    const struct rollup_build *build = s->building->build;
    bool ok = true;
    for (size_t i = 0; i < s->month_count && ok; i++) {
        struct bucket_days days = {s->months[i], month_end(s->months[i]), build->days};
        ok = buckets_add_up(&build->tasks[building_parent(s->building, task)].buckets, s->client, &days,
                            building_rollup(s->building, task), &s->cells[task], cells_period(s->months[i]), err);
    }
    return ok;
}

/* Of touched days, the sums over all days are made from what is written, in the end. */
static void add_to_whole(struct span *s)
{
    struct building *b = s->building;
    for (size_t i = 0; i < b->build->count && !b->build->days; i++) {
        const struct rollup *rollup = building_rollup(b, i);
        struct cells_part same = {0};
        if (rollup->grain != ROLLUP_ALL)
            continue;
        if (b->build->tasks[i].parent && rollup->parent->grain == ROLLUP_MONTH)
            cells_add(&s->cells[i], &s->cells[building_parent(b, i)], &s->children[i], all_of);
        link_parent(rollup, rollup, &same);
        pthread_mutex_lock(&b->lock);
        cells_add(&b->whole[i].cells, &s->cells[i], &same, all_of);
        pthread_mutex_unlock(&b->lock);
        part_release(&same);
    }
}

static bool end_months(struct span *s, struct error *err)
{
    const struct building *b = s->building;
    bool ok = true;
    for (size_t i = 0; i < b->build->count && ok; i++)
        if (building_rollup(b, i)->grain == ROLLUP_MONTH)
            ok = (!b->build->days || !b->build->tasks[i].parent || add_other_days(s, i, err)) && write_cells(s, i, err);
    if (ok)
        add_to_whole(s);
    return ok;
}

/* What the rollup calls the dimension of items of that number. */
static const char *name_of(const struct rollup *rollup, const struct place *places, size_t at)
{
    size_t i = 0;
    while (places[i].level != LEVEL_ITEM || places[i].at != at)
        i++;
    return rollup->dimensions[i].name;
}

/* Of several orders that break a claim, that of the earliest day is told, whoever has read it. What is wrong whatever
 * the orders of a day say stays said. */
static void note_broken_claim(struct span *s, size_t task, const struct claim *claim)
{
    const struct order_level *items = &s->reading.levels[LEVEL_ITEM];
    const struct rollup *rollup = building_rollup(s->building, task);
    struct rollup_flaw *flaw = &s->building->build->tasks[task].flaw;
    char day[DAY_TEXT_MAX], by[DICTIONARY_TEXT_MAX], values[2][DICTIONARY_TEXT_MAX];
    if (flaw->is && (!flaw->has_day || flaw->day <= claim->day))
        return;
    *flaw = (struct rollup_flaw){.is = true, .has_day = true, .day = claim->day};
    day_text(claim->day, day);
    dictionary_text(items->dictionaries[claim->by], claim->by_value, by);
    for (int i = 0; i < 2; i++)
        dictionary_text(items->dictionaries[claim->dimension], claim->values[i], values[i]);
    snprintf(flaw->why, sizeof flaw->why,
             "an order of %s has lines with %s %s of %s %s and of %s, so that \"determines\" is not true", day,
             name_of(rollup, s->parts[task].dimensions, claim->by), by,
             name_of(rollup, s->parts[task].dimensions, claim->dimension), values[0], values[1]);
}

static void note_broken_claims(struct span *s)
{
    pthread_mutex_lock(&s->building->lock);
    for (size_t i = 0; i < s->building->build->count; i++) {
        const struct claim *claim = order_broken_claim(&s->reading, &s->parts[i]);
        if (claim)
            note_broken_claim(s, i, claim);
    }
    pthread_mutex_unlock(&s->building->lock);
}

void flaw_of_sums(struct rollup_flaw *flaw)
{
    *flaw = (struct rollup_flaw){.is = true};
    snprintf(flaw->why, sizeof flaw->why, "it has sums of more than %d digits", DECIMAL_DIGITS);
}

bool span_build(void *context, mongoc_client_t *client, size_t number, struct error *err)
{
    struct building *b = context;
    struct span span;
    bool ok = span_init(&span, b, client, number, err) && read_days(&span, err) && end_months(&span, err);
    note_broken_claims(&span);
    pthread_mutex_lock(&b->lock);
    b->done += span.month_count;
    progress_tell(b->build->progress, "building rollups", b->done, b->month_count);
    pthread_mutex_unlock(&b->lock);
    span_release(&span);
    return ok;
}

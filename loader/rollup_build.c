#include "loader/rollup_build.h"
#include "core/day.h"
#include "loader/rollup_orders.h"
#include "loader/schema.h"
#include "loader/side_by_side.h"
#include "loader/stop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* So many orders are read at once, about; and so many are in a span, unless a month alone has more. */
enum { ORDERS_AT_ONCE = 8000, ORDERS_OF_SPAN = 20000, BATCH = 4000, DAYS_MOST = 4096 };

/* The sums over all days, which both threads add to. */
struct whole {
    struct cells cells;
    struct dictionary *values;
    struct dictionary **dictionaries;
};

struct building {
    struct rollup_build *build;
    int64_t *months; /* first days */
    size_t month_count, month_room;
    size_t span_months;   /* so many months are a span */
    int64_t days_at_once; /* to begin with */
    struct whole *whole;  /* by task; only of those of all days */
    pthread_mutex_t lock; /* of whole, of what tasks count, and of the progress */
    size_t done;
};

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

static const struct rollup *rollup_of(const struct building *b, size_t task)
{
    return b->build->tasks[task].buckets.rollup;
}

static size_t parent_of(const struct building *b, size_t task)
{
    size_t i = 0;
    while (rollup_of(b, i) != rollup_of(b, task)->parent)
        i++;
    return i;
}

static bool is_by_day(const struct building *b, size_t task)
{
    return rollup_of(b, task)->grain == ROLLUP_DAY;
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
        const struct rollup *rollup = rollup_of(b, i);
        ok = order_part_init(&s->parts[i], &s->reading, rollup, err);
        cells_init(&s->cells[i], s->parts[i].dictionaries, rollup->dimension_count, rollup->measure_count);
        if (rollup->parent)
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
        if (!rollup_of(b, i)->parent && (touched || !is_by_day(b, i)))
            order_add(&s->reading, &s->parts[i], &s->cells[i], period_of(s, rollup_of(b, i)->grain));
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
    t->unfit |= s->cells[task].unfit;
    pthread_mutex_unlock(&s->building->lock);
    return ok;
}

/* When some days are read: they go to what is added up from them, and are written. */
static bool end_days(struct span *s, struct error *err)
{
    struct building *b = s->building;
    bool ok = true;
    for (size_t i = 0; i < b->build->count; i++) {
        const struct rollup *rollup = rollup_of(b, i);
        if (rollup->parent && rollup->parent->grain == ROLLUP_DAY)
            cells_add(&s->cells[i], &s->cells[parent_of(b, i)], &s->children[i],
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
        ok = buckets_add_up(&build->tasks[parent_of(s->building, task)].buckets, s->client, &days,
                            rollup_of(s->building, task), &s->cells[task], cells_period(s->months[i]), err);
    }
    return ok;
}

/* Of touched days, the sums over all days are made from what is written, in the end. */
static void add_to_whole(struct span *s)
{
    struct building *b = s->building;
    for (size_t i = 0; i < b->build->count && !b->build->days; i++) {
        const struct rollup *rollup = rollup_of(b, i);
        struct cells_part same = {0};
        if (rollup->grain != ROLLUP_ALL)
            continue;
        if (rollup->parent && rollup->parent->grain == ROLLUP_MONTH)
            cells_add(&s->cells[i], &s->cells[parent_of(b, i)], &s->children[i], all_of);
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
        if (rollup_of(b, i)->grain == ROLLUP_MONTH)
            ok = (!b->build->days || !rollup_of(b, i)->parent || add_other_days(s, i, err)) && write_cells(s, i, err);
    if (ok)
        add_to_whole(s);
    return ok;
}

static bool build_span(void *context, mongoc_client_t *client, size_t number, struct error *err)
{
    struct building *b = context;
    struct span span;
    bool ok = span_init(&span, b, client, number, err) && read_days(&span, err) && end_months(&span, err);
    pthread_mutex_lock(&b->lock);
    b->done += span.month_count;
    progress_tell(b->build->progress, "building rollups", b->done, b->month_count);
    pthread_mutex_unlock(&b->lock);
    span_release(&span);
    return ok;
}

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
        const struct rollup *rollup = rollup_of(b, i);
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
        for (size_t d = 0; d < rollup_of(b, i)->dimension_count; d++)
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
    if (b->build->days && !buckets_add_up(&b->build->tasks[parent_of(b, task)].buckets, b->build->client, NULL,
                                          t->buckets.rollup, cells, 0, err))
        return false;
    t->unfit |= cells->unfit || (t->buckets.rollup->parent && b->build->tasks[parent_of(b, task)].unfit);
    return t->unfit || buckets_write(&t->buckets, b->build->client, cells, &t->rows, err);
}

/* What the version before shows of the days, months or all days is closed, and counted. */
static bool close_old(struct building *b, size_t task, struct error *err)
{
    struct rollup_task *t = &b->build->tasks[task];
    struct touched_days months = {.days = b->months, .count = b->month_count};
    const struct touched_days *days = is_by_day(b, task)                         ? b->build->days
                                      : t->buckets.rollup->grain == ROLLUP_MONTH ? &months
                                                                                 : NULL;
    return buckets_count_old(&t->buckets, b->build->client, days, &t->old_rows, err) &&
           buckets_close_old(&t->buckets, b->build->client, days, err);
}

static bool finish(struct building *b, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < b->build->count && ok; i++) {
        if (rollup_of(b, i)->grain == ROLLUP_ALL)
            ok = write_whole(b, i, err);
        if (b->build->days)
            ok = ok && close_old(b, i, err);
    }
    return ok;
}

/* How much is done at once, by how many orders there are. */
static void choose_sizes(struct building *b)
{
    const struct rollup_build *build = b->build;
    int64_t days = build->last_day - build->first_day + 1, orders = build->orders, months = (int64_t)b->month_count;
    b->days_at_once = orders > 0 && days > 0 ? ORDERS_AT_ONCE * days / orders : 1;
    if (b->days_at_once > DAYS_MOST || b->days_at_once < 1)
        b->days_at_once = b->days_at_once < 1 ? 1 : DAYS_MOST;
    if (build->days && days > 0)
        orders = orders * (int64_t)build->days->count / days;
    b->span_months = orders > 0 && months * ORDERS_OF_SPAN > orders ? (size_t)(months * ORDERS_OF_SPAN / orders) : 1;
}

static bool prepare(struct building *b, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < b->build->count && ok; i++) {
        struct rollup_task *t = &b->build->tasks[i];
        ok = b->build->days ? buckets_undo(&t->buckets, b->build->client, err)
                            : buckets_create(&t->buckets, b->build->client, err);
    }
    for (size_t i = 0; b->build->days && i < b->build->days->count; i++)
        add_month(b, b->build->days->days[i]);
    ok = ok && (b->build->days || list_months(b, err));
    choose_sizes(b);
    return ok;
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
         side_by_side(build->db, build->client, (b.month_count + b.span_months - 1) / b.span_months, build_span, &b,
                      err) &&
         finish(&b, err);
    whole_release(&b);
    free(b.months);
    pthread_mutex_destroy(&b.lock);
    return ok;
}

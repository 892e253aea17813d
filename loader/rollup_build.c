#include "loader/rollup_build.h"
#include "core/day.h"
#include "loader/rollup_orders.h"
#include "loader/schema.h"
#include "loader/side_by_side.h"
#include "loader/stop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* So many orders are read at once, about. */
enum { ORDERS_AT_ONCE = 8000, BATCH = 4000, MONTH_DAYS = 31 };

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
    struct whole *whole;  /* by task; only of those of all days */
    pthread_mutex_t lock; /* of whole, of what tasks count, and of the progress */
    size_t done;
};

/* A month while it is built. */
struct month {
    struct building *building;
    mongoc_client_t *client;
    int64_t first, last;
    struct order_reading reading;
    struct order_part *parts;    /* by task */
    struct cells *cells;         /* by task: of a few days, or of the month */
    struct cells_part *children; /* by task: where it finds what it is added up from in its parent */
    bool whole_month;            /* a month or all days are summed from orders: the days that were not touched count */
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

static bool month_init(struct month *m, struct building *b, mongoc_client_t *client, int64_t first, struct error *err)
{
    size_t count = b->build->count;
    bool ok = true;
    *m = (struct month){.building = b,
                        .client = client,
                        .first = first,
                        .last = period_shift(GRANULARITY_MONTH, first, 1) - 1,
                        .parts = memory_zeroed(count, sizeof *m->parts),
                        .cells = memory_zeroed(count, sizeof *m->cells),
                        .children = memory_zeroed(count, sizeof *m->children)};
    order_reading_init(&m->reading);
    for (size_t i = 0; i < count && ok; i++) {
        const struct rollup *rollup = rollup_of(b, i);
        ok = order_part_init(&m->parts[i], &m->reading, rollup, err);
        cells_init(&m->cells[i], m->parts[i].dictionaries, rollup->dimension_count, rollup->measure_count);
        if (rollup->parent)
            link_parent(rollup, rollup->parent, &m->children[i]);
        else
            m->whole_month |= rollup->grain != ROLLUP_DAY;
    }
    return ok;
}

static void month_release(struct month *m)
{
    for (size_t i = 0; i < m->building->build->count; i++) {
        cells_release(&m->cells[i]);
        order_part_release(&m->parts[i]);
        free((size_t *)(uintptr_t)m->children[i].dimensions);
        free((size_t *)(uintptr_t)m->children[i].measures);
    }
    free(m->parts);
    free(m->cells);
    free(m->children);
    order_reading_release(&m->reading);
}

/* Adds an order to what is summed from orders. */
static void add_order(struct month *m)
{
    const struct building *b = m->building;
    bool touched = !b->build->days || touched_has(b->build->days, m->reading.day);
    for (size_t i = 0; i < b->build->count; i++)
        if (!rollup_of(b, i)->parent && (touched || !is_by_day(b, i)))
            order_add(&m->reading, &m->parts[i], &m->cells[i],
                      cells_period(is_by_day(b, i) ? m->reading.day : m->first));
}

/* The orders that count as sales of some days, which stand one behind the other. */
static mongoc_cursor_t *find_orders(const struct month *m, int64_t first, int64_t last)
{
    mongoc_collection_t *orders =
        mongoc_client_get_collection(m->client, db_name(m->building->build->db), schema_kinds[KIND_ORDER].collection);
    bson_t *filter = BCON_NEW("day", "{", "$gte", BCON_DATE_TIME(day_to_ms(first)), "$lte",
                              BCON_DATE_TIME(day_to_ms(last)), "}", "counted", BCON_BOOL(true));
    bson_t options = BSON_INITIALIZER, fields;
    mongoc_cursor_t *cursor;
    BSON_APPEND_DOCUMENT_BEGIN(&options, "projection", &fields);
    order_reading_projection(&m->reading, &fields);
    bson_append_document_end(&options, &fields);
    BSON_APPEND_INT32(&options, "batchSize", BATCH);
    cursor = mongoc_collection_find_with_opts(orders, filter, &options, NULL);
    bson_destroy(&options);
    bson_destroy(filter);
    mongoc_collection_destroy(orders);
    return cursor;
}

static bool read_orders(struct month *m, int64_t first, int64_t last, size_t *count, struct error *err)
{
    mongoc_cursor_t *cursor = find_orders(m, first, last);
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    *count = 0;
    for (; mongoc_cursor_next(cursor, &doc); ++*count)
        if (order_read(&m->reading, doc))
            add_order(m);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "reading the orders for the rollups", err);
    mongoc_cursor_destroy(cursor);
    return ok;
}

/* Writes what is in a task's cells. */
static bool write_cells(struct month *m, size_t task, struct error *err)
{
    struct rollup_task *t = &m->building->build->tasks[task];
    int64_t rows = 0;
    bool ok = m->cells[task].unfit || buckets_write(&t->buckets, m->client, &m->cells[task], &rows, err);
    pthread_mutex_lock(&m->building->lock);
    t->rows += rows;
    t->unfit |= m->cells[task].unfit;
    pthread_mutex_unlock(&m->building->lock);
    return ok;
}

/* When some days are read: they go to what is added up from them, and are written. */
static bool end_days(struct month *m, struct error *err)
{
    struct building *b = m->building;
    bool ok = true;
    for (size_t i = 0; i < b->build->count; i++)
        if (rollup_of(b, i)->parent && rollup_of(b, i)->parent->grain == ROLLUP_DAY)
            cells_add(&m->cells[i], &m->cells[parent_of(b, i)], &m->children[i], cells_period(m->first));
    for (size_t i = 0; i < b->build->count && ok; i++)
        if (is_by_day(b, i)) {
            ok = write_cells(m, i, err);
            cells_clear(&m->cells[i]);
        }
    return ok;
}

/* The next days to read, `wanted` at most: *first, and the return value is the last. */
static int64_t next_days(const struct month *m, int64_t *first, int64_t wanted)
{
    const struct touched_days *days = m->building->build->days;
    int64_t last;
    if (days && !m->whole_month)
        while (*first <= m->last && !touched_has(days, *first))
            ++*first;
    last = *first + wanted - 1 < m->last ? *first + wanted - 1 : m->last;
    for (int64_t day = *first; days && !m->whole_month && day < last; day++)
        if (!touched_has(days, day + 1))
            last = day;
    return last;
}

/* Days are read so many at once that their orders are neither few nor too many for the memory. */
static bool read_days(struct month *m, struct error *err)
{
    int64_t wanted = 1, first = m->first, last;
    bool ok = true;
    for (; ok && !stop_asked(err); first = last + 1) {
        size_t orders;
        last = next_days(m, &first, wanted);
        if (first > m->last)
            return true;
        ok = read_orders(m, first, last, &orders, err) && end_days(m, err);
        if (orders < ORDERS_AT_ONCE / 2 && wanted < MONTH_DAYS)
            wanted *= 2;
        else if (orders > ORDERS_AT_ONCE && wanted > 1)
            wanted /= 2;
    }
    return false;
}

/* What is added up from days takes those that were not touched as they are. */
static bool add_other_days(struct month *m, struct error *err)
{
    struct building *b = m->building;
    struct bucket_days days = {m->first, m->last, b->build->days};
    bool ok = true;
    for (size_t i = 0; i < b->build->count && ok && b->build->days; i++)
        if (rollup_of(b, i)->grain == ROLLUP_MONTH && rollup_of(b, i)->parent)
            ok = buckets_add_up(&b->build->tasks[parent_of(b, i)].buckets, m->client, &days, rollup_of(b, i),
                                &m->cells[i], cells_period(m->first), err);
    return ok;
}

/* Of touched days, the sums over all days are made from what is written, in the end. */
static void add_to_whole(struct month *m)
{
    struct building *b = m->building;
    for (size_t i = 0; i < b->build->count && !b->build->days; i++) {
        const struct rollup *rollup = rollup_of(b, i);
        size_t all_dimensions[rollup->dimension_count + 1], all_measures[rollup->measure_count + 1];
        const struct cells_part same = {all_dimensions, all_measures};
        if (rollup->grain != ROLLUP_ALL)
            continue;
        for (size_t d = 0; d < rollup->dimension_count; d++)
            all_dimensions[d] = d;
        for (size_t n = 0; n < rollup->measure_count; n++)
            all_measures[n] = n;
        if (rollup->parent && rollup->parent->grain == ROLLUP_MONTH)
            cells_add(&m->cells[i], &m->cells[parent_of(b, i)], &m->children[i], 0);
        pthread_mutex_lock(&b->lock);
        cells_add(&b->whole[i].cells, &m->cells[i], &same, 0);
        pthread_mutex_unlock(&b->lock);
    }
}

static bool end_month(struct month *m, struct error *err)
{
    const struct building *b = m->building;
    bool ok = add_other_days(m, err);
    for (size_t i = 0; i < b->build->count && ok; i++)
        if (rollup_of(b, i)->grain == ROLLUP_MONTH)
            ok = write_cells(m, i, err);
    if (ok)
        add_to_whole(m);
    return ok;
}

static bool build_month(void *context, mongoc_client_t *client, size_t number, struct error *err)
{
    struct building *b = context;
    struct month month;
    bool ok = month_init(&month, b, client, b->months[number], err) && read_days(&month, err) && end_month(&month, err);
    month_release(&month);
    pthread_mutex_lock(&b->lock);
    progress_tell(b->build->progress, "building rollups", ++b->done, b->month_count);
    pthread_mutex_unlock(&b->lock);
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

static bool prepare(struct building *b, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < b->build->count && ok; i++) {
        struct rollup_task *t = &b->build->tasks[i];
        t->rows = t->old_rows = 0;
        t->unfit = false;
        ok = buckets_create(&t->buckets, b->build->client, err) &&
             (!b->build->days || buckets_undo(&t->buckets, b->build->client, err));
    }
    for (size_t i = 0; b->build->days && i < b->build->days->count; i++)
        add_month(b, b->build->days->days[i]);
    return ok && (b->build->days || list_months(b, err));
}

bool rollup_build(struct rollup_build *build, struct error *err)
{
    struct building b = {.build = build};
    bool ok;
    if (build->count == 0)
        return true;
    pthread_mutex_init(&b.lock, NULL);
    whole_init(&b);
    ok = prepare(&b, err) && side_by_side(build->db, build->client, b.month_count, build_month, &b, err) &&
         finish(&b, err);
    whole_release(&b);
    free(b.months);
    pthread_mutex_destroy(&b.lock);
    return ok;
}

#include "loader/first_order.h"
#include "core/day.h"
#include "loader/retry.h"

#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS_AT_ONCE = 500, IDS_AT_ONCE = 1000 };

void first_orders_release(struct first_orders *firsts)
{
    arena_release(&firsts->arena);
    free(firsts->list);
    memset(firsts, 0, sizeof *firsts);
}

static struct first_order *entry(struct first_orders *firsts, int64_t customer)
{
    size_t wanted = (size_t)customer + 1;
    if (wanted > firsts->count) {
        firsts->list = memory_grow(firsts->list, &firsts->room, wanted, sizeof *firsts->list);
        memset(firsts->list + firsts->count, 0, (wanted - firsts->count) * sizeof *firsts->list);
        firsts->count = wanted;
    }
    return &firsts->list[customer];
}

static bool is_smaller(struct text a, struct text b)
{
    int order = memcmp(a.bytes, b.bytes, a.n < b.n ? a.n : b.n);
    return order ? order < 0 : a.n < b.n;
}

static bool is_earlier(int64_t ordered_ms, struct text id, const struct first_order *than)
{
    return !than->id.bytes || ordered_ms < than->ordered_ms ||
           (ordered_ms == than->ordered_ms && is_smaller(id, than->id));
}

void first_orders_note(struct first_orders *firsts, int64_t customer, int64_t ordered_ms, struct text id)
{
    struct first_order *first = entry(firsts, customer);
    if (!is_earlier(ordered_ms, id, first))
        return;
    first->ordered_ms = ordered_ms;
    first->id = arena_copy(&firsts->arena, id);
}

bool first_orders_is(const struct first_orders *firsts, int64_t customer, struct text id)
{
    return (size_t)customer < firsts->count && text_equal(firsts->list[customer].id, id);
}

void first_orders_doubt(struct first_orders *firsts, int64_t customer)
{
    entry(firsts, customer)->in_doubt = true;
}

/* Orders of some customers, as the database has them. */
struct seen {
    struct dimension firsts;    /* the customers, to find their numbers below */
    struct first_order *list;   /* the earliest order of each */
    struct arena arena;         /* for keys */
    struct text *set, *cleared; /* ids of orders whose first_order is to become true, or false */
    size_t set_count, set_room, cleared_count, cleared_room;
    struct touched_days *touched;
};

/* One order of the answer. */
struct row {
    struct text id, customer;
    int64_t ordered_ms, day;
    bool counted, is_return, is_first;
};

static bool read_row(const bson_t *doc, struct row *row)
{
    bson_iter_t it;
    uint32_t n;
    memset(row, 0, sizeof *row);
    if (!bson_iter_init(&it, doc))
        return false;
    while (bson_iter_next(&it)) {
        const char *key = bson_iter_key(&it);
        if (strcmp(key, "_id") == 0 && BSON_ITER_HOLDS_UTF8(&it)) {
            row->id.bytes = bson_iter_utf8(&it, &n);
            row->id.n = n;
        } else if (strcmp(key, "customer_id") == 0 && BSON_ITER_HOLDS_UTF8(&it)) {
            row->customer.bytes = bson_iter_utf8(&it, &n);
            row->customer.n = n;
        } else if (strcmp(key, "ordered_at") == 0 && BSON_ITER_HOLDS_DATE_TIME(&it)) {
            row->ordered_ms = bson_iter_date_time(&it);
        } else if (strcmp(key, "day") == 0 && BSON_ITER_HOLDS_DATE_TIME(&it)) {
            row->day = day_from_ms(bson_iter_date_time(&it));
        } else if (strcmp(key, "counted") == 0) {
            row->counted = bson_iter_as_bool(&it);
        } else if (strcmp(key, "units") == 0) {
            row->is_return = bson_iter_as_int64(&it) < 0;
        } else if (strcmp(key, "first_order") == 0) {
            row->is_first = bson_iter_as_bool(&it);
        }
    }
    return row->id.bytes && row->customer.bytes;
}

/* Calls back for every order of the customers. */
static bool each_order(const struct store *store, const bson_t *filter,
                       void (*visit)(struct seen *seen, const struct row *row), struct seen *seen, struct error *err)
{
    mongoc_collection_t *orders = store_get(store, store->client, KIND_ORDER);
    /* Small rows: a thousand at once, where a server's own first batch has a hundred. */
    bson_t *options = BCON_NEW("projection", "{", "customer_id", BCON_INT32(1), "ordered_at", BCON_INT32(1), "day",
                               BCON_INT32(1), "counted", BCON_INT32(1), "units", BCON_INT32(1), "first_order",
                               BCON_INT32(1), "}", "batchSize", BCON_INT32(IDS_AT_ONCE));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(orders, filter, options, NULL);
    const bson_t *doc;
    struct row row;
    bson_error_t why;
    bool ok;
    while (mongoc_cursor_next(cursor, &doc))
        if (read_row(doc, &row))
            visit(seen, &row);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "looking for the first orders of customers", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(orders);
    return ok;
}

static void find_first(struct seen *seen, const struct row *row)
{
    int64_t at = dimension_find(&seen->firsts, row->customer);
    if (!row->counted || row->is_return || at == DIMENSION_NONE ||
        !is_earlier(row->ordered_ms, row->id, &seen->list[at]))
        return;
    seen->list[at].ordered_ms = row->ordered_ms;
    seen->list[at].id = arena_copy(&seen->arena, row->id);
}

static void compare(struct seen *seen, const struct row *row)
{
    int64_t at = dimension_find(&seen->firsts, row->customer);
    bool should = at != DIMENSION_NONE && text_equal(seen->list[at].id, row->id);
    if (should != row->is_first)
        touched_add(seen->touched, row->day);
    if (should && !row->is_first) {
        seen->set = memory_grow(seen->set, &seen->set_room, seen->set_count + 1, sizeof *seen->set);
        seen->set[seen->set_count++] = arena_copy(&seen->arena, row->id);
    } else if (!should && row->is_first) {
        seen->cleared = memory_grow(seen->cleared, &seen->cleared_room, seen->cleared_count + 1, sizeof *seen->cleared);
        seen->cleared[seen->cleared_count++] = arena_copy(&seen->arena, row->id);
    }
}

/* {$set: {first_order: value}} on these orders. */
static bool mark(const struct store *store, const struct text *ids, size_t count, bool value, struct error *err)
{
    mongoc_collection_t *orders = store_get(store, store->client, KIND_ORDER);
    bson_t *update = BCON_NEW("$set", "{", "first_order", BCON_BOOL(value), "}");
    bson_error_t why;
    bool ok = true;
    for (size_t from = 0; from < count && ok; from += IDS_AT_ONCE) {
        bson_t filter = BSON_INITIALIZER;
        store_filter(&filter, "_id", ids + from, count - from < IDS_AT_ONCE ? count - from : IDS_AT_ONCE);
        ok = mongoc_collection_update_many(orders, &filter, update, NULL, NULL, &why);
        bson_destroy(&filter);
    }
    if (!ok)
        db_error(&why, "marking the first orders of customers", err);
    bson_destroy(update);
    mongoc_collection_destroy(orders);
    return ok;
}

/* Some customers from beginning to end; may be repeated. */
static bool settle_once(const struct store *store, const struct text *customers, size_t count,
                        struct touched_days *touched, struct error *err)
{
    struct seen seen;
    bson_t filter = BSON_INITIALIZER;
    bool ok;
    store_filter(&filter, "customer_id", customers, count);
    memset(&seen, 0, sizeof seen);
    seen.touched = touched;
    dimension_init(&seen.firsts, KIND_CUSTOMER);
    seen.list = memory_zeroed(count, sizeof *seen.list);
    for (size_t i = 0; i < count; i++) {
        struct value values[FIELDS_MOST];
        memset(values, 0, sizeof values);
        values[0] = value_text(customers[i]);
        dimension_add(&seen.firsts, values, 0, false);
    }
    ok = each_order(store, &filter, find_first, &seen, err) && each_order(store, &filter, compare, &seen, err) &&
         mark(store, seen.cleared, seen.cleared_count, false, err) && mark(store, seen.set, seen.set_count, true, err);
    bson_destroy(&filter);
    dimension_release(&seen.firsts);
    arena_release(&seen.arena);
    free(seen.list);
    free(seen.set);
    free(seen.cleared);
    return ok;
}

static bool settle(const struct store *store, const struct text *customers, size_t count, struct touched_days *touched,
                   struct error *err)
{
    struct retry retry = retry_for(store->retry_seconds);
    bool ok;
    do
        ok = settle_once(store, customers, count, touched, err);
    while (!ok && retry_again(&retry, err));
    return ok;
}

bool first_orders_settle(const struct first_orders *firsts, const struct dimension *customers,
                         const struct store *store, struct touched_days *touched, struct error *err)
{
    struct text keys[CUSTOMERS_AT_ONCE];
    size_t n = 0;
    for (size_t i = 0; i < firsts->count; i++) {
        struct value values[FIELDS_MOST];
        if (!firsts->list[i].in_doubt)
            continue;
        dimension_values(customers, (int64_t)i, values);
        keys[n++] = values[0].text;
        if (n == CUSTOMERS_AT_ONCE) {
            if (!settle(store, keys, n, touched, err))
                return false;
            n = 0;
        }
    }
    return n == 0 || settle(store, keys, n, touched, err);
}

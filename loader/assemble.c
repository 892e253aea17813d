#include "loader/assemble.h"
#include "core/day.h"
#include "loader/compute.h"
#include "loader/content_hash.h"
#include "loader/document.h"
#include "loader/stop.h"

#include <stdlib.h>
#include <string.h>

/* A record that belongs to an order, in a list in the order of arrival. */
struct member {
    struct partition_record record;
    size_t next; /* number + 1, or 0 */
};

/* An order of the partition, and the records that belong to it. */
struct entry {
    struct partition_record record;
    struct text key;
    int64_t ordered; /* to sort by */
    size_t arrival;
    size_t first, last; /* members, number + 1, or 0 */
};

/* A partition while it is worked on. */
struct work {
    struct assembly *assembly;
    char *bytes;
    size_t n;
    struct entry *entries;
    size_t entry_count, entry_room;
    struct member *members;
    size_t member_count, member_room;
    uint32_t *slots; /* number of the entry + 1, or 0 */
    size_t slot_count;
    struct order order; /* reused from order to order */
};

static struct text order_key(const struct partition_record *record)
{
    struct value values[FIELDS_MOST];
    size_t field = (size_t)schema_order_field(record->kind);
    values_unpack(record->packed, values, field + 1);
    return values[field].text;
}

static uint32_t *find_slot(const struct work *w, struct text key)
{
    size_t slot = content_hash(key.bytes, key.n) & (w->slot_count - 1);
    while (w->slots[slot] && !text_equal(w->entries[w->slots[slot] - 1].key, key))
        slot = (slot + 1) & (w->slot_count - 1);
    return &w->slots[slot];
}

static bool reject(struct work *w, const struct partition_record *record, enum reason reason, const char *column,
                   struct text value, const char *detail, struct error *err)
{
    struct fault fault;
    struct assembly *a = w->assembly;
    fault_set(&fault, reason, value, "%s", detail);
    fault.column = column;
    return rejects_add(a->rejects, record->file, record->line, record->offset, &fault, err) &&
           !rejects_too_many(a->rejects, a->rows_read, true, err);
}

/* The name of the column that an input gives a record's field. */
static const char *column_of(const struct work *w, const struct partition_record *record, int field)
{
    const struct input *input = &w->assembly->rejects->files->inputs[record->file];
    for (size_t i = 0; i < input->file->record_count; i++) {
        const struct profile_record *from = &input->file->records[i];
        int column =
            from->kind == record->kind && from->fields[field] ? expression_first_column(from->fields[field]) : -1;
        if (column >= 0 && input->columns[column] >= 0)
            return input->header[input->columns[column]].bytes;
    }
    return NULL;
}

static void count_unchanged(struct work *w, const struct partition_record *record)
{
    atomic_fetch_add(&w->assembly->rejects->files->inputs[record->file].tally.unchanged, 1);
}

static void add_member(struct work *w, struct entry *entry, const struct partition_record *record)
{
    w->members = memory_grow(w->members, &w->member_room, w->member_count + 1, sizeof *w->members);
    w->members[w->member_count++] = (struct member){*record, 0};
    if (entry->last)
        w->members[entry->last - 1].next = w->member_count;
    else
        entry->first = w->member_count;
    entry->last = w->member_count;
}

/* An order whose key is there already: said again, or said otherwise. */
static bool repeat_order(struct work *w, struct entry *entry, const struct partition_record *record, struct error *err)
{
    struct value first[ORDER_FIELDS], later[ORDER_FIELDS];
    bool same = true;
    values_unpack(entry->record.packed, first, ORDER_FIELDS);
    values_unpack(record->packed, later, ORDER_FIELDS);
    for (int i = 0; i < ORDER_FIELDS; i++)
        same = same && value_equal(&first[i], &later[i]);
    if (!same && !record->first_wins)
        return reject(w, record, REASON_DUPLICATE_KEY, column_of(w, record, ORDER_ID), entry->key,
                      "this order was there before, with other values", err);
    if (!same)
        cleaning_compare(w->assembly->cleaning, KIND_ORDER, first, later);
    if (record->counted)
        count_unchanged(w, record);
    return true;
}

static bool add_order(struct work *w, const struct partition_record *record, struct error *err)
{
    struct value values[ORDER_FIELDS];
    uint32_t *slot;
    values_unpack(record->packed, values, ORDER_FIELDS);
    slot = find_slot(w, values[ORDER_ID].text);
    if (*slot)
        return repeat_order(w, &w->entries[*slot - 1], record, err);
    w->entries = memory_grow(w->entries, &w->entry_room, w->entry_count + 1, sizeof *w->entries);
    w->entries[w->entry_count] = (struct entry){.record = *record,
                                                .key = values[ORDER_ID].text,
                                                .ordered = values[ORDER_ORDERED].integer,
                                                .arrival = w->entry_count};
    *slot = (uint32_t)++w->entry_count;
    return true;
}

/* A table with room for all orders of the partition. */
static void make_slots(struct work *w)
{
    const char *at = w->bytes, *end = w->bytes + w->n;
    struct partition_record record;
    size_t orders = 0;
    while (partition_next(&at, end, &record))
        orders += record.kind == KIND_ORDER;
    w->slot_count = 64;
    while (w->slot_count < 2 * orders)
        w->slot_count *= 2;
    w->slots = memory_zeroed(w->slot_count, sizeof *w->slots);
}

/* First the orders, then what belongs to them, which may have come before. */
static bool join(struct work *w, struct error *err)
{
    const char *at = w->bytes, *end = w->bytes + w->n;
    struct partition_record record;
    make_slots(w);
    while (partition_next(&at, end, &record))
        if (record.kind == KIND_ORDER && !add_order(w, &record, err))
            return false;
    for (at = w->bytes; partition_next(&at, end, &record);) {
        struct text key;
        uint32_t *slot;
        if (record.kind == KIND_ORDER)
            continue;
        key = order_key(&record);
        slot = find_slot(w, key);
        if (*slot)
            add_member(w, &w->entries[*slot - 1], &record);
        else if (!reject(w, &record, REASON_UNKNOWN_REFERENCE, column_of(w, &record, schema_order_field(record.kind)),
                         key, "there is no such order, or it was rejected", err))
            return false;
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->ordered != y->ordered)
        return x->ordered < y->ordered ? -1 : 1;
    return x->arrival < y->arrival ? -1 : 1;
}

/* Adds a line to the item of the same product and seller, or makes it an item. */
static bool merge_item(struct work *w, const struct partition_record *record, struct error *err)
{
    struct order *order = &w->order;
    struct value line[ITEM_FIELDS];
    static const int summed[] = {ITEM_QUANTITY, ITEM_GROSS,  ITEM_DISCOUNT, ITEM_SALES,
                                 ITEM_COST,     ITEM_PROFIT, ITEM_FREIGHT};
    values_unpack(record->packed, line, ITEM_FIELDS);
    for (size_t i = 0; i < order->item_count; i++) {
        struct value *item = order->items[i].values;
        bool ok = true;
        if (!value_equal(&item[ITEM_PRODUCT], &line[ITEM_PRODUCT]) ||
            !value_equal(&item[ITEM_SELLER], &line[ITEM_SELLER]))
            continue;
        for (size_t k = 0; k < sizeof summed / sizeof summed[0]; k++)
            ok = compute_add(&item[summed[k]], &line[summed[k]]) && ok;
        w->assembly->cleaning->merged++;
        if (!ok)
            error_set(err, ERROR_INVALID, "the lines of order %.*s cannot be summed: too large",
                      (int)line[ITEM_ORDER].text.n, line[ITEM_ORDER].text.bytes);
        return ok;
    }
    order->items = memory_grow(order->items, &order->item_room, order->item_count + 1, sizeof *order->items);
    memcpy(order->items[order->item_count++].values, line, sizeof line);
    return true;
}

/* A payment, unless one of the same sequence is there. *unchanged: it says the same again. */
static bool add_payment(struct work *w, const struct partition_record *record, bool *unchanged, bool *rejected,
                        struct error *err)
{
    struct order *order = &w->order;
    struct value payment[PAYMENT_FIELDS];
    values_unpack(record->packed, payment, PAYMENT_FIELDS);
    for (size_t i = 0; i < order->payment_count && payment[PAYMENT_SEQUENCE].type != VALUE_NULL; i++) {
        struct value *other = order->payments[i];
        if (!value_equal(&other[PAYMENT_SEQUENCE], &payment[PAYMENT_SEQUENCE]))
            continue;
        *unchanged = true;
        for (int k = 0; k < PAYMENT_FIELDS; k++)
            *unchanged = *unchanged && value_equal(&other[k], &payment[k]);
        if (*unchanged || record->first_wins) {
            if (!*unchanged)
                cleaning_compare(w->assembly->cleaning, KIND_PAYMENT, other, payment);
            *unchanged = true;
            return true;
        }
        *rejected = true;
        return reject(w, record, REASON_DUPLICATE_KEY, column_of(w, record, PAYMENT_SEQUENCE),
                      payment[PAYMENT_ORDER].text, "this payment of the order was there before, with other values",
                      err);
    }
    order->payments =
        memory_grow(order->payments, &order->payment_room, order->payment_count + 1, sizeof *order->payments);
    memcpy(order->payments[order->payment_count++], payment, sizeof payment);
    return true;
}

/* The reviews of an order that were seen, to tell repeated ones. */
struct reviews {
    struct value (*list)[REVIEW_FIELDS];
    size_t count, room;
};

static bool add_review(struct work *w, struct reviews *reviews, const struct partition_record *record, bool *unchanged,
                       bool *rejected, struct error *err)
{
    struct value review[REVIEW_FIELDS];
    values_unpack(record->packed, review, REVIEW_FIELDS);
    for (size_t i = 0; i < reviews->count; i++) {
        struct value *other = reviews->list[i];
        if (!value_equal(&other[REVIEW_ID], &review[REVIEW_ID]))
            continue;
        *unchanged = value_equal(&other[REVIEW_SCORE], &review[REVIEW_SCORE]) &&
                     value_equal(&other[REVIEW_CREATED], &review[REVIEW_CREATED]);
        if (*unchanged || record->first_wins) {
            if (!*unchanged)
                cleaning_compare(w->assembly->cleaning, KIND_REVIEW, other, review);
            *unchanged = true;
            return true;
        }
        *rejected = true;
        return reject(w, record, REASON_DUPLICATE_KEY, column_of(w, record, REVIEW_ID), review[REVIEW_ID].text,
                      "this review of the order was there before, with other values", err);
    }
    reviews->list = memory_grow(reviews->list, &reviews->room, reviews->count + 1, sizeof *reviews->list);
    memcpy(reviews->list[reviews->count++], review, sizeof review);
    return true;
}

/* The score of the latest review; of several at one time the last in the file. */
static void latest_score(const struct reviews *reviews, struct value *score)
{
    int64_t latest = INT64_MIN;
    *score = value_null();
    for (size_t i = 0; i < reviews->count; i++) {
        const struct value *created = &reviews->list[i][REVIEW_CREATED];
        int64_t at = created->type == VALUE_NULL ? INT64_MIN : created->integer;
        if (at >= latest) {
            latest = at;
            *score = reviews->list[i][REVIEW_SCORE];
        }
    }
}

/* Takes the order's members in. Each row is counted: with the document, as unchanged, or as rejected. */
static bool add_members(struct work *w, const struct entry *entry, struct error *err)
{
    struct reviews reviews = {0};
    bool ok = true;
    for (size_t number = entry->first; number && ok; number = w->members[number - 1].next) {
        const struct partition_record *record = &w->members[number - 1].record;
        bool unchanged = false, rejected = false;
        if (record->kind == KIND_ITEM)
            ok = merge_item(w, record, err);
        else if (record->kind == KIND_PAYMENT)
            ok = add_payment(w, record, &unchanged, &rejected, err);
        else
            ok = add_review(w, &reviews, record, &unchanged, &rejected, err);
        if (!record->counted || rejected)
            continue;
        if (unchanged)
            count_unchanged(w, record);
        else
            writer_count(w->assembly->writer, record->file, 1);
    }
    latest_score(&reviews, &w->order.review_score);
    free(reviews.list);
    return ok;
}

static bool add_up(struct order *order, struct error *err)
{
    struct order_totals *t = &order->totals;
    struct value zero = value_number(decimal_from_int(0));
    bool ok = true;
    *t = (struct order_totals){zero, zero, value_null(), zero, zero, value_integer(0)};
    for (size_t i = 0; i < order->item_count; i++) {
        const struct value *item = order->items[i].values;
        ok = compute_add(&t->gross, &item[ITEM_GROSS]) && compute_add(&t->sales, &item[ITEM_SALES]) &&
             compute_add(&t->profit, &item[ITEM_PROFIT]) && compute_add(&t->discount, &item[ITEM_DISCOUNT]) &&
             compute_add(&t->freight, &item[ITEM_FREIGHT]) && compute_add(&t->units, &item[ITEM_QUANTITY]) && ok;
    }
    if (!ok)
        error_set(err, ERROR_INVALID, "the items of order %.*s cannot be summed: too large",
                  (int)order->values[ORDER_ID].text.n, order->values[ORDER_ID].text.bytes);
    return ok;
}

static void note_facts(struct facts *facts, const struct order *order)
{
    int64_t day = day_from_ms(order->values[ORDER_ORDERED].integer);
    if (facts->orders == 0 || day < facts->first_day)
        facts->first_day = day;
    if (facts->orders == 0 || day > facts->last_day)
        facts->last_day = day;
    facts->orders++;
    facts->has[FEATURE_HOUR] |= order->values[ORDER_ORDERED].type == VALUE_TIME;
    facts->has[FEATURE_DELIVERY] |= order->values[ORDER_DELIVERED].type != VALUE_NULL;
    facts->has[FEATURE_PAYMENTS] |= order->payment_count > 0;
    facts->has[FEATURE_REVIEWS] |= order->review_score.type != VALUE_NULL;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct value *item = order->items[i].values;
        facts->has[FEATURE_COST] |= item[ITEM_COST].type != VALUE_NULL;
        facts->has[FEATURE_SELLERS] |= item[ITEM_SELLER].type != VALUE_NULL;
        facts->has[FEATURE_DISCOUNT] |= decimal_sign(item[ITEM_DISCOUNT].number) != 0;
    }
}

/* Where an order goes that does not say: to its customer. */
static void default_location(const struct dimension *dimensions, struct value *values)
{
    struct value customer[CUSTOMER_FIELDS];
    if (values[ORDER_LOCATION].type != VALUE_NULL || values[ORDER_CUSTOMER].type == VALUE_NULL)
        return;
    dimension_values(&dimensions[KIND_CUSTOMER], values[ORDER_CUSTOMER].integer, customer);
    values[ORDER_LOCATION] = customer[CUSTOMER_LOCATION];
}

static bool write_order(struct work *w, const struct entry *entry, struct error *err)
{
    struct assembly *a = w->assembly;
    struct order *order = &w->order;
    bson_t *doc = writer_begin(a->writer, KIND_ORDER);
    order->item_count = order->payment_count = 0;
    values_unpack(entry->record.packed, order->values, ORDER_FIELDS);
    if (entry->record.counted)
        writer_count(a->writer, entry->record.file, 1);
    default_location(a->dimensions, order->values);
    if (!add_members(w, entry, err) || !add_up(order, err))
        return false;
    note_facts(&a->facts, order);
    document_order(doc, a->dimensions, order);
    return writer_end(a->writer, err);
}

static bool write_orders(struct work *w, uint64_t number, struct error *err)
{
    struct assembly *a = w->assembly;
    /* Orders of one day lie together in the collection then, which makes ranges of days cheap to read. */
    if (w->entry_count)
        qsort(w->entries, w->entry_count, sizeof *w->entries, by_time);
    for (size_t i = 0; i < w->entry_count; i++) {
        if (!write_order(w, &w->entries[i], err) || stop_asked(err))
            return false;
        progress_step(a->progress, "writing orders", number * w->entry_count + i,
                      partitions_count(a->partitions) * w->entry_count);
    }
    return true;
}

static void release(struct work *w)
{
    free(w->bytes);
    free(w->entries);
    free(w->members);
    free(w->slots);
    free(w->order.items);
    free(w->order.payments);
}

bool assemble(struct assembly *a, struct error *err)
{
    for (size_t i = 0; i < partitions_count(a->partitions); i++) {
        struct work w = {.assembly = a};
        bool ok = partitions_take(a->partitions, i, &w.bytes, &w.n, err) && join(&w, err) && write_orders(&w, i, err);
        release(&w);
        if (!ok)
            return false;
    }
    return true;
}

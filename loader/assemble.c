#include "loader/assemble.h"
#include "core/day.h"
#include "loader/content_hash.h"
#include "loader/document.h"
#include "loader/stop.h"

#include <stdio.h>
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

/* A part that says what was there before: the same, or something else. */
static bool repeat_part(struct work *w, const struct partition_record *record, enum order_result result,
                        const struct value *first, const struct value *later, struct error *err)
{
    static const int keys[KIND_COUNT] = {[KIND_PAYMENT] = PAYMENT_SEQUENCE, [KIND_REVIEW] = REVIEW_ID};
    int key = keys[record->kind];
    char detail[80];
    if (result == ORDER_DIFFERS && !record->first_wins) {
        snprintf(detail, sizeof detail, "this %s of the order was there before, with other values",
                 schema_kinds[record->kind].name);
        return reject(w, record, REASON_DUPLICATE_KEY, column_of(w, record, key),
                      later[key].type == VALUE_TEXT ? later[key].text : later[schema_order_field(record->kind)].text,
                      detail, err);
    }
    if (result == ORDER_DIFFERS)
        cleaning_compare(w->assembly->cleaning, record->kind, first, later);
    if (record->counted)
        count_unchanged(w, record);
    return true;
}

/* Takes a member into the order. Its row is counted: with the document, as unchanged, or as rejected. */
static bool add_part(struct work *w, const struct partition_record *record, struct error *err)
{
    struct value values[FIELDS_MOST];
    const struct value *first = NULL;
    enum order_result result;
    values_unpack(record->packed, values, schema_kinds[record->kind].field_count);
    if (record->kind == KIND_ITEM)
        result = order_add_item(&w->order, values, w->assembly->cleaning);
    else if (record->kind == KIND_PAYMENT)
        result = order_add_payment(&w->order, values, &first);
    else
        result = order_add_review(&w->order, values, &first);
    if (result == ORDER_SAME || result == ORDER_DIFFERS)
        return repeat_part(w, record, result, first, values, err);
    if (record->counted)
        writer_count(w->assembly->writer, record->file, 1);
    if (result == ORDER_OVERFLOW)
        error_set(err, ERROR_INVALID, "the lines of order %.*s cannot be summed: too large",
                  (int)values[ITEM_ORDER].text.n, values[ITEM_ORDER].text.bytes);
    return result == ORDER_ADDED;
}

static bool add_parts(struct work *w, const struct entry *entry, struct error *err)
{
    for (size_t number = entry->first; number; number = w->members[number - 1].next)
        if (!add_part(w, &w->members[number - 1].record, err))
            return false;
    if (!order_add_up(&w->order)) {
        error_set(err, ERROR_INVALID, "the items of order %.*s cannot be summed: too large", (int)entry->key.n,
                  entry->key.bytes);
        return false;
    }
    return true;
}

static void note_facts(struct facts *facts, const struct order *order)
{
    int64_t day = day_from_ms(order_wall_time(order));
    if (facts->orders == 0 || day < facts->first_day)
        facts->first_day = day;
    if (facts->orders == 0 || day > facts->last_day)
        facts->last_day = day;
    facts->orders++;
    facts->has[FEATURE_HOUR] |= order->values[ORDER_ORDERED].type == VALUE_TIME;
    facts->has[FEATURE_DELIVERY] |= order->values[ORDER_DELIVERED].type != VALUE_NULL;
    facts->has[FEATURE_PAYMENTS] |= order->payment_count > 0;
    facts->has[FEATURE_REVIEWS] |= order->review_count > 0;
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
    order_clear(order);
    values_unpack(entry->record.packed, order->values, ORDER_FIELDS);
    if (entry->record.counted)
        writer_count(a->writer, entry->record.file, 1);
    default_location(a->dimensions, order->values);
    if (!add_parts(w, entry, err))
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
    order_release(&w->order);
}

bool assemble(struct assembly *a, struct error *err)
{
    for (size_t i = 0; i < partitions_count(a->partitions); i++) {
        struct work w = {.assembly = a, .order.zone = a->zone};
        bool ok = partitions_take(a->partitions, i, &w.bytes, &w.n, err) && join(&w, err) && write_orders(&w, i, err);
        release(&w);
        if (!ok)
            return false;
    }
    return true;
}

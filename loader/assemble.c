#include "loader/assemble.h"
#include "loader/content_hash.h"
#include "loader/merge.h"
#include "loader/retry.h"
#include "loader/stop.h"
#include "loader/stored_order.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 500 /* orders that are looked up at once */ };

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
    struct merge merge;
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

static struct entry *add_entry(struct work *w, uint32_t *slot, struct text key)
{
    struct entry *entry;
    w->entries = memory_grow(w->entries, &w->entry_room, w->entry_count + 1, sizeof *w->entries);
    entry = &w->entries[w->entry_count];
    *entry = (struct entry){.key = key, .ordered = INT64_MAX, .arrival = w->entry_count};
    *slot = (uint32_t)++w->entry_count;
    return entry;
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

/* An order whose key is there already: the same file says it again; or a later one, which then counts. */
static bool repeat_order(struct work *w, struct entry *entry, const struct partition_record *record, struct error *err)
{
    struct value known[ORDER_FIELDS], later[ORDER_FIELDS];
    bool said_before = file_records_said(w->assembly->file_records, record->file, record->digest);
    values_unpack(entry->record.packed, known, ORDER_FIELDS);
    values_unpack(record->packed, later, ORDER_FIELDS);
    if (!value_equal(&known[ORDER_ORDERED], &later[ORDER_ORDERED]) ||
        !value_equal(&known[ORDER_CUSTOMER], &later[ORDER_CUSTOMER]) ||
        !value_equal(&known[ORDER_STATUS], &later[ORDER_STATUS])) {
        /* Both were noted among the customers' orders, and one of them does not count. */
        merge_doubt_customer(w->assembly, known);
        merge_doubt_customer(w->assembly, later);
    }
    if (entry->record.file == record->file)
        return merge_repeat(w->assembly, record, known, later, ORDER_ID,
                            "this order was there before, with other values", err);
    file_records_note(w->assembly->file_records, record->file, record->digest);
    if (said_before && !entry->said_before) {
        merge_count_other(w->assembly, record, FATE_UNCHANGED); /* no news, where another file has some */
        return true;
    }
    merge_count_other(w->assembly, &entry->record, FATE_UPDATE);
    entry->record = *record;
    entry->said_before = said_before;
    entry->ordered = later[ORDER_ORDERED].integer;
    return true;
}

static bool add_order(struct work *w, const struct partition_record *record, struct error *err)
{
    struct value values[ORDER_FIELDS];
    struct entry *entry;
    uint32_t *slot;
    values_unpack(record->packed, values, ORDER_FIELDS);
    slot = find_slot(w, values[ORDER_ID].text);
    if (*slot)
        return repeat_order(w, &w->entries[*slot - 1], record, err);
    entry = add_entry(w, slot, values[ORDER_ID].text);
    entry->record = *record;
    entry->has_record = true;
    entry->said_before = file_records_said(w->assembly->file_records, record->file, record->digest);
    file_records_note(w->assembly->file_records, record->file, record->digest);
    entry->ordered = values[ORDER_ORDERED].integer;
    return true;
}

static bool reject_orphan(struct work *w, const struct partition_record *record, struct text key, struct error *err)
{
    return merge_reject(w->assembly, record, REASON_UNKNOWN_REFERENCE, schema_order_field(record->kind), key,
                        "there is no such order, or it was rejected", err);
}

static bool add_part(struct work *w, const struct partition_record *record, struct error *err)
{
    struct text key = order_key(record);
    uint32_t *slot = find_slot(w, key);
    struct entry *entry;
    if (!*slot && w->assembly->store->empty[KIND_ORDER])
        return reject_orphan(w, record, key, err);
    entry = *slot ? &w->entries[*slot - 1] : add_entry(w, slot, key); /* perhaps the database knows the order */
    add_member(w, entry, record);
    return true;
}

/* A table with room for all orders that the partition may tell of. */
static void make_slots(struct work *w)
{
    const char *at = w->bytes, *end = w->bytes + w->n;
    struct partition_record record;
    size_t orders = 0;
    while (partition_next(&at, end, &record))
        orders += record.kind == KIND_ORDER || !w->assembly->store->empty[KIND_ORDER];
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
    for (at = w->bytes; partition_next(&at, end, &record);)
        if (record.kind != KIND_ORDER && !add_part(w, &record, err))
            return false;
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->ordered != y->ordered)
        return x->ordered < y->ordered ? -1 : 1;
    return x->arrival < y->arrival ? -1 : 1;
}

/* Parts of an order that neither the load nor the database knows. */
static bool reject_orphans(struct work *w, const struct entry *entry, struct error *err)
{
    for (size_t number = entry->first; number; number = w->members[number - 1].next)
        if (!reject_orphan(w, &w->members[number - 1].record, entry->key, err))
            return false;
    return true;
}

/* The documents of the block's orders, and all that they refer to. */
static bool look_up(struct work *w, const struct entry *entries, size_t count, bson_t **docs, struct error *err)
{
    struct text keys[BLOCK] = {{0}};
    memset(docs, 0, count * sizeof *docs);
    if (w->assembly->store->empty[KIND_ORDER])
        return true;
    for (size_t i = 0; i < count; i++)
        keys[i] = entries[i].key;
    if (!stored_orders(w->assembly->stored, keys, count, docs, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (docs[i])
            stored_order_want(w->assembly->stored, docs[i]);
    return stored_fetch(w->assembly->stored, err);
}

static bool write_block(struct work *w, const struct entry *entries, size_t count, struct error *err)
{
    bson_t *docs[BLOCK];
    bool ok = look_up(w, entries, count, docs, err);
    for (size_t i = 0; i < count && ok; i++) {
        if (!entries[i].has_record && !docs[i])
            ok = reject_orphans(w, &entries[i], err);
        else
            ok = merge_order(&w->merge, &entries[i], docs[i], err);
        ok = ok && !stop_asked(err);
    }
    for (size_t i = 0; i < count; i++)
        bson_destroy(docs[i]);
    return ok;
}

static bool write_orders(struct work *w, uint64_t number, struct error *err)
{
    struct assembly *a = w->assembly;
    /* Orders of one day lie together in the collection then, which makes ranges of days cheap to read. */
    if (w->entry_count)
        qsort(w->entries, w->entry_count, sizeof *w->entries, by_time);
    w->merge.members = w->members;
    for (size_t i = 0; i < w->entry_count; i += BLOCK) {
        size_t left = w->entry_count - i;
        if (!write_block(w, w->entries + i, left < BLOCK ? left : BLOCK, err))
            return false;
        progress_tell(a->progress, "writing orders", number * w->entry_count + i,
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
    merge_release(&w->merge);
}

bool assemble(struct assembly *a, struct error *err)
{
    for (size_t i = 0; i < partitions_count(a->partitions); i++) {
        struct work w = {.assembly = a};
        bool ok;
        merge_init(&w.merge, a);
        /* The dimensions are to be there before the first order, and may arrive while its partition is joined. */
        ok = partitions_take(a->partitions, i, &w.bytes, &w.n, err) && join(&w, err) &&
             (i > 0 || writer_flush(a->writer, err)) && write_orders(&w, i, err);
        release(&w);
        if (!ok)
            return false;
    }
    return true;
}

/* Writes a block of orders of which no file says anything, and forgets their keys. */
static bool rewrite(struct work *w, struct arena *keys, struct error *err)
{
    bool ok = w->entry_count == 0 || write_block(w, w->entries, w->entry_count, err);
    w->entry_count = 0;
    arena_reset(keys);
    return ok;
}

/* Writes the orders that match, where what they copy has changed. */
static bool follow_once(struct work *w, const bson_t *filter, struct error *err)
{
    const struct store *store = w->assembly->store;
    mongoc_collection_t *orders = store_get(store, store->client, KIND_ORDER);
    bson_t *options = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(orders, filter, options, NULL);
    struct arena keys = {0};
    const bson_t *doc;
    bson_iter_t it;
    bson_error_t why;
    bool ok = true;
    w->entry_count = 0;
    while (ok && mongoc_cursor_next(cursor, &doc)) {
        uint32_t slot;
        if (!bson_iter_init_find(&it, doc, "_id") || !BSON_ITER_HOLDS_UTF8(&it))
            continue;
        add_entry(w, &slot, text_of(arena_string(&keys, bson_iter_utf8(&it, NULL))));
        ok = w->entry_count < BLOCK || rewrite(w, &keys, err);
    }
    if (ok && mongoc_cursor_error(cursor, &why)) {
        db_error(&why, "looking for the orders of what has changed", err);
        ok = false;
    }
    ok = ok && rewrite(w, &keys, err);
    arena_release(&keys);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(orders);
    return ok;
}

static bool follow(struct work *w, const bson_t *filter, struct error *err)
{
    struct retry retry = retry_for(w->assembly->store->retry_seconds);
    bool ok;
    do
        ok = follow_once(w, filter, err);
    while (!ok && retry_again(&retry, err));
    return ok;
}

/* {field: {$in: […]}} of the next of the keys, which lie one NUL-ended text behind the other. */
static void filter_some(bson_t *filter, const char *field, const struct buffer *keys, size_t *at)
{
    struct text some[BLOCK];
    size_t n = 0;
    for (; n < BLOCK && *at < keys->used; *at += some[n++].n + 1)
        some[n] = text_of(keys->bytes + *at);
    store_filter(filter, field, some, n);
}

/* The orders of which the field is one of the keys. */
static bool follow_keys(struct work *w, const struct buffer *keys, const char *field, struct error *err)
{
    bool ok = true;
    for (size_t at = 0; at < keys->used && ok;) {
        bson_t filter = BSON_INITIALIZER;
        filter_some(&filter, field, keys, &at);
        ok = follow(w, &filter, err);
        bson_destroy(&filter);
    }
    return ok;
}

/* Appends the keys of the sellers that match to *keys, which after a failure is as it was. */
static bool find_sellers(const struct store *store, const bson_t *filter, struct buffer *keys, struct error *err)
{
    mongoc_collection_t *sellers = store_get(store, store->client, KIND_SELLER);
    bson_t *options = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(sellers, filter, options, NULL);
    size_t used = keys->used;
    const bson_t *doc;
    bson_iter_t it;
    bson_error_t why;
    bool ok;
    while (mongoc_cursor_next(cursor, &doc)) {
        if (!bson_iter_init_find(&it, doc, "_id") || !BSON_ITER_HOLDS_UTF8(&it))
            continue;
        buffer_text(keys, bson_iter_utf8(&it, NULL));
        buffer_char(keys, '\0');
    }
    ok = !mongoc_cursor_error(cursor, &why) && !keys->failed;
    if (keys->failed)
        error_set(err, ERROR_INTERNAL, "there is no memory for the sellers of the places that have changed");
    else if (!ok)
        db_error(&why, "looking for the sellers of what has changed", err);
    if (!ok)
        keys->used = used;
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(sellers);
    return ok;
}

/* How far an order has come depends on the places of its sellers, which it does not name. */
static bool follow_places_of_sellers(struct work *w, struct error *err)
{
    const struct store *store = w->assembly->store;
    const struct buffer *places = writer_changed(w->assembly->writer, KIND_LOCATION);
    struct buffer sellers = {0};
    bool ok = true;
    for (size_t at = 0; at < places->used && ok;) {
        struct retry retry = retry_for(store->retry_seconds);
        bson_t filter = BSON_INITIALIZER;
        filter_some(&filter, "location_id", places, &at);
        do
            ok = find_sellers(store, &filter, &sellers, err);
        while (!ok && retry_again(&retry, err));
        bson_destroy(&filter);
    }
    ok = ok && follow_keys(w, &sellers, "items.seller_id", err);
    buffer_release(&sellers);
    return ok;
}

bool assemble_copies(struct assembly *a, struct error *err)
{
    static const struct {
        enum kind kind;
        const char *field; /* of orders, by which they refer to it */
    } references[] = {{KIND_LOCATION, "location_id"},
                      {KIND_LOCATION, "warehouse_id"},
                      {KIND_CUSTOMER, "customer_id"},
                      {KIND_PRODUCT, "items.product_id"},
                      {KIND_SELLER, "items.seller_id"}};
    struct work w = {.assembly = a};
    bson_t all = BSON_INITIALIZER;
    bool ok = true;
    if (a->store->empty[KIND_ORDER])
        return true;
    merge_init(&w.merge, a);
    if (a->recheck)
        ok = follow(&w, &all, err);
    for (size_t i = 0; i < sizeof references / sizeof references[0] && ok && !a->recheck; i++)
        ok = follow_keys(&w, writer_changed(a->writer, references[i].kind), references[i].field, err);
    ok = ok && (a->recheck || follow_places_of_sellers(&w, err));
    release(&w);
    return ok;
}

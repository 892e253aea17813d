#include "loader/merge.h"
#include "loader/document.h"
#include "loader/stored_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MongoDB takes no larger document; what is appended behind the order's own fields is small. */
enum { DOCUMENT_MOST = (16 << 20) - (16 << 10) };

static void count_rows(void *context, uint16_t file, enum fate fate, uint32_t rows)
{
    const struct assembly *a = context;
    struct tally *tally = &a->files->inputs[file].tally;
    atomic_fetch_add(fate == FATE_INSERT   ? &tally->inserted
                     : fate == FATE_UPDATE ? &tally->updated
                                           : &tally->unchanged,
                     rows);
}

/* Notes what a file says of a part of an order; whether it said the same before it changed. */
static bool remember(void *context, uint16_t file, uint64_t digest)
{
    struct assembly *a = context;
    bool said = file_records_said(a->file_records, file, digest);
    file_records_note(a->file_records, file, digest);
    return said;
}

/* Whether a place is a line of the file that was rejected now. */
static bool rejects_place(void *context, uint16_t file, struct text place)
{
    const struct assembly *a = context;
    struct buffer name = {0};
    char line[24] = "";
    bool here;
    reject_file_name(&a->files->inputs[file], &name);
    here = place.n > name.used + 1 && place.n - name.used - 1 < sizeof line && place.bytes[name.used] == ':' &&
           memcmp(place.bytes, name.bytes, name.used) == 0;
    if (here)
        memcpy(line, place.bytes + name.used + 1, place.n - name.used - 1);
    buffer_release(&name);
    return here && rejects_has(a->rejects, file, strtoull(line, NULL, 10));
}

void merge_init(struct merge *merge, struct assembly *assembly)
{
    memset(merge, 0, sizeof *merge);
    merge->assembly = assembly;
    merge->order.zone = assembly->zone;
    merge->order.dimensions = assembly->dimensions;
    merge->order.counter = (struct row_counter){count_rows, assembly};
    merge->order.memory = (struct order_memory){remember, rejects_place, assembly};
}

void merge_release(struct merge *merge)
{
    order_release(&merge->order);
}

/* The name of the column that an input gives a record's field. */
static const char *column_of(const struct assembly *a, const struct partition_record *record, int field)
{
    const struct input *input = &a->files->inputs[record->file];
    for (size_t i = 0; i < input->file->record_count; i++) {
        const struct profile_record *from = &input->file->records[i];
        int column =
            from->kind == record->kind && from->fields[field] ? expression_first_column(from->fields[field]) : -1;
        if (column >= 0 && input->columns[column] >= 0)
            return input->header[input->columns[column]].bytes;
    }
    return NULL;
}

bool merge_reject(struct assembly *a, const struct partition_record *record, enum reason reason, int field,
                  struct text value, const char *detail, struct error *err)
{
    struct fault fault;
    fault_set(&fault, reason, value, "%s", detail);
    fault.column = column_of(a, record, field);
    return rejects_add(a->rejects, record->file, record->line, record->offset, &fault, err) &&
           !rejects_too_many(a->rejects, a->rows_read, true, err);
}

void merge_count_other(struct assembly *a, const struct partition_record *record, enum fate fate)
{
    if (record->counted)
        count_rows(a, record->file, fate, 1);
}

/* Whether a record contradicts what the file has said before the part that is read now. Then that part alone does not
 * tell what is right: the file has to be read as a whole. */
static bool is_appended(struct assembly *a, const struct partition_record *record, struct error *err)
{
    if (!a->files->inputs[record->file].appended)
        return false;
    a->needs_whole = true;
    error_set(err, ERROR_INVALID, "%s says again what it has said before", a->files->inputs[record->file].path);
    return true;
}

bool merge_repeat(struct assembly *a, const struct partition_record *record, const struct value *first,
                  const struct value *later, int key, const char *detail, struct error *err)
{
    bool same = values_equal(first, later, schema_kinds[record->kind].field_count);
    if (!same && !record->first_wins)
        return merge_reject(a, record, REASON_DUPLICATE_KEY, key,
                            later[key].type == VALUE_TEXT ? later[key].text
                                                          : later[schema_order_field(record->kind)].text,
                            detail, err);
    if (!same)
        cleaning_compare(a->cleaning, record->kind, first, later);
    else if (record->counted)
        a->cleaning->repeated[record->kind]++;
    if (record->counted)
        count_rows(a, record->file, FATE_UNCHANGED, 1);
    return true;
}

/* Takes a member into the order. Its row is counted there, or rejected. */
static bool add_part(struct merge *m, const struct partition_record *record, struct error *err)
{
    static const int keys[KIND_COUNT] = {
        [KIND_ITEM] = ITEM_LINE, [KIND_PAYMENT] = PAYMENT_SEQUENCE, [KIND_REVIEW] = REVIEW_ID};
    struct assembly *a = m->assembly;
    struct order_word word = {record->file, record->counted, record->digest};
    struct value values[FIELDS_MOST];
    const struct value *first = NULL;
    enum order_result result;
    char detail[80];
    values[ITEM_COSTED_SALES] = value_null();
    values_unpack(record->packed, values, schema_kinds[record->kind].field_count);
    if (record->kind == KIND_ITEM)
        result = order_add_item(&m->order, values, &word, a->cleaning, &first);
    else if (record->kind == KIND_PAYMENT)
        result = order_add_payment(&m->order, values, &word, &first);
    else
        result = order_add_review(&m->order, values, &word, &first);
    if (result == ORDER_CHANGED || (result == ORDER_AGAIN && !m->own))
        return !is_appended(a, record, err);
    if (result == ORDER_REPEATED && record->counted)
        a->cleaning->repeated[record->kind]++;
    if (result == ORDER_OVERFLOW)
        return merge_reject(a, record, REASON_BAD_NUMBER, ITEM_QUANTITY, (struct text){0},
                            "with the other lines of this product the sum is too large", err);
    if (result != ORDER_DIFFERS)
        return true;
    snprintf(detail, sizeof detail, "this %s of the order was there before, with other values",
             schema_kinds[record->kind].name);
    return merge_repeat(a, record, first, values, keys[record->kind], detail, err);
}

/* What was appended to a file and an earlier attempt has written already is there in the same words; else it was there
 * before that, too, and the file has to be read as a whole. */
static bool check_own(struct merge *m, struct error *err)
{
    for (size_t i = 0; i < m->order.line_count && m->own; i++) {
        const struct order_line *line = &m->order.lines[i];
        struct partition_record record = {.file = line->part.file};
        if (line->part.changed && line->part.file != FROM_DATABASE && is_appended(m->assembly, &record, err))
            return false;
    }
    return true;
}

static bool add_parts(struct merge *m, const struct entry *entry, struct error *err)
{
    for (size_t number = entry->first; number; number = m->members[number - 1].next)
        if (!add_part(m, &m->members[number - 1].record, err))
            return false;
    if (!order_add_up(&m->order, m->assembly->cleaning)) {
        error_set(err, ERROR_INVALID, "the items of order %.*s cannot be summed: too large", (int)entry->key.n,
                  entry->key.bytes);
        return false;
    }
    return check_own(m, err);
}

/* Where an order goes that does not say: where its customer was when it was loaded. */
static void default_location(const struct assembly *a, struct value *values)
{
    struct value customer[CUSTOMER_FIELDS];
    if (values[ORDER_LOCATION].type != VALUE_NULL || values[ORDER_CUSTOMER].type == VALUE_NULL)
        return;
    dimension_values(&a->dimensions[KIND_CUSTOMER], values[ORDER_CUSTOMER].integer, customer);
    values[ORDER_LOCATION] = customer[CUSTOMER_LOCATION];
}

/* The order's own record: new, or in the place of what is known. */
static bool add_head(struct merge *m, const struct entry *entry, bool known, struct error *err)
{
    struct value values[ORDER_FIELDS];
    bool same, names_none;
    values_unpack(entry->record.packed, values, ORDER_FIELDS);
    names_none = values[ORDER_LOCATION].type == VALUE_NULL;
    if (names_none && known && m->order.at_customer &&
        value_equal(&values[ORDER_CUSTOMER], &m->order.values[ORDER_CUSTOMER]))
        values[ORDER_LOCATION] = m->order.values[ORDER_LOCATION];
    default_location(m->assembly, values);
    same = known && values_equal(values, m->order.values, ORDER_FIELDS);
    if (known && !same && !entry->said_before && is_appended(m->assembly, &entry->record, err))
        return false;
    if (known && entry->said_before) {
        same = true; /* it is no news: what is known since stays */
    } else {
        memcpy(m->order.values, values, sizeof values);
        m->order.at_customer = names_none;
    }
    if (entry->record.counted)
        count_rows(m->assembly, entry->record.file, !known ? FATE_INSERT : same ? FATE_UNCHANGED : FATE_UPDATE, 1);
    return true;
}

static bool is_own(const struct merge *m, const bson_t *stored)
{
    char id[64] = "";
    if (stored)
        db_text(stored, "import_id", id, sizeof id);
    return m->assembly->resumed && strcmp(id, m->assembly->import_id) == 0;
}

static struct known_order read_known(const bson_t *stored)
{
    struct known_order known = {.exists = stored};
    bson_iter_t it;
    if (stored && bson_iter_init_find(&it, stored, "hash") && BSON_ITER_HOLDS_INT64(&it))
        known.hash = bson_iter_int64(&it);
    if (stored && bson_iter_init_find(&it, stored, "first_order"))
        known.first_order = bson_iter_as_bool(&it);
    return known;
}

void merge_doubt_customer(struct assembly *a, const struct value *order)
{
    if (order[ORDER_CUSTOMER].type == VALUE_INTEGER)
        first_orders_doubt(a->firsts, order[ORDER_CUSTOMER].integer);
}

/* What else has to follow when the order is another one than before. */
static void note_change(struct merge *m, const struct value *before, const bson_t *stored, int64_t day)
{
    struct assembly *a = m->assembly;
    touched_add(&a->touched, day);
    if (stored) {
        touched_add(&a->touched, facts_day(stored));
        merge_doubt_customer(a, before);
    }
    if (!a->store->empty[KIND_ORDER])
        merge_doubt_customer(a, m->order.values);
}

/* Whether a new order is its customer's first; where the database has orders, that is told later, and so it is where
 * the first turns out to be a return. */
static bool is_first(const struct merge *m)
{
    const struct value *v = m->order.values;
    bool first = m->assembly->store->empty[KIND_ORDER] && v[ORDER_CUSTOMER].type == VALUE_INTEGER &&
                 order_statuses[v[ORDER_STATUS].integer].counted &&
                 first_orders_is(m->assembly->firsts, v[ORDER_CUSTOMER].integer, v[ORDER_ID].text);
    if (first && order_is_return(&m->order)) {
        merge_doubt_customer(m->assembly, v);
        return false;
    }
    return first;
}

static bool write_order(struct merge *m, const bson_t *stored, const struct value *before, struct error *err)
{
    struct assembly *a = m->assembly;
    struct known_order known = read_known(stored);
    bson_t *doc = writer_begin(a->writer, KIND_ORDER);
    enum fate fate;
    int64_t day;
    document_order(doc, a->dimensions, &m->order);
    if (doc->len > DOCUMENT_MOST) {
        error_set(err, ERROR_INVALID, "order %.*s has %zu lines: more than a document of 16 MiB holds",
                  (int)m->order.values[ORDER_ID].text.n, m->order.values[ORDER_ID].text.bytes, m->order.line_count);
        return false;
    }
    day = facts_day(doc);
    facts_note_order(&a->facts, a->dimensions, &m->order, doc);
    if (!stored)
        known.first_order = is_first(m);
    if (!writer_end_order(a->writer, &known, &fate, err))
        return false;
    if (fate != FATE_UNCHANGED || a->resumed)
        note_change(m, before, stored, day);
    return true;
}

bool merge_order(struct merge *m, const struct entry *entry, const bson_t *stored, struct error *err)
{
    struct value before[ORDER_FIELDS];
    order_clear(&m->order);
    m->own = is_own(m, stored);
    if (stored && !stored_order_read(m->assembly->stored, stored, &m->order, err))
        return false;
    memcpy(before, m->order.values, sizeof before);
    if (entry->has_record && !add_head(m, entry, stored, err))
        return false;
    default_location(m->assembly, m->order.values);
    return add_parts(m, entry, err) && write_order(m, stored, before, err);
}

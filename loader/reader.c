#include "loader/reader.h"
#include "loader/compute.h"
#include "loader/facts.h"
#include "loader/input.h"
#include "loader/lookup_reader.h"
#include "loader/order.h"
#include "loader/reading.h"
#include "loader/stop.h"

#include <stdio.h>
#include <string.h>

/* The row's own record of a kind with that key, or NULL: what a row says together is known together. */
static const struct value *own_record(const struct reading *r, enum kind kind, struct text key)
{
    const struct profile_file *file = r->input->file;
    for (size_t i = 0; i < file->record_count; i++)
        if (file->records[i].kind == kind && text_equal(r->row.records[i][0].text, key))
            return r->row.records[i];
    return NULL;
}

/* Checks that all that the row refers to is there, before any of it is kept. */
static bool check_references(struct reading *r, size_t number, struct fault *fault)
{
    const struct profile_record *record = &r->input->file->records[number];
    const struct schema_kind *schema = &schema_kinds[record->kind];
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct value *value = &r->row.records[number][i];
        enum kind refers = schema->fields[i].refers;
        if (schema->fields[i].type != FIELD_REFERENCE || value->type == VALUE_NULL)
            continue;
        if (own_record(r, refers, value->text) ||
            dimension_find(&r->reader->dimensions[refers], value->text) != DIMENSION_NONE)
            continue;
        fault_set(fault, REASON_UNKNOWN_REFERENCE, value->text, "there is no such %s, or it was rejected",
                  schema_kinds[refers].name);
        fault->column = row_column(r->input, record, i);
        return false;
    }
    return true;
}

/* Works out an item's amounts, with the cost of its product. */
static bool complete_item(struct reading *r, size_t number, struct fault *fault)
{
    struct value *item = r->row.records[number], product[PRODUCT_FIELDS];
    const struct dimension *products = &r->reader->dimensions[KIND_PRODUCT];
    const struct value *known = product;
    int64_t at = dimension_find(products, item[ITEM_PRODUCT].text);
    if (at != DIMENSION_NONE)
        dimension_values(products, at, product);
    else
        known = own_record(r, KIND_PRODUCT, item[ITEM_PRODUCT].text);
    facts_note_line(r->reader->has, item);
    if (compute_item(item, known[PRODUCT_COST].type == VALUE_NUMBER ? &known[PRODUCT_COST].number : NULL, fault))
        return true;
    return fault->field >= 0 && row_blame(&r->row, number, (size_t)fault->field, fault);
}

static bool check_row(struct reading *r, struct fault *fault)
{
    const struct profile_file *file = r->input->file;
    if (!row_read(&r->row, &r->record, r->reader->cleaning, fault))
        return false;
    for (size_t i = 0; i < file->record_count && !r->row.skipped; i++) {
        if (!row_has(&r->row, i))
            continue;
        r->digests[i] = file_records_digest(r->reader->file_records, file->records[i].kind, r->row.records[i]);
        if (!check_references(r, i, fault))
            return false;
        if (file->records[i].kind == KIND_ITEM && !complete_item(r, i, fault))
            return false;
    }
    return true;
}

/* Where no order is stored yet, the files say all that is needed to tell the first order of a customer. */
static void note_order(struct reading *r, const struct value *order)
{
    if (r->reader->store->empty[KIND_ORDER] && order[ORDER_CUSTOMER].type == VALUE_INTEGER &&
        order_statuses[order[ORDER_STATUS].integer].counted)
        first_orders_note(r->reader->firsts, order[ORDER_CUSTOMER].integer, order[ORDER_ORDERED].integer,
                          order[ORDER_ID].text);
}

/* The last of that name: of a row that was mended and rejected again those columns stand in it that tell its first
 * place. */
static int find_last_column(const struct input *input, const char *name)
{
    for (size_t i = input->file->has_header ? input->header_count : 0; i > 0; i--)
        if (text_equal(input->header[i - 1], text_of(name)))
            return (int)i - 1;
    return -1;
}

/* A mended line of an order that has no number of its own gets one: the place that it was rejected from. Else it would
 * take the place of the lines of its product that were good. */
static void name_mended_line(struct reading *r, struct value *item)
{
    const struct input *input = r->input;
    struct text file, line;
    char *name;
    size_t n;
    if (input->mended_file < 0 || input->mended_line < 0 || item[ITEM_LINE].type != VALUE_NULL)
        return;
    file = r->record.fields[input->mended_file];
    line = r->record.fields[input->mended_line];
    n = strlen(MENDED_LINE) + file.n + 1 + line.n;
    name = arena_bytes(&r->row.scratch, n + 1);
    snprintf(name, n + 1, MENDED_LINE "%.*s:%.*s", (int)file.n, file.bytes, (int)line.n, line.bytes);
    item[ITEM_LINE] = value_text((struct text){name, n});
}

/* Keeps what the row says, now that all of it is known to be good. */
static bool keep_row(struct reading *r, bool *rejected, struct fault *fault, struct error *err)
{
    const struct profile_file *file = r->input->file;
    size_t last = file->record_count - 1;
    *rejected = file->records[last].kind < KIND_ORDER && row_has(&r->row, last) && reading_contradicts(r, last, fault);
    for (size_t i = 0; i < file->record_count && !*rejected; i++) {
        bool counted = i + 1 == file->record_count;
        if (!row_has(&r->row, i))
            continue;
        reading_resolve(r, i);
        if (file->records[i].kind < KIND_ORDER) {
            *rejected = !reading_keep_dimension(r, i, counted, fault);
        } else {
            struct partition_record record = {.kind = file->records[i].kind,
                                              .counted = counted,
                                              .first_wins = file->records[i].first_wins,
                                              .file = r->number,
                                              .line = (uint32_t)r->record.line,
                                              .offset = r->record.offset,
                                              .digest = r->digests[i]};
            if (record.kind == KIND_ITEM)
                name_mended_line(r, r->row.records[i]);
            if (record.kind == KIND_ORDER)
                note_order(r, r->row.records[i]);
            if (!partitions_add(r->reader->partitions, &record, r->row.records[i], err))
                return false;
        }
    }
    return true;
}

static bool read_row(struct reading *r, struct error *err)
{
    struct fault fault;
    bool rejected = !check_row(r, &fault);
    if (r->record.malformed)
        r->input->ends_line = false; /* perhaps the last row is cut short: what is appended may complete it */
    atomic_fetch_add(&r->input->tally.read, 1);
    r->reader->rows_read++;
    if (!rejected && r->row.skipped) {
        atomic_fetch_add(&r->input->tally.skipped, 1);
        return true;
    }
    if (!rejected && !keep_row(r, &rejected, &fault, err))
        return false;
    if (!rejected)
        return true;
    if (r->reader->needs_whole) {
        error_set(err, ERROR_INVALID, "%s says again what it has said before", r->input->path);
        return false;
    }
    return rejects_add(r->reader->rejects, r->number, r->record.line, r->record.offset, &fault, err) &&
           !rejects_too_many(r->reader->rejects, r->reader->rows_read, false, err);
}

static bool read_rows(struct reading *r, const char *doing, uint64_t total, struct error *err)
{
    for (;;) {
        enum csv_result result = csv_source_next(r->input->source, &r->record, err);
        if (result == CSV_END)
            return true;
        if (result == CSV_FAILED || !read_row(r, err) || stop_asked(err))
            return false;
        progress_step(r->reader->progress, doing, r->reader->bytes_read + csv_source_position(r->input->source), total);
    }
}

static bool says_dimensions(const struct input *input)
{
    for (size_t i = 0; i < input->file->record_count; i++)
        if (input->file->records[i].kind < KIND_ORDER)
            return true;
    return false;
}

/* Whether the file's rows may refer to what an earlier load has left in the database. */
static bool may_refer(const struct reading *r)
{
    const struct profile_file *file = r->input->file;
    for (size_t i = 0; i < file->record_count; i++) {
        const struct schema_kind *schema = &schema_kinds[file->records[i].kind];
        if (r->input->appended && file->records[i].kind < KIND_ORDER)
            return true;
        for (size_t k = 0; k < schema->field_count; k++)
            if (schema->fields[k].type == FIELD_REFERENCE && file->records[i].fields[k] &&
                !r->reader->store->empty[schema->fields[k].refers])
                return true;
    }
    return false;
}

/* Asks for what the row refers to; of a file that is read in part, also for what it defines. */
static void want_row(struct reading *r)
{
    const struct profile_file *file = r->input->file;
    for (size_t i = 0; i < file->record_count; i++) {
        const struct schema_kind *schema = &schema_kinds[file->records[i].kind];
        const struct value *values = r->row.records[i];
        if (r->input->appended && file->records[i].kind < KIND_ORDER)
            stored_want(r->reader->stored, file->records[i].kind, values[0].text);
        for (size_t k = 0; k < schema->field_count; k++)
            if (schema->fields[k].type == FIELD_REFERENCE && values[k].type == VALUE_TEXT &&
                !own_record(r, schema->fields[k].refers, values[k].text))
                stored_want(r->reader->stored, schema->fields[k].refers, values[k].text);
    }
}

static struct csv_source *open_rows(struct reading *r, struct error *err)
{
    struct input *input = r->input;
    struct csv_source *source = csv_source_open(input->fd, input->path, input->encoding, input->delimiter, err);
    if (source && input->file->has_header && csv_source_next(source, &r->record, err) == CSV_FAILED) {
        csv_source_free(source);
        return NULL;
    }
    if (source)
        csv_source_expect(source, input->header_count);
    if (source && input->appended)
        csv_source_seek(source, input->from_offset, input->from_line);
    return source;
}

/* Reads the rows once for what they refer to, so that the database is asked in few questions, not row by row. */
static bool fetch_references(struct reading *r, struct error *err)
{
    struct csv_source *source = open_rows(r, err);
    struct cleaning ignored = {0};
    struct fault fault;
    enum csv_result result = CSV_FAILED;
    bool ok = source;
    while (ok && (result = csv_source_next(source, &r->record, err)) == CSV_RECORD) {
        if (row_read(&r->row, &r->record, &ignored, &fault))
            want_row(r);
        ok = (!stored_is_full(r->reader->stored) || stored_fetch(r->reader->stored, err)) && !stop_asked(err);
    }
    ok = ok && result == CSV_END && stored_fetch(r->reader->stored, err);
    csv_source_free(source);
    return ok;
}

static bool read_file(struct reader *reader, uint16_t number, uint64_t total, struct error *err)
{
    struct input *input = &reader->files->inputs[number];
    struct reading r = {.reader = reader, .input = input, .number = number};
    char doing[300];
    bool ok;
    snprintf(doing, sizeof doing, "reading %s", input->name);
    row_start(&r.row, input);
    input->mended_file = find_last_column(input, REJECT_COLUMN_FILE);
    input->mended_line = find_last_column(input, REJECT_COLUMN_LINE);
    ok = (!(input->changed || (input->appended && says_dimensions(input))) ||
          file_records_fetch(reader->file_records, number, err)) &&
         (!may_refer(&r) || fetch_references(&r, err));
    if (ok)
        input->source = open_rows(&r, err);
    ok = ok && input->source && read_rows(&r, doing, total, err);
    if (ok && !input_check_unchanged(input, err)) {
        fileset_blame(reader->files, input->path);
        ok = false;
    }
    ok = ok && (!input->changed || stored_restore(reader->stored, err));
    row_release(&r.row);
    if (input->source) {
        input->lines = csv_source_line(input->source) - 1;
        csv_source_finish(input->source);
    }
    reader->bytes_read += input->size;
    return ok;
}

static bool is_read(const struct input *input)
{
    return !input->skipped && input->file->record_count > 0;
}

/* The number of the first file behind all that say dimensions. */
static size_t end_of_dimensions(const struct fileset *files)
{
    size_t end = files->count;
    while (end > 0 && !(is_read(&files->inputs[end - 1]) && says_dimensions(&files->inputs[end - 1])))
        end--;
    return end;
}

bool reader_read_all(struct reader *reader, struct error *err)
{
    uint64_t total = fileset_bytes(reader->files);
    size_t dimensions = end_of_dimensions(reader->files);
    if (!lookups_read(reader, err))
        return false;
    for (size_t i = 0; i < reader->files->count; i++) {
        if (i == dimensions && !reader->dimensions_read(reader->context, err))
            return false;
        if (is_read(&reader->files->inputs[i]) && !read_file(reader, (uint16_t)i, total, err))
            return false;
    }
    return !rejects_too_many(reader->rejects, reader->rows_read, true, err);
}

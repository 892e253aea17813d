#include "loader/reading.h"

#include <string.h>

void reading_resolve(struct reading *r, size_t number)
{
    const struct schema_kind *schema = &schema_kinds[r->input->file->records[number].kind];
    for (size_t i = 0; i < schema->field_count; i++) {
        struct value *value = &r->row.records[number][i];
        if (schema->fields[i].type == FIELD_REFERENCE && value->type == VALUE_TEXT)
            *value = value_integer(dimension_find(&r->reader->dimensions[schema->fields[i].refers], value->text));
    }
}

/* Whether another input is the same file of the profile as the one that is read. */
static bool is_same_sort(const struct reading *r, uint16_t number)
{
    return number != DIMENSION_STORED && r->reader->files->inputs[number].file == r->input->file;
}

/* Whether the file has said a record of the row before it changed. */
static bool said_before(const struct reading *r, size_t number)
{
    return file_records_said(r->reader->file_records, r->number, r->digests[number]);
}

static void note(const struct reading *r, size_t number)
{
    file_records_note(r->reader->file_records, r->number, r->digests[number]);
}

/* The first row defines a record, but for what it leaves empty: that the first row defines that has it. Whether it was
 * this one. */
static bool fill_gaps(struct reading *r, size_t number, int64_t at, struct value *first)
{
    struct dimension *dimension = &r->reader->dimensions[r->input->file->records[number].kind];
    struct dimension_row *row = &dimension->rows[at];
    struct value *later = r->row.records[number];
    bool filled = false;
    for (size_t i = 0; i < schema_kinds[dimension->kind].field_count; i++) {
        if (later[i].type == VALUE_NULL) {
            later[i] = first[i]; /* says nothing, and so nothing else */
        } else if (first[i].type == VALUE_NULL) {
            first[i] = later[i];
            filled = true;
        }
    }
    if (filled) {
        dimension_replace(dimension, first, row->file == DIMENSION_STORED ? r->number : row->file);
        row->filled |= !said_before(r, number);
    }
    return filled;
}

/* A row of a later file of the same sort, which counts instead of what is there: unless it is no news, and that is. */
static void supersede(struct reading *r, size_t number, struct dimension_row *row, bool counted)
{
    struct dimension *dimension = &r->reader->dimensions[r->input->file->records[number].kind];
    bool said = said_before(r, number);
    note(r, number);
    if (said && !row->said_before) {
        if (counted)
            atomic_fetch_add(&r->input->tally.unchanged, 1);
        return;
    }
    dimension_replace(dimension, r->row.records[number], r->number);
    row->said_before = said;
    if (counted)
        atomic_fetch_add(&r->input->tally.updated, 1);
}

/* A row that says of its key what another has not said: in one file the first counts or the row is rejected; a later
 * file of the same sort counts instead. */
static bool keep_other_values(struct reading *r, size_t number, bool counted, struct fault *fault)
{
    const struct profile_record *record = &r->input->file->records[number];
    struct dimension *dimension = &r->reader->dimensions[record->kind];
    struct value *values = r->row.records[number], first[FIELDS_MOST];
    int64_t at = dimension_find(dimension, values[0].text);
    uint16_t said_by = dimension->rows[at].file;
    bool stored = said_by == DIMENSION_STORED, filled;
    if (!stored && said_by != r->number && is_same_sort(r, said_by)) {
        supersede(r, number, &dimension->rows[at], counted);
        return true;
    }
    if (!record->first_wins) {
        r->reader->needs_whole |= stored;
        fault_set(fault, REASON_DUPLICATE_KEY, values[0].text, "this %s was there before, with other values",
                  schema_kinds[record->kind].name);
        fault->column = row_column(r->input, record, 0);
        return false;
    }
    dimension_values(dimension, at, first);
    filled = fill_gaps(r, number, at, first);
    cleaning_compare(r->reader->cleaning, record->kind, first, values);
    note(r, number);
    if (counted)
        atomic_fetch_add(filled && stored ? &r->input->tally.updated : &r->input->tally.unchanged, 1);
    return true;
}

/* Whether the row says the same as the one that is there for its key. */
static bool is_known(const struct dimension *dimension, int64_t at, const struct value *values)
{
    struct value known[FIELDS_MOST];
    dimension_values(dimension, at, known);
    return values_equal(known, values, schema_kinds[dimension->kind].field_count);
}

/* The digest of a record as it is in memory. */
static uint64_t digest_of_stored(const struct reading *r, const struct dimension *dimension, int64_t at)
{
    const struct schema_kind *schema = &schema_kinds[dimension->kind];
    struct value known[FIELDS_MOST];
    dimension_values(dimension, at, known);
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].type == FIELD_REFERENCE && known[i].type == VALUE_INTEGER)
            known[i] = value_text(dimension_key(&r->reader->dimensions[schema->fields[i].refers], known[i].integer));
    return file_records_digest(r->reader->file_records, dimension->kind, known);
}

/* A row behind the old end of a file says otherwise than the database. Either the file has said that before, or what
 * the database holds is its own word, which the row contradicts: else the whole file has to tell what it says. */
static bool keep_appended(struct reading *r, size_t number, int64_t at, bool counted, struct fault *fault)
{
    const struct dimension *dimension = &r->reader->dimensions[r->input->file->records[number].kind];
    if (said_before(r, number)) {
        if (counted)
            atomic_fetch_add(&r->input->tally.unchanged, 1);
        return true;
    }
    r->reader->needs_whole |=
        !file_records_said(r->reader->file_records, r->number, digest_of_stored(r, dimension, at));
    return keep_other_values(r, number, counted, fault) && !r->reader->needs_whole;
}

bool reading_keep_dimension(struct reading *r, size_t number, bool counted, struct fault *fault)
{
    struct dimension *dimension = &r->reader->dimensions[r->input->file->records[number].kind];
    struct value *values = r->row.records[number];
    int64_t at = r->input->appended ? dimension_find(dimension, values[0].text) : DIMENSION_NONE;
    if (at != DIMENSION_NONE && dimension->rows[at].file == DIMENSION_STORED && !is_known(dimension, at, values))
        return keep_appended(r, number, at, counted, fault);
    switch (dimension_add(dimension, values, r->number, counted)) {
    case DIMENSION_ADDED:
        at = dimension_find(dimension, values[0].text);
        dimension->rows[at].said_before = said_before(r, number);
        note(r, number);
        return true;
    case DIMENSION_DIFFERS:
        return keep_other_values(r, number, counted, fault);
    case DIMENSION_SAME:
        break;
    }
    at = dimension_find(dimension, values[0].text);
    if (counted) {
        atomic_fetch_add(&r->input->tally.unchanged, 1);
        r->reader->cleaning->repeated[dimension->kind] += dimension->rows[at].file == r->number;
    }
    if (dimension->rows[at].file != r->number) {
        dimension->rows[at].said_before &= said_before(r, number);
        note(r, number);
    }
    /* It is this file's word from now on, against which its later rows are held. */
    if (is_same_sort(r, dimension->rows[at].file))
        dimension->rows[at].file = r->number;
    return true;
}

bool reading_contradicts(struct reading *r, size_t number, struct fault *fault)
{
    const struct profile_record *record = &r->input->file->records[number];
    const struct dimension *dimension = &r->reader->dimensions[record->kind];
    int64_t at = dimension_find(dimension, r->row.records[number][0].text);
    struct value values[FIELDS_MOST];
    if (at == DIMENSION_NONE || record->first_wins || dimension->rows[at].file == DIMENSION_STORED ||
        (dimension->rows[at].file != r->number && is_same_sort(r, dimension->rows[at].file)))
        return false;
    memcpy(values, r->row.records[number], sizeof values);
    reading_resolve(r, number);
    if (is_known(dimension, at, r->row.records[number])) {
        memcpy(r->row.records[number], values, sizeof values);
        return false;
    }
    return !keep_other_values(r, number, false, fault);
}

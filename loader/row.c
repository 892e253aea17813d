#include "loader/row.h"
#include "loader/encoding.h"
#include "loader/field.h"

#include <stdlib.h>
#include <string.h>

void row_start(struct row *row, const struct input *input)
{
    row->input = input;
    row->columns = memory_grow(row->columns, &row->column_room, input->file->column_count + 1, sizeof *row->columns);
    row->records = memory_grow(row->records, &row->record_room, input->file->record_count + 1, sizeof *row->records);
}

void row_release(struct row *row)
{
    free(row->columns);
    free(row->records);
    arena_release(&row->scratch);
    memset(row, 0, sizeof *row);
}

const char *row_column(const struct input *input, const struct profile_record *record, size_t field)
{
    int column = record->fields[field] ? expression_first_column(record->fields[field]) : -1;
    return column >= 0 && input->columns[column] >= 0 ? input->header[input->columns[column]].bytes : NULL;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Without spaces around it; null when nothing is left, or when the profile says that it means nothing. */
static struct text clean(struct text text, const struct layout *layout, struct cleaning *cleaning)
{
    size_t before = text.n;
    while (text.n && is_space(text.bytes[text.n - 1]))
        text.n--;
    while (text.n && is_space(text.bytes[0]))
        text.bytes++, text.n--;
    if (text.n != before && text.n)
        cleaning->trimmed++;
    for (int i = 0; i < layout->null_count; i++)
        if (text_equal(text, text_of(layout->nulls[i])))
            return (struct text){0};
    return text.n ? text : (struct text){0};
}

/* Names the field with the bytes that are no text. */
static bool bad_encoding(const struct row *row, const struct csv_record *record, struct fault *fault)
{
    for (size_t i = 0; i < record->count; i++) {
        if (text_is_utf8(record->fields[i]))
            continue;
        fault_set(fault, REASON_BAD_ENCODING, record->fields[i], "holds bytes that are no %s text",
                  encoding_names[row->input->file->layout.encoding]);
        fault->column = i < row->input->header_count ? row->input->header[i].bytes : NULL;
        return false;
    }
    return fault_set(fault, REASON_BAD_ENCODING, (struct text){0}, "the row holds bytes that are no %s text",
                     encoding_names[row->input->file->layout.encoding]);
}

static bool check_form(const struct row *row, const struct csv_record *record, struct fault *fault)
{
    size_t expected = row->input->header_count;
    if (record->bad_encoding)
        return bad_encoding(row, record, fault);
    if (record->malformed)
        return fault_set(fault, REASON_BAD_VALUE, (struct text){0}, "%s", record->malformed);
    if (record->count != expected)
        return fault_set(fault, record->count > expected ? REASON_TOO_MANY_COLUMNS : REASON_TOO_FEW_COLUMNS,
                         (struct text){0}, "the row has %zu fields, the header %zu columns", record->count, expected);
    return true;
}

static bool read_fields(struct row *row, size_t number, struct expression_row *view, struct fault *fault)
{
    const struct profile_record *record = &row->input->file->records[number];
    const struct schema_kind *schema = &schema_kinds[record->kind];
    struct value *values = row->records[number];
    for (size_t i = 0; i < schema->field_count; i++) {
        struct schema_field field = schema->fields[i];
        field.required = record->required[i];
        values[i] = value_null();
        if (!record->fields[i])
            continue;
        if (!expression_evaluate(record->fields[i], view, &values[i], fault) ||
            !field_read(&field, view->layout, &values[i], fault)) {
            fault->column = row_column(row->input, record, i);
            return false;
        }
    }
    return true;
}

bool row_read(struct row *row, const struct csv_record *record, struct cleaning *cleaning, struct fault *fault)
{
    const struct profile_file *file = row->input->file;
    struct expression_row view = {row->columns, &file->layout, &row->scratch, 0};
    arena_reset(&row->scratch);
    if (!check_form(row, record, fault))
        return false;
    for (size_t i = 0; i < file->column_count; i++) {
        int at = row->input->columns[i];
        row->columns[i] = at >= 0 ? clean(record->fields[at], &file->layout, cleaning) : (struct text){0};
    }
    for (size_t i = 0; i < file->record_count; i++)
        if (!read_fields(row, i, &view, fault))
            return false;
    cleaning->padded += view.padded > 0;
    return true;
}

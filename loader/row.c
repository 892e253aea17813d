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
                  encoding_names[row->input->encoding]);
        fault->column = i < row->input->header_count ? row->input->header[i].bytes : NULL;
        return false;
    }
    return fault_set(fault, REASON_BAD_ENCODING, (struct text){0}, "the row holds bytes that are no %s text",
                     encoding_names[row->input->encoding]);
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

/* Names the column that the expression takes its value from. */
static void name_column(const struct row *row, const struct expression *expression, struct fault *fault)
{
    int column = expression_first_column(expression);
    if (column >= 0 && row->input->columns[column] >= 0)
        fault->column = row->input->header[row->input->columns[column]].bytes;
}

bool row_blame(const struct row *row, size_t number, size_t field, struct fault *fault)
{
    const struct expression *expression = row->input->file->records[number].fields[field];
    int column = expression ? expression_first_column(expression) : -1;
    if (column < 0)
        return false;
    name_column(row, expression, fault);
    fault->value = row->columns[column];
    return false;
}

static bool is_text(enum field_type type)
{
    return type == FIELD_KEY || type == FIELD_TEXT || type == FIELD_VALUE || type == FIELD_REFERENCE;
}

/* Evaluates an expression; a fault names the column of the part that is wrong. */
static bool evaluate(const struct row *row, const struct expression *expression, struct expression_row *view,
                     struct value *value, struct fault *fault)
{
    view->at_fault = expression;
    if (expression_evaluate(expression, view, value, fault))
        return true;
    name_column(row, view->at_fault, fault);
    return false;
}

static bool read_field(struct row *row, const struct profile_record *record, size_t number, struct expression_row *view,
                       struct value *value, struct fault *fault)
{
    struct schema_field field = schema_kinds[record->kind].fields[number];
    bool is_null;
    field.required = record->required[number];
    view->missed = (struct text){0};
    if (!evaluate(row, record->fields[number], view, value, fault))
        return false;
    if (value->type == VALUE_NUMBER && is_text(field.type))
        *value = value_text(expression_text(value, &row->scratch));
    is_null = value->type == VALUE_NULL;
    if (field_read(&field, view->layout, value, fault))
        return true;
    if (is_null && view->missed.bytes) { /* it is empty because of that */
        fault_set(fault, REASON_UNKNOWN_REFERENCE, view->missed, "%s is to be looked up by it, and it is not there",
                  field.name);
        name_column(row, view->missed_at, fault);
        return false;
    }
    name_column(row, record->fields[number], fault);
    return false;
}

static bool read_record(struct row *row, size_t number, struct expression_row *view, struct fault *fault)
{
    const struct profile_record *record = &row->input->file->records[number];
    const struct schema_kind *schema = &schema_kinds[record->kind];
    struct value *values = row->records[number];
    bool said = true;
    for (size_t i = 0; i < schema->field_count; i++)
        values[i] = value_null();
    view->at_fault = record->when;
    if (record->when && !condition_evaluate(record->when, view, &said, fault)) {
        name_column(row, view->at_fault, fault);
        return false;
    }
    for (size_t i = 0; said && i < schema->field_count; i++)
        if (record->fields[i] && !read_field(row, record, i, view, &values[i], fault))
            return false;
    return true;
}

/* Finds out whether the profile leaves the row out. */
static bool check_skips(struct row *row, struct expression_row *view, struct fault *fault)
{
    const struct profile_file *file = row->input->file;
    row->skipped = NULL;
    for (size_t i = 0; i < file->skip_count && !row->skipped; i++) {
        bool holds;
        view->at_fault = file->skips[i].when;
        if (!condition_evaluate(file->skips[i].when, view, &holds, fault)) {
            name_column(row, view->at_fault, fault);
            return false;
        }
        if (holds)
            row->skipped = file->skips[i].reason;
    }
    return true;
}

/* Checks the row's form, cleans its columns, and sees whether it counts at all. */
static bool open_row(struct row *row, const struct csv_record *record, struct expression_row *view,
                     struct cleaning *cleaning, struct fault *fault)
{
    const struct profile_file *file = row->input->file;
    arena_reset(&row->scratch);
    if (!check_form(row, record, fault))
        return false;
    for (size_t i = 0; i < file->column_count; i++) {
        int at = row->input->columns[i];
        row->columns[i] = at >= 0 ? clean(record->fields[at], &file->layout, cleaning) : (struct text){0};
    }
    *view = (struct expression_row){
        .columns = row->columns, .layout = &file->layout, .lookups = row->input->lookups, .scratch = &row->scratch};
    if (!check_skips(row, view, fault))
        return false;
    if (row->skipped)
        cleaning_skip(cleaning, row->skipped);
    return true;
}

/* The values of the file's lookup, numbers where they are worked with. */
static bool read_looked_up(struct row *row, struct expression_row *view, struct value *key, struct value *values,
                           struct fault *fault)
{
    const struct profile_file *file = row->input->file;
    if (!evaluate(row, file->key, view, key, fault))
        return false;
    if (key->type == VALUE_NUMBER)
        *key = value_text(expression_text(key, &row->scratch));
    for (size_t i = 0; i < file->value_count; i++) {
        const struct profile_value *value = &file->values[i];
        struct decimal number;
        if (!evaluate(row, value->expression, view, &values[i], fault))
            return false;
        if (!value->as_number || values[i].type != VALUE_TEXT)
            continue;
        if (!number_read(values[i].text, &file->layout.numbers, &number, fault)) {
            name_column(row, value->expression, fault);
            return false;
        }
        values[i] = value_number(number);
    }
    return true;
}

bool row_read(struct row *row, const struct csv_record *record, struct cleaning *cleaning, struct fault *fault)
{
    const struct profile_file *file = row->input->file;
    struct expression_row view;
    if (!open_row(row, record, &view, cleaning, fault))
        return false;
    if (row->skipped)
        return true;
    for (size_t i = 0; i < file->record_count; i++)
        if (!read_record(row, i, &view, fault))
            return false;
    if (file->key) { /* what the lookup could not take was left out there, and is refused here */
        struct value key, values[LOOKUP_VALUES_MOST];
        if (!read_looked_up(row, &view, &key, values, fault))
            return false;
    }
    cleaning->padded += view.padded > 0;
    cleaning->repaired += view.repaired > 0;
    return true;
}

bool row_read_lookup(struct row *row, const struct csv_record *record, struct cleaning *cleaning, struct value *key,
                     struct value *values, struct fault *fault)
{
    struct expression_row view;
    if (!open_row(row, record, &view, cleaning, fault))
        return false;
    if (row->skipped)
        return true;
    if (!read_looked_up(row, &view, key, values, fault))
        return false;
    cleaning->padded += view.padded > 0;
    cleaning->repaired += view.repaired > 0;
    if (key->type != VALUE_NULL)
        return true;
    fault_set(fault, REASON_MISSING_KEY, (struct text){0}, "the key to look up by is empty");
    name_column(row, row->input->file->key, fault);
    return false;
}

/* One row of a file on its way to records: its columns cleaned, its expressions evaluated, its values typed. */
#ifndef KPI_LOADER_ROW_H
#define KPI_LOADER_ROW_H

#include "loader/cleaning.h"
#include "loader/expression.h"
#include "loader/fileset.h"

struct row {
    const struct input *input;
    struct text *columns; /* by the profile's number: trimmed; bytes NULL where empty */
    size_t column_room;
    struct value (*records)[FIELDS_MOST]; /* by the profile's number of the record */
    size_t record_room;
    const char *skipped; /* why the profile leaves the row out, or NULL: it has no records then */
    struct arena scratch;
};

/* Prepares for the rows of an input. */
void row_start(struct row *row, const struct input *input);
void row_release(struct row *row);

/* Reads a record of the file. False: fault says what is wrong, with its column. References are text still. */
bool row_read(struct row *row, const struct csv_record *record, struct cleaning *cleaning, struct fault *fault);

/* Whether the row says that record: its "when" holds. */
static inline bool row_has(const struct row *row, size_t number)
{
    return row->records[number][0].type != VALUE_NULL;
}

/* Reads what is looked up in a record of the file: its key, and its values by their numbers. */
bool row_read_lookup(struct row *row, const struct csv_record *record, struct cleaning *cleaning, struct value *key,
                     struct value *values, struct fault *fault);

/* Completes a fault with the column that gives the field of the record, and what stands there. Always false. */
bool row_blame(const struct row *row, size_t number, size_t field, struct fault *fault);

/* The file's name of the column that gives a field, or NULL. */
const char *row_column(const struct input *input, const struct profile_record *record, size_t field);

#endif

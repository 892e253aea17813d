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
    struct arena scratch;
};

/* Prepares for the rows of an input. */
void row_start(struct row *row, const struct input *input);
void row_release(struct row *row);

/* Reads a record of the file. False: fault says what is wrong, with its column. References are text still. */
bool row_read(struct row *row, const struct csv_record *record, struct cleaning *cleaning, struct fault *fault);

/* The file's name of the column that gives a field, or NULL. */
const char *row_column(const struct input *input, const struct profile_record *record, size_t field);

#endif

/* What the parts of the reading of a profile share. */
#ifndef KPI_LOADER_PROFILE_READING_H
#define KPI_LOADER_PROFILE_READING_H

#include "loader/profile.h"

/* A file of a profile while it is read. */
struct profile_reading {
    struct profile *profile;
    struct profile_file *file;
    size_t number;                  /* of the file */
    const json_t *declared;         /* its "columns", or NULL */
    struct profile_column *columns; /* named so far; freed by the reader of the file */
    size_t column_count, column_room;
    bool in_lookup; /* an expression of its lookup is read */
    struct findings *found;
    struct expression_scope scope;
};

/* "columns", "header" and "names": what is declared before the expressions are read. */
void profile_read_header(struct profile_reading *r, const json_t *json);

/* An expression_scope's column(): finds or adds a column. The context is the reading. */
size_t profile_column_number(void *context, const char *name);

/* After the expressions: the columns as the file has them, and whether all that are declared are used. */
void profile_end_columns(struct profile_reading *r);

/* "records", "skip" and "lookup". */
void profile_read_records(struct profile_reading *r, const json_t *json);
void profile_read_skips(struct profile_reading *r, const json_t *json);
void profile_read_lookup(struct profile_reading *r, const json_t *json);

/* Reads the whole profile; what is wrong is added. */
void profile_read(const json_t *json, struct profile *profile, struct findings *found);

#endif

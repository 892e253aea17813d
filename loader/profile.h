/* Mapping profiles: loader/profiles/<name>.json, the whole description of one layout of files; nothing about a layout
 * is in C. loader/profiles/README.md describes the format.
 *
 * Immutable once loaded; everything in it lives until profile_free(). */
#ifndef KPI_LOADER_PROFILE_H
#define KPI_LOADER_PROFILE_H

#include "loader/expression.h"
#include "loader/layout.h"
#include "loader/schema.h"

/* A column that the expressions of a file name. */
struct profile_column {
    const char *name;
    const char **aliases; /* other names that headers use for it */
    size_t alias_count;
    bool optional; /* a header may lack it; its values are null then */
};

/* What a row of the file says: one record of a kind. */
struct profile_record {
    enum kind kind;
    struct expression *fields[FIELDS_MOST]; /* by the schema's number; NULL: null */
    bool required[FIELDS_MOST];
    bool first_wins; /* a later row with the same key and other values is no error: the first row defines */
};

struct profile_file {
    const char *name;
    bool required;
    struct layout layout;
    struct profile_column *columns;
    size_t column_count;
    struct profile_record *records; /* the last is the one that the row is counted with */
    size_t record_count;
};

struct profile {
    const char *name, *title, *currency;
    struct profile_file *files;
    size_t file_count;
    struct arena arena;
};

/* Reads a profile, and the one that it extends. NULL: err names file, path in it and what is wrong. */
struct profile *profile_load(const char *path, struct error *err);
void profile_free(struct profile *profile); /* NULL is fine */

/* Loads the profile that --profile names: a path that contains a slash or ends in .json, else dir/NAME.json. */
struct profile *profile_named(const char *name, const char *dir, struct error *err);

#endif

/* Mapping profiles: loader/profiles/<name>.json, the whole description of one layout of files; nothing about a layout
 * is in C. loader/profiles/README.md describes the format, loader/profile.schema.json its shape.
 *
 * Immutable once loaded; everything in it lives until profile_free(). */
#ifndef KPI_LOADER_PROFILE_H
#define KPI_LOADER_PROFILE_H

#include "loader/expression.h"
#include "loader/layout.h"
#include "loader/schema.h"

enum { PROFILE_FILES_MOST = 64, PROFILE_RECORDS_MOST = 16 };

/* A column that the expressions of a file name, or that only tells the file from others. */
struct profile_column {
    const char *name;
    const char **aliases; /* other names that headers use for it */
    size_t alias_count;
    bool optional; /* a header may lack it; its values are null then */
    bool unused;   /* no expression names it */
};

/* What a row of the file says: one record of a kind. */
struct profile_record {
    enum kind kind;
    struct expression *when;                /* NULL: for every row */
    struct expression *fields[FIELDS_MOST]; /* by the schema's number; NULL: null */
    bool required[FIELDS_MOST];
    bool first_wins; /* a later row with the same key and other values is no error: the first row defines */
};

/* Rows that are passed over, and counted. */
struct profile_skip {
    struct expression *when;
    const char *reason;
};

struct profile_value {
    const char *name;
    struct expression *expression;
    bool is_sum;
    bool as_number; /* it is worked with: kept as a number, read as this file writes numbers */
};

struct profile_file {
    const char *name;
    const char *pattern; /* of the file's name, or NULL */
    bool required;
    bool has_header;
    const char **names; /* the columns of a file without a header */
    size_t name_count;
    struct layout layout;
    struct profile_column *columns;
    size_t column_count;
    struct profile_skip *skips;
    size_t skip_count;
    struct profile_record
        *records; /* the last is the one that the row is counted with; none: it is only looked up in */
    size_t record_count;
    struct expression *key; /* by which its values are looked up, or NULL */
    struct profile_value *values;
    size_t value_count;
    uint64_t looks_in; /* the files that its expressions look up in, a bit each */
};

struct profile {
    const char *name, *title, *currency;
    char digest[33];      /* of all that it says */
    const char *timezone; /* of times without a zone, or NULL: as the load says */
    struct profile_file *files;
    size_t file_count;
    struct arena arena;
};

/* Reads a profile, and the one that it extends. NULL: err names file, path in it and what is wrong. */
struct profile *profile_load(const char *path, struct error *err);
void profile_free(struct profile *profile); /* NULL is fine */

/* Times of its files that say no zone are of this one from now on. It must outlive the reading. */
void profile_set_zone(struct profile *profile, const struct zone *zone);

/* The same, with all that is wrong. NULL without findings: err says why it cannot be read. */
struct profile *profile_check(const char *path, struct findings *found, struct error *err);

/* The file of the profile that --profile names: a name with a slash or that ends in .json itself, else dir/NAME.json.
 * False when there is none; err then lists those that there are. */
bool profile_find(const char *name, const char *dir, char path[4096], struct error *err);
struct profile *profile_named(const char *name, const char *dir, struct error *err);

#endif

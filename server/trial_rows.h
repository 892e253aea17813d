/* What the rows of a pipeline should be, and where they are not. Used by trial.c. */
#ifndef KPI_SERVER_TRIAL_ROWS_H
#define KPI_SERVER_TRIAL_ROWS_H

#include "core/catalog.h"

enum { SHAPE_COLUMNS_MOST = 128 };

struct shape_column {
    const char *name;
    int type; /* an enum column_type, or -1: any */
    bool nullable, seen, key;
    bool filled;     /* it had a value in some row */
    bool filled_now; /* in this run */
    bool warned;     /* that it lost them */
};

struct shape {
    struct shape_column columns[SHAPE_COLUMNS_MOST];
    size_t count;
    bool single_row;
    bool may_be_none; /* no row at all says something, too */
    size_t rows;      /* that came in all */
    size_t first;     /* of the mistakes that are about this file */
    char **keys;      /* of the rows of this run, those columns that say key, as JSON */
    size_t key_count, key_room;
    bool keys_differ_not;      /* that was said */
    struct mistakes *warnings; /* NULL: none are looked for */
};

/* On which data, and for which request: "" for one without parameters. */
struct place {
    const char *data, *request;
    bool of_lines; /* the request filters on what lines have, and on nothing else */
    size_t first;  /* mistakes from here on are about the same file: none is said twice */
};

void shape_of_definition(struct shape *shape, const struct definition *definition, size_t first,
                         struct mistakes *warnings);
void shape_of_menu(struct shape *shape, size_t first);
void shape_of_file(struct shape *shape, const json_t *json, size_t first); /* of pipelines/quality and star */

void shape_release(struct shape *shape);

void shape_row(struct shape *shape, const bson_t *row, const struct place *where, struct mistakes *mistakes);

/* When the rows of one run have been seen. */
void shape_rows(struct shape *shape, size_t rows, const struct place *where, struct mistakes *mistakes);

/* When all runs are done. */
void shape_end(struct shape *shape, struct mistakes *mistakes);

/* Adds a mistake with where it was seen, unless it was seen before. */
void shape_mistake(const struct place *where, const char *path, struct mistakes *mistakes, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

/* The dimensions of a load (locations, customers, products, sellers) in memory: found by key, kept packed. Rows come
 * from the files of the load, and from the database where a file refers to what an earlier load has left there.
 *
 * Numbers of rows are dense, from 0 in the order of arrival, and never change. One thread. */
#ifndef KPI_LOADER_DIMENSION_H
#define KPI_LOADER_DIMENSION_H

#include "loader/schema.h"
#include "loader/value.h"

enum { DIMENSION_NONE = -1, DIMENSION_STORED = UINT16_MAX };

struct dimension_row {
    const char *packed; /* the values of the schema's fields; references are numbers of rows */
    uint32_t size;
    uint32_t hash;    /* of the key */
    uint16_t file;    /* that said it last; DIMENSION_STORED: it is what the database holds, and not to be written */
    uint16_t counted; /* the file whose row is counted with the document, or DIMENSION_STORED */
    bool said_before; /* the file had said the same before it changed: what the database holds is newer */
    bool filled;      /* but a row that is news has filled what that left empty */
};

struct dimension {
    enum kind kind;
    struct arena arena;
    struct dimension_row *rows;
    size_t count, room;
    uint32_t *slots; /* open addressing: number of the row + 1, or 0 */
    size_t slot_count;
    struct buffer packing;
};

void dimension_init(struct dimension *dimension, enum kind kind);
void dimension_release(struct dimension *dimension);

/* The number of the row with that key, or DIMENSION_NONE. */
int64_t dimension_find(const struct dimension *dimension, struct text key);

/* A row's key, which lives as long as the dimension. */
struct text dimension_key(const struct dimension *dimension, int64_t number);

/* Unpacks a row's values; texts live as long as the dimension. */
void dimension_values(const struct dimension *dimension, int64_t number, struct value *values);

enum dimension_result { DIMENSION_ADDED, DIMENSION_SAME, DIMENSION_DIFFERS };

/* Adds the row that `file` says, or DIMENSION_STORED, unless its key is there; then says whether all values are the
 * same. What the database holds gives way to what a file says, which counts as added. */
enum dimension_result dimension_add(struct dimension *dimension, const struct value *values, uint16_t file,
                                    bool counted);

/* Puts the values of a later file in the place of what is there for their key. */
void dimension_replace(struct dimension *dimension, const struct value *values, uint16_t file);

#endif

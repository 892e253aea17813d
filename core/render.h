/* Rendering: BSON straight to JSON text, without a tree in between.
 *
 * Decimal128 becomes a number with its exact digits, without trailing zeros; a double the shortest text that reads back
 * as the same double; NaN and the infinities null; dates ISO 8601, whole days without a time in a column of type day,
 * and null outside the years 0000 to 9999. */
#ifndef KPI_CORE_RENDER_H
#define KPI_CORE_RENDER_H

#include "core/buffer.h"
#include "core/catalog.h"

/* Appends one row as an object with every column of the definition, in its order; a column that the document lacks is
 * null. What the document has besides is left out. */
void render_row(const struct definition *definition, const bson_t *doc, struct buffer *out);

/* Appends the row of a definition with a single row when nothing was found: sums and counts 0, all else null. */
void render_empty_row(const struct definition *definition, struct buffer *out);

/* Appends any value, documents and arrays included. */
void render_value(const bson_iter_t *value, enum column_type type, struct buffer *out);

/* A column's value in one document. */
struct cell {
    bson_iter_t value;
    bool found;
};

/* Finds the columns of the definition in the document, as long as that lives. */
void render_find(const struct definition *definition, const bson_t *doc, struct cell cells[MAX_COLUMNS]);

void render_double(double value, struct buffer *out);

#endif

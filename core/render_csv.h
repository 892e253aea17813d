/* Rendering as CSV (RFC 4180): commas, CRLF, quotes where a cell needs them, a header line with the columns' names.
 *
 * A text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a CR) gets an apostrophe before
 * it; numbers never do. Null is an empty cell, an empty text a pair of quotes; all else is as in JSON. */
#ifndef KPI_CORE_RENDER_CSV_H
#define KPI_CORE_RENDER_CSV_H

#include "core/buffer.h"
#include "core/catalog.h"

/* Each appends one line. */
void render_csv_header(const struct definition *definition, struct buffer *out);
void render_csv_row(const struct definition *definition, const bson_t *doc, struct buffer *out);

/* The row of a definition with a single row when nothing was found. */
void render_csv_empty_row(const struct definition *definition, struct buffer *out);

#endif

/* Records of a CSV file as their bytes stand in it. */
#ifndef KPI_LOADER_CSV_RAW_H
#define KPI_LOADER_CSV_RAW_H

#include "core/buffer.h"
#include "loader/layout.h"

/* Where a record starts. */
struct csv_place {
    int fd;
    uint64_t offset;
    char line_end;        /* "\n" or "\r" */
    bool first_line_only; /* its quotes are wrong: it ends with its line, whatever they say */
};

/* Appends the record without its line end, and without a byte order mark before it. False when it cannot be read. */
bool csv_raw_append(const struct csv_place *place, size_t most, struct buffer *to);

/* The same as UTF-8 with U+FFFD for what is none, cut to `most` bytes. */
void csv_raw_excerpt(const struct csv_place *place, enum encoding encoding, size_t most, struct buffer *to);

/* Whether every quote that opens a field is closed where the field ends. Quotes within a field that does not begin with
 * one stand for themselves. */
bool csv_raw_quotes_are_right(const char *bytes, size_t n, char delimiter);

#endif

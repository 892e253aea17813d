/* The dirt of the native layout, a row each: see dirty.h. */
#ifndef SAMPLE_DIRTY_ROWS_H
#define SAMPLE_DIRTY_ROWS_H

#include "sample/native.h"

#include <stdbool.h>
#include <stddef.h>

struct dirty_row {
    enum native_file file;
    const char *reason; /* NULL: odd, but to be accepted */
    const char *column; /* NULL: the row as a whole */
    const char *text;
};

/* In the order in which the rows of a file are to come. The last of each file comes at its very end, and those of
 * sellers.csv and reviews.csv without a line feed. They refer to the first location, customer, product, seller
 * and order, which every run has, to each other, or to nothing. */
extern const struct dirty_row dirty_rows[];
extern const size_t dirty_row_count;

#endif

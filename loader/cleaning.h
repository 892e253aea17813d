/* Cleaning: every change to a value, and every difference that was passed over, is counted by kind, never silent. */
#ifndef KPI_LOADER_CLEANING_H
#define KPI_LOADER_CLEANING_H

#include "loader/schema.h"
#include "loader/value.h"

enum { SKIP_REASONS_MOST = 64 };

struct cleaning {
    uint64_t trimmed;                          /* values with spaces around them */
    uint64_t padded;                           /* rows with a value that $pad made longer */
    uint64_t repaired;                         /* rows with a value that $repair changed */
    uint64_t looked_up_otherwise;              /* rows whose looked-up values are not those of their key's first row */
    uint64_t merged;                           /* lines of one product and seller that were summed into an item */
    uint64_t repeated[KIND_COUNT];             /* rows that a file says again, word for word */
    uint64_t differs[KIND_COUNT][FIELDS_MOST]; /* rows whose value is not that of the row that defines the record */
    struct {
        const char *reason; /* as the profile says it; not owned */
        uint64_t rows;
    } skipped[SKIP_REASONS_MOST];
};

/* Counts a row that the profile leaves out. */
void cleaning_skip(struct cleaning *cleaning, const char *reason);

/* Counts the fields in which two records of a kind differ. */
void cleaning_compare(struct cleaning *cleaning, enum kind kind, const struct value *first, const struct value *later);

/* Whether anything was counted. */
bool cleaning_any(const struct cleaning *cleaning);

/* Calls back for every count that is not 0, with what it counts. */
typedef void cleaning_callback(void *context, const char *what, uint64_t count);
void cleaning_list(const struct cleaning *cleaning, cleaning_callback *callback, void *context);

#endif

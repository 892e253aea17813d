/* An error: what kind it is, and one sentence that a user may read.
 *
 * A function that can fail returns bool and fills a trailing `struct error *`; the caller owns the struct, and it holds
 * no memory of its own. The sentence never carries a driver's raw message or a secret: those go to the log. */
#ifndef KPI_CORE_ERROR_H
#define KPI_CORE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum error_kind {
    ERROR_NONE = 0,
    ERROR_INVALID,     /* the input is wrong: the sender must change it */
    ERROR_NOT_FOUND,   /* what was asked for does not exist */
    ERROR_TIMEOUT,     /* it ran past its time limit */
    ERROR_UNAVAILABLE, /* the database is away, or too much is asked of it: try again later */
    ERROR_CHANGED,     /* the data changed meanwhile: the same again will do */
    ERROR_TOO_LARGE,   /* the answer would exceed a bound */
    ERROR_INTERNAL,    /* a defect, or a system call that should not fail */
};

struct error {
    enum error_kind kind;
    char message[512];
};

/* Sets kind and sentence (printf format; cut at the buffer's end). err may be NULL: then nothing happens. */
void error_set(struct error *err, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts `format` and ": " before the sentence that err already holds, as context. The kind stays. */
void error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

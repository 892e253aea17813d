/* Why a row is refused: the fixed list of reasons, and what is wrong in one row. */
#ifndef KPI_LOADER_FAULT_H
#define KPI_LOADER_FAULT_H

#include "core/buffer.h"
#include "loader/arena.h"

/* clang-format off */
#define REASONS(X)                                                                                                     \
    X(MISSING_KEY,       "missing_key",       "the key of a record is empty")                                          \
    X(MISSING_VALUE,     "missing_value",     "a value that must be there is empty")                                   \
    X(BAD_NUMBER,        "bad_number",        "no number, or one that does not fit")                                   \
    X(BAD_DATE,          "bad_date",          "no date in a form that the profile lists, or not of 1900 to 2199")       \
    X(BAD_ENCODING,      "bad_encoding",      "bytes that are no text in the file's encoding, or a NUL")               \
    X(BAD_VALUE,         "bad_value",         "readable, but not one of the values that can be")                       \
    X(NEGATIVE_PRICE,    "negative_price",    "a price or a cost below zero")                                          \
    X(UNKNOWN_REFERENCE, "unknown_reference", "refers to a record that is not there, or was itself rejected")          \
    X(DUPLICATE_KEY,     "duplicate_key",     "a key that was there before, with other content")                       \
    X(TOO_MANY_COLUMNS,  "too_many_columns",  "more fields than the header has columns")                               \
    X(TOO_FEW_COLUMNS,   "too_few_columns",   "fewer fields than the header has columns")
/* clang-format on */

#define REASON_ENUM(id, code, text) REASON_##id,
enum reason { REASONS(REASON_ENUM) REASON_COUNT };
#undef REASON_ENUM

extern const char *const reason_codes[REASON_COUNT];
extern const char *const reason_texts[REASON_COUNT];

struct fault {
    enum reason reason;
    const char *column; /* of the file, or NULL; not owned */
    int field;          /* of the record, where amounts do not go together; else -1 */
    struct text value;  /* as the file has it; not owned */
    char detail[200];   /* a sentence for people */
};

/* Always false, so that a check can end with `return fault_set(…)`. */
bool fault_set(struct fault *fault, enum reason reason, struct text value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends what is wrong, on one line: the column, the first bytes of the value, and the sentence. */
void fault_describe(const struct fault *fault, struct buffer *out);

#endif

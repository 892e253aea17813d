/* A typed value, and records of them packed into few bytes for waiting in memory or on disk. */
#ifndef KPI_LOADER_VALUE_H
#define KPI_LOADER_VALUE_H

#include "core/buffer.h"
#include "core/decimal.h"
#include "loader/arena.h"
#include <stdbool.h>
#include <stdint.h>

enum value_type { VALUE_NULL, VALUE_TEXT, VALUE_NUMBER, VALUE_INTEGER, VALUE_TIME, VALUE_DAY };

/* Text is not owned. VALUE_TIME and VALUE_DAY hold milliseconds since the epoch: a VALUE_TIME is an instant; a
 * VALUE_DAY came from a source that says no time of day, and is the midnight UTC of that day in whatever zone. */
struct value {
    enum value_type type;
    union {
        struct text text;
        struct decimal number;
        int64_t integer;
    };
};

static inline struct value value_null(void)
{
    return (struct value){.type = VALUE_NULL};
}

static inline struct value value_number(struct decimal number)
{
    return (struct value){.type = VALUE_NUMBER, .number = number};
}

static inline struct value value_integer(int64_t integer)
{
    return (struct value){.type = VALUE_INTEGER, .integer = integer};
}

static inline struct value value_text(struct text text)
{
    return (struct value){.type = VALUE_TEXT, .text = text};
}

/* A day and a time are equal when they are the same moment: the database does not tell them apart. */
bool value_equal(const struct value *a, const struct value *b);

/* Whether the first `count` of both are equal. */
bool values_equal(const struct value *a, const struct value *b, size_t count);

/* Appends the values to the buffer. */
void values_pack(struct buffer *to, const struct value *values, size_t count);

/* Reads `count` values back and returns the place behind them. Texts point into the packed bytes. */
const char *values_unpack(const char *from, struct value *values, size_t count);

#endif

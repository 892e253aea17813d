/* Expressions of a profile: where a field's value comes from.
 *
 *     "$Order ID"                                         the text of a column
 *     "shipped"                                           a constant
 *     {"$literal": "$5 off"}                              a constant that starts with "$"
 *     {"$concat": ["$Country", "|", "$City"]}             null parts are left out; null when all columns are
 *     {"$ifNull": ["$Ship Mode", "unknown"]}              the first that is not null
 *     {"$pad": {"input": "$Postal Code", "length": 5, "with": "0"}}   on the left; counted as cleaning
 *     {"$map": {"input": "$status", "values": {"canceled": "cancelled"}, "default": …}}   without default, as it is
 *     {"$add" | "$subtract" | "$multiply": [a, b]}        exact decimals; null when either is
 *     {"$divide": [a, b, digits]}                         rounded half to even; null when either is
 *
 * Values are UTF-8 text until an operator of arithmetic reads them. Immutable once compiled. */
#ifndef KPI_LOADER_EXPRESSION_H
#define KPI_LOADER_EXPRESSION_H

#include "core/error.h"
#include "loader/fault.h"
#include "loader/layout.h"
#include <jansson.h>

struct expression;

/* Gives the number of a column by name; called for every column that an expression names. */
typedef size_t expression_column(void *context, const char *name);

/* The arena owns the expression. NULL: err says at which path ("$pad.length") what is wrong. */
struct expression *expression_compile(const json_t *json, expression_column *column, void *context, struct arena *arena,
                                      struct error *err);

/* The first column that it names, or -1: what a reject shows. */
int expression_first_column(const struct expression *expression);

/* A row as expressions see it. */
struct expression_row {
    const struct text *columns;  /* by number; bytes NULL: null */
    const struct layout *layout; /* how numbers are written */
    struct arena *scratch;       /* for texts that are put together; the caller resets it after the row */
    uint64_t padded;             /* grows by one for every value that $pad changed */
};

bool expression_evaluate(const struct expression *expression, struct expression_row *row, struct value *out,
                         struct fault *fault);

#endif

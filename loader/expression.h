/* Expressions of a profile: where a field's value comes from. loader/profiles/README.md lists them.
 *
 * Values are UTF-8 text until an operator of arithmetic reads them. Immutable once compiled. */
#ifndef KPI_LOADER_EXPRESSION_H
#define KPI_LOADER_EXPRESSION_H

#include "loader/fault.h"
#include "loader/findings.h"
#include "loader/layout.h"
#include "loader/lookup.h"
#include "loader/schema.h"
#include <jansson.h>

struct expression;

/* What an expression may name, and what happens to what is wrong with it. */
struct expression_scope {
    /* Gives the number of a column by name; called for every column that an expression names. */
    size_t (*column)(void *context, const char *name);
    /* Finds the value `get` of the file `from` that is looked up in; adds what is wrong. as_number: it is worked with.
     */
    bool (*lookup)(void *context, const char *from, const char *get, bool as_number, size_t *file, size_t *value);
    void *context;
    const struct layout *layout; /* how the file's dates are written */
    struct arena *arena;         /* owns the expressions */
    struct findings *found;
};

/* The expression of a field of the schema, whose constants are checked to be what the field takes; field NULL: a text.
 * NULL: what is wrong is added at its path (".$pad.length"). */
struct expression *expression_compile(const json_t *json, const struct expression_scope *scope,
                                      const struct schema_field *field);

/* A condition: something that holds for a row or does not. */
struct expression *condition_compile(const json_t *json, const struct expression_scope *scope);

/* The first column that it names, or -1: what a reject shows. */
int expression_first_column(const struct expression *expression);

/* Whether it is the constant null. */
bool expression_is_null(const struct expression *expression);

/* A row as expressions see it. */
struct expression_row {
    const struct text *columns;        /* by number; bytes NULL: null */
    const struct layout *layout;       /* how numbers are written */
    struct lookup *const *lookups;     /* by the profile's number of the file; NULL where it was not given */
    struct arena *scratch;             /* for texts that are put together; the caller resets it after the row */
    uint64_t padded, repaired;         /* grow by one for every value that $pad and $repair changed */
    struct text missed;                /* the key of the last $lookup that found nothing, or no value */
    const struct expression *at_fault; /* after a fault: the part whose value is wrong */
};

bool expression_evaluate(const struct expression *expression, struct expression_row *row, struct value *out,
                         struct fault *fault);

bool condition_evaluate(const struct expression *condition, struct expression_row *row, bool *holds,
                        struct fault *fault);

/* The value as text; a number is written plainly. */
struct text expression_text(const struct value *value, struct arena *scratch);

#endif

/* What the parts of the compiler of expressions share: constants (expression_constant.c), operators with an object
 * (expression_object.c) and all others (expression_compile.c), and what they are wanted for. */
#ifndef KPI_LOADER_EXPRESSION_COMPILER_H
#define KPI_LOADER_EXPRESSION_COMPILER_H

#include "loader/expression_tree.h"

/* What an expression is wanted for: its constants must be good for that. */
enum want { WANT_TEXT, WANT_NUMBER, WANT_TIME, WANT_STATUS };

struct wanted {
    enum want want;
    const struct schema_field *field; /* whose value it becomes, or NULL */
};

/* What compiling needs at every level. */
struct compiler {
    const struct expression_scope *scope;
    struct findings *found;
    int depth;
};

struct wanted wanted_by(const struct schema_field *field);

/* An expression with room for so many arguments. */
struct expression *compiler_new(struct compiler *c, enum op op, size_t arguments);

/* Constants: null, a text, a number of the profile's JSON. NULL: it is not what is wanted, which is added. */
struct expression *compiler_null(struct compiler *c);
struct expression *compiler_text(struct compiler *c, const char *text, struct wanted wanted);
struct expression *compiler_number(struct compiler *c, const json_t *json, struct wanted wanted);

/* An expression, or a condition, at any depth. NULL: what is wrong is added. */
struct expression *compiler_expression(struct compiler *c, const json_t *json, struct wanted wanted);
struct expression *compiler_condition(struct compiler *c, const json_t *json);

/* The same as the next argument of an expression that has room for it; false when it is NULL. */
bool compiler_add(struct compiler *c, struct expression *e, const json_t *json, struct wanted wanted);
bool compiler_add_condition(struct compiler *c, struct expression *e, const json_t *json);

/* $pad, $repair, $map, $if or $lookup, whose argument is an object with members. */
struct expression *compiler_object(struct compiler *c, enum op op, const json_t *object, struct wanted wanted);

#endif

/* The compiled form of expressions: what expression_compile.c makes and expression.c evaluates. */
#ifndef KPI_LOADER_EXPRESSION_TREE_H
#define KPI_LOADER_EXPRESSION_TREE_H

#include "loader/expression.h"
#include "loader/latin.h"

enum op {
    OP_CONSTANT,
    OP_COLUMN,
    OP_CONCAT,
    OP_IF_NULL,
    OP_PAD,
    OP_MAP,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_IF,
    OP_REPAIR,
    OP_LOOKUP,
    /* Conditions. */
    OP_EQUAL,
    OP_EQUAL_NUMBER,
    OP_NOT_EQUAL,
    OP_NOT_EQUAL_NUMBER,
    OP_GREATER,
    OP_LESS,
    OP_STARTS_WITH,
    OP_EMPTY,
    OP_AND,
    OP_OR,
    OP_NOT
};

struct expression {
    enum op op;
    struct value constant;            /* null, text or number */
    char with;                        /* of $pad */
    size_t number;                    /* of a column; the length of $pad; the digits of $divide; the file of $lookup */
    size_t value;                     /* of $lookup */
    enum latin_case letters;          /* of $repair */
    bool without_accents;             /* of $repair */
    size_t count;                     /* arguments */
    struct expression **arguments;    /* $if: when, then, else */
    struct text *names;               /* of $map: values to replace, */
    struct expression **replacements; /* and constants instead of them */
    size_t name_count;
};

#endif

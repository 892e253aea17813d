#include "core/nearest.h"
#include "loader/expression_compiler.h"

#include <stdint.h>
#include <string.h>

enum { LIST_MOST = 64, DEPTH_MOST = 32 };

static const struct wanted text_wanted = {WANT_TEXT, NULL}, number_wanted = {WANT_NUMBER, NULL};

static struct expression *compile_text(struct compiler *c, const char *text, struct wanted wanted)
{
    struct expression *e;
    if (text[0] != '$')
        return compiler_text(c, text, wanted);
    if (!text[1]) {
        findings_add(c->found, "\"$\" names no column; {\"$literal\": \"$\"} is that text");
        return NULL;
    }
    e = compiler_new(c, OP_COLUMN, 0);
    e->number = c->scope->column(c->scope->context, text + 1);
    return e;
}

bool compiler_add(struct compiler *c, struct expression *e, const json_t *json, struct wanted wanted)
{
    e->arguments[e->count] = compiler_expression(c, json, wanted);
    return e->arguments[e->count++];
}

bool compiler_add_condition(struct compiler *c, struct expression *e, const json_t *json)
{
    e->arguments[e->count] = compiler_condition(c, json);
    return e->arguments[e->count++];
}

static const char *count_text(size_t least, size_t most)
{
    return least == 2 && most == 2 ? "two" : least == 3 ? "three" : "one to 64";
}

/* The arguments of an operator that takes an array. */
static struct expression *compile_list(struct compiler *c, enum op op, const json_t *list, size_t least, size_t most,
                                       struct wanted wanted)
{
    size_t n = json_array_size(list);
    struct expression *e = compiler_new(c, op, n);
    bool ok = true;
    if (!json_is_array(list) || n < least || n > most) {
        findings_add(c->found, "takes an array of %s", count_text(least, most));
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        size_t where = findings_enter(c->found, "[%zu]", i);
        if (op == OP_AND || op == OP_OR)
            ok = compiler_add_condition(c, e, json_array_get(list, i)) && ok;
        else
            ok = compiler_add(c, e, json_array_get(list, i), wanted) && ok;
        findings_leave(c->found, where);
    }
    return ok ? e : NULL;
}

static struct expression *compile_divide(struct compiler *c, const json_t *list)
{
    struct expression *e;
    const json_t *digits = json_array_get(list, 2);
    json_t *two;
    if (json_array_size(list) != 3 || !json_is_integer(digits) || json_integer_value(digits) < 0 ||
        json_integer_value(digits) > 12) {
        findings_add(c->found, "takes an array of three: dividend, divisor, digits behind the point (0 to 12)");
        return NULL;
    }
    two = json_pack("[OO]", json_array_get(list, 0), json_array_get(list, 1));
    e = compile_list(c, OP_DIVIDE, two, 2, 2, number_wanted);
    json_decref(two);
    if (e)
        e->number = (size_t)json_integer_value(digits);
    if (e && e->arguments[1]->op == OP_CONSTANT && e->arguments[1]->constant.type == VALUE_NUMBER &&
        decimal_sign(e->arguments[1]->constant.number) == 0) {
        findings_add(c->found, "divides by 0");
        return NULL;
    }
    return e;
}

static struct expression *compile_literal(struct compiler *c, const json_t *argument, struct wanted wanted)
{
    if (json_is_string(argument))
        return compiler_text(c, json_string_value(argument), wanted);
    findings_add(c->found, "takes a text");
    return NULL;
}

/* Operators that give a number, which is no date and no status. */
static struct expression *compile_arithmetic(struct compiler *c, enum op op, const json_t *argument,
                                             struct wanted wanted)
{
    if (wanted.want == WANT_TIME || wanted.want == WANT_STATUS) {
        findings_add(c->found, "gives a number, where a %s is wanted", wanted.want == WANT_TIME ? "date" : "status");
        return NULL;
    }
    return op == OP_DIVIDE ? compile_divide(c, argument) : compile_list(c, op, argument, 2, 2, number_wanted);
}

static const struct operator_name {
    const char *name;
    enum op op;
    bool condition;
} operators[] = {
    {"$literal", OP_CONSTANT, false},
    {"$concat", OP_CONCAT, false},
    {"$ifNull", OP_IF_NULL, false},
    {"$pad", OP_PAD, false},
    {"$map", OP_MAP, false},
    {"$add", OP_ADD, false},
    {"$subtract", OP_SUBTRACT, false},
    {"$multiply", OP_MULTIPLY, false},
    {"$divide", OP_DIVIDE, false},
    {"$if", OP_IF, false},
    {"$repair", OP_REPAIR, false},
    {"$lookup", OP_LOOKUP, false},
    {"$eq", OP_EQUAL, true},
    {"$ne", OP_NOT_EQUAL, true},
    {"$gt", OP_GREATER, true},
    {"$lt", OP_LESS, true},
    {"$startsWith", OP_STARTS_WITH, true},
    {"$empty", OP_EMPTY, true},
    {"$and", OP_AND, true},
    {"$or", OP_OR, true},
    {"$not", OP_NOT, true},
};

enum { OPERATOR_COUNT = sizeof operators / sizeof operators[0] };

/* The operator of an object with one key; NULL: what is wrong is added. */
static const struct operator_name *find_operator(struct compiler *c, const json_t *json, bool condition)
{
    const char *what = condition ? "a condition" : "an expression", *best = NULL, *name;
    unsigned distance;
    if (!json_is_object(json) || json_object_size(json) != 1) {
        findings_add(c->found, "%s is %s", what,
                     condition ? "an object with one operator"
                               : "a text, a number, null or an object with one operator");
        return NULL;
    }
    name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)json));
    for (int i = 0; i < OPERATOR_COUNT; i++) {
        if (strcmp(operators[i].name, name) == 0 && operators[i].condition == condition)
            return &operators[i];
        if (operators[i].condition == condition)
            nearest_consider(name, operators[i].name, &best, &distance);
    }
    findings_add(c->found, "%s is no operator of %s%s%s%s", name, what, best ? "; the nearest is " : "",
                 best ? best : "", strcmp(name, "$sum") == 0 ? "; it stands around a value of a lookup only" : "");
    return NULL;
}

static struct expression *compile_operator(struct compiler *c, const struct operator_name *known,
                                           const json_t *argument, struct wanted wanted)
{
    switch (known->op) {
    case OP_CONSTANT:
        return compile_literal(c, argument, wanted);
    case OP_CONCAT:
        return compile_list(c, OP_CONCAT, argument, 1, LIST_MOST, text_wanted);
    case OP_IF_NULL:
        return compile_list(c, OP_IF_NULL, argument, 1, LIST_MOST, wanted);
    case OP_PAD:
    case OP_MAP:
    case OP_IF:
    case OP_REPAIR:
    case OP_LOOKUP:
        return compiler_object(c, known->op, argument, wanted);
    default:
        return compile_arithmetic(c, known->op, argument, wanted);
    }
}

/* Goes into the only member of an operator's object. */
static const json_t *enter_operator(struct compiler *c, const json_t *json, size_t *where)
{
    void *only = json_object_iter((json_t *)(uintptr_t)json);
    *where = findings_enter(c->found, ".%s", json_object_iter_key(only));
    return json_object_iter_value(only);
}

struct expression *compiler_expression(struct compiler *c, const json_t *json, struct wanted wanted)
{
    const struct operator_name *known;
    struct expression *e = NULL;
    size_t where;
    if (json_is_string(json))
        return compile_text(c, json_string_value(json), wanted);
    if (json_is_number(json))
        return compiler_number(c, json, wanted);
    if (json_is_null(json))
        return compiler_null(c);
    known = find_operator(c, json, false);
    if (!known)
        return NULL;
    if (++c->depth > DEPTH_MOST) {
        findings_add(c->found, "is nested more than %d deep", DEPTH_MOST);
    } else {
        const json_t *argument = enter_operator(c, json, &where);
        e = compile_operator(c, known, argument, wanted);
        findings_leave(c->found, where);
    }
    c->depth--;
    return e;
}

/* Whether a side of a comparison says that numbers are compared: a JSON number, or arithmetic. */
static bool compares_numbers(const json_t *pair)
{
    for (size_t i = 0; i < 2; i++) {
        const json_t *side = json_array_get(pair, i);
        if (json_is_number(side) || json_object_get(side, "$add") || json_object_get(side, "$subtract") ||
            json_object_get(side, "$multiply") || json_object_get(side, "$divide"))
            return true;
    }
    return false;
}

static struct expression *compile_equal(struct compiler *c, enum op op, const json_t *pair)
{
    bool numbers = compares_numbers(pair);
    for (size_t i = 0; i < 2; i++) {
        if (json_is_string(json_array_get(pair, i)) && json_string_length(json_array_get(pair, i)) == 0) {
            findings_add(c->found, "compares with an empty text, which no value is; $empty asks for that");
            return NULL;
        }
    }
    enum op of_numbers = op == OP_EQUAL ? OP_EQUAL_NUMBER : OP_NOT_EQUAL_NUMBER;
    return compile_list(c, numbers ? of_numbers : op, pair, 2, 2, numbers ? number_wanted : text_wanted);
}

static struct expression *compile_one(struct compiler *c, enum op op, const json_t *argument)
{
    struct expression *e = compiler_new(c, op, 1);
    bool ok = op == OP_NOT ? compiler_add_condition(c, e, argument) : compiler_add(c, e, argument, text_wanted);
    return ok ? e : NULL;
}

struct expression *compiler_condition(struct compiler *c, const json_t *json)
{
    const struct operator_name *known = find_operator(c, json, true);
    struct expression *e = NULL;
    const json_t *argument;
    size_t where;
    if (!known)
        return NULL;
    if (++c->depth > DEPTH_MOST) {
        findings_add(c->found, "is nested more than %d deep", DEPTH_MOST);
        c->depth--;
        return NULL;
    }
    argument = enter_operator(c, json, &where);
    if (known->op == OP_EQUAL || known->op == OP_NOT_EQUAL)
        e = compile_equal(c, known->op, argument);
    else if (known->op == OP_GREATER || known->op == OP_LESS)
        e = compile_list(c, known->op, argument, 2, 2, number_wanted);
    else if (known->op == OP_STARTS_WITH)
        e = compile_list(c, known->op, argument, 2, 2, text_wanted);
    else if (known->op == OP_AND || known->op == OP_OR)
        e = compile_list(c, known->op, argument, 1, LIST_MOST, text_wanted);
    else
        e = compile_one(c, known->op, argument);
    findings_leave(c->found, where);
    c->depth--;
    return e;
}

struct expression *expression_compile(const json_t *json, const struct expression_scope *scope,
                                      const struct schema_field *field)
{
    struct compiler c = {scope, scope->found, 0};
    return compiler_expression(&c, json, wanted_by(field));
}

struct expression *condition_compile(const json_t *json, const struct expression_scope *scope)
{
    struct compiler c = {scope, scope->found, 0};
    return compiler_condition(&c, json);
}

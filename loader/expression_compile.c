#include "core/nearest.h"
#include "loader/expression_compiler.h"

#include <stdint.h>
#include <string.h>

enum { LIST_MOST = 64, DEPTH_MOST = 32 };

static const struct wanted text_wanted = {WANT_TEXT, NULL}, number_wanted = {WANT_NUMBER, NULL};

static struct expression *compile(struct compiler *c, const json_t *json, struct wanted wanted);
static struct expression *compile_condition(struct compiler *c, const json_t *json);

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

/* Compiles an argument at a place of the path. */
static bool add_argument(struct compiler *c, struct expression *e, const json_t *json, struct wanted wanted)
{
    e->arguments[e->count] = compile(c, json, wanted);
    return e->arguments[e->count++];
}

static bool add_condition(struct compiler *c, struct expression *e, const json_t *json)
{
    e->arguments[e->count] = compile_condition(c, json);
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
            ok = add_condition(c, e, json_array_get(list, i)) && ok;
        else
            ok = add_argument(c, e, json_array_get(list, i), wanted) && ok;
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

/* A member of an operator's object as an argument. */
static bool add_member(struct compiler *c, struct expression *e, const json_t *object, const char *key,
                       struct wanted wanted)
{
    const json_t *value = json_object_get(object, key);
    size_t where;
    bool ok;
    if (!value)
        return findings_add(c->found, "lacks \"%s\"", key);
    where = findings_enter(c->found, ".%s", key);
    ok = add_argument(c, e, value, wanted);
    findings_leave(c->found, where);
    return ok;
}

static struct expression *compile_pad(struct compiler *c, const json_t *object)
{
    static const char *const keys[] = {"input", "length", "with", NULL};
    struct expression *e = compiler_new(c, OP_PAD, 1);
    const char *with = json_string_value(json_object_get(object, "with"));
    const json_t *length = json_object_get(object, "length");
    bool ok = findings_object(c->found, object, keys, "$pad");
    if (!json_is_object(object))
        return NULL;
    if (!with || strlen(with) != 1 || (with[0] & 0x80) || !json_is_integer(length) || json_integer_value(length) < 1 ||
        json_integer_value(length) > 64)
        ok = findings_add(c->found, "takes a \"length\" from 1 to 64 and one character \"with\"");
    if (!add_member(c, e, object, "input", text_wanted) || !ok)
        return NULL;
    e->with = with[0];
    e->number = (size_t)json_integer_value(length);
    return e;
}

static struct expression *compile_repair(struct compiler *c, const json_t *object)
{
    static const char *const keys[] = {"input", "case", "accents", NULL};
    static const char *const cases[] = {"keep", "lower", "upper", "title"};
    const char *letters = findings_text(c->found, object, "case", false);
    const char *accents = findings_text(c->found, object, "accents", false);
    struct expression *e = compiler_new(c, OP_REPAIR, 1);
    bool known = !letters, ok = findings_object(c->found, object, keys, "$repair");
    if (!json_is_object(object))
        return NULL;
    for (int i = 0; letters && i < 4; i++) {
        if (strcmp(letters, cases[i]) == 0) {
            e->letters = (enum latin_case)i;
            known = true;
        }
    }
    if (!known)
        ok = findings_add(c->found, "\"case\" is to be keep, lower, upper or title");
    if (accents && strcmp(accents, "keep") != 0 && strcmp(accents, "remove") != 0)
        ok = findings_add(c->found, "\"accents\" is to be keep or remove");
    e->without_accents = accents && strcmp(accents, "remove") == 0;
    return add_member(c, e, object, "input", text_wanted) && ok ? e : NULL;
}

static bool compile_values(struct compiler *c, struct expression *e, const json_t *values, struct wanted wanted)
{
    const char *from;
    json_t *to;
    bool ok = true;
    e->names = arena_take(c->scope->arena, (json_object_size(values) + 1) * sizeof *e->names);
    e->replacements = arena_take(c->scope->arena, (json_object_size(values) + 1) * sizeof *e->replacements);
    json_object_foreach((json_t *)(uintptr_t)values, from, to)
    {
        size_t where = findings_enter(c->found, ".values.%s", from);
        struct expression *constant_of = NULL;
        if (!json_is_string(to) && !json_is_null(to))
            findings_add(c->found, "is to be a text or null");
        else if (json_is_null(to))
            constant_of = compiler_null(c);
        else
            constant_of = compiler_text(c, json_string_value(to), wanted);
        ok = ok && constant_of;
        e->names[e->name_count] = text_of(arena_string(c->scope->arena, from));
        e->replacements[e->name_count++] = constant_of;
        findings_leave(c->found, where);
    }
    return ok;
}

static struct expression *compile_map(struct compiler *c, const json_t *object, struct wanted wanted)
{
    static const char *const keys[] = {"input", "values", "default", NULL};
    struct expression *e = compiler_new(c, OP_MAP, 2);
    const json_t *values = json_object_get(object, "values");
    bool ok = findings_object(c->found, object, keys, "$map");
    if (!json_is_object(object))
        return NULL;
    ok = add_member(c, e, object, "input", text_wanted) && ok;
    if (!json_is_object(values))
        ok = findings_add(c->found, "takes an object \"values\"");
    else
        ok = compile_values(c, e, values, wanted) && ok;
    if (json_object_get(object, "default"))
        ok = add_member(c, e, object, "default", wanted) && ok;
    return ok ? e : NULL;
}

static struct expression *compile_if(struct compiler *c, const json_t *object, struct wanted wanted)
{
    static const char *const keys[] = {"when", "then", "else", NULL};
    struct expression *e = compiler_new(c, OP_IF, 3);
    const json_t *when = json_object_get(object, "when");
    bool ok = findings_object(c->found, object, keys, "$if");
    if (!json_is_object(object))
        return NULL;
    if (when) {
        size_t where = findings_enter(c->found, ".when");
        ok = add_condition(c, e, when) && ok;
        findings_leave(c->found, where);
    } else {
        ok = findings_add(c->found, "lacks \"when\"");
    }
    ok = add_member(c, e, object, "then", wanted) && ok;
    if (json_object_get(object, "else"))
        ok = add_member(c, e, object, "else", wanted) && ok;
    return ok ? e : NULL;
}

static struct expression *compile_lookup(struct compiler *c, const json_t *object, struct wanted wanted)
{
    static const char *const keys[] = {"from", "key", "get", NULL};
    struct expression *e = compiler_new(c, OP_LOOKUP, 1);
    bool ok = findings_object(c->found, object, keys, "$lookup");
    const char *from, *get;
    if (!json_is_object(object))
        return NULL;
    from = findings_text(c->found, object, "from", true);
    get = findings_text(c->found, object, "get", true);
    ok = add_member(c, e, object, "key", text_wanted) && ok;
    if (!from || !get)
        return NULL;
    return c->scope->lookup(c->scope->context, from, get, wanted.want == WANT_NUMBER, &e->number, &e->value) && ok
               ? e
               : NULL;
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
        return compile_pad(c, argument);
    case OP_MAP:
        return compile_map(c, argument, wanted);
    case OP_IF:
        return compile_if(c, argument, wanted);
    case OP_REPAIR:
        return compile_repair(c, argument);
    case OP_LOOKUP:
        return compile_lookup(c, argument, wanted);
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

static struct expression *compile(struct compiler *c, const json_t *json, struct wanted wanted)
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
    bool ok = op == OP_NOT ? add_condition(c, e, argument) : add_argument(c, e, argument, text_wanted);
    return ok ? e : NULL;
}

static struct expression *compile_condition(struct compiler *c, const json_t *json)
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
    return compile(&c, json, wanted_by(field));
}

struct expression *condition_compile(const json_t *json, const struct expression_scope *scope)
{
    struct compiler c = {scope, scope->found, 0};
    return compile_condition(&c, json);
}

#include "loader/expression.h"

#include <stdio.h>
#include <string.h>

enum op { OP_CONSTANT, OP_COLUMN, OP_CONCAT, OP_IF_NULL, OP_PAD, OP_MAP, OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE };

struct expression {
    enum op op;
    struct text text; /* of a constant; the padding of $pad */
    size_t number;    /* of a column; the length of $pad; the digits of $divide */
    size_t count;     /* arguments */
    struct expression **arguments;
    struct text *names; /* of $map: values to replace, and their replacements */
    struct text *replacements;
    size_t name_count;
};

/* What compiling needs at every level. */
struct compiler {
    expression_column *column;
    void *context;
    struct arena *arena;
    struct error *err;
};

static struct expression *compile(struct compiler *c, const json_t *json);

static struct expression *new_expression(struct compiler *c, enum op op)
{
    struct expression *e = arena_take(c->arena, sizeof *e);
    *e = (struct expression){.op = op};
    return e;
}

static struct expression *wrong(struct compiler *c, const char *name, const char *what)
{
    error_set(c->err, ERROR_INVALID, "%s %s", name, what);
    return NULL;
}

static struct expression *constant(struct compiler *c, const char *text)
{
    struct expression *e = new_expression(c, OP_CONSTANT);
    e->text = text_of(arena_string(c->arena, text));
    return e;
}

static struct expression *compile_text(struct compiler *c, const char *text)
{
    struct expression *e;
    if (text[0] != '$')
        return constant(c, text);
    if (!text[1])
        return wrong(c, "\"$\"", "names no column");
    e = new_expression(c, OP_COLUMN);
    e->number = c->column(c->context, text + 1);
    return e;
}

/* The arguments of an operator that takes an array. */
static struct expression *compile_list(struct compiler *c, const char *name, enum op op, const json_t *list,
                                       size_t least, size_t most)
{
    struct expression *e = new_expression(c, op);
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n < least || n > most)
        return wrong(c, name, most == 2 ? "takes an array of two" : "takes an array of one or more");
    e->arguments = arena_take(c->arena, n * sizeof *e->arguments);
    for (; e->count < n; e->count++) {
        e->arguments[e->count] = compile(c, json_array_get(list, e->count));
        if (!e->arguments[e->count]) {
            error_prefix(c->err, "%s[%zu]", name, e->count);
            return NULL;
        }
    }
    return e;
}

static struct expression *compile_divide(struct compiler *c, const json_t *list)
{
    struct expression *e;
    json_t *two, *digits = json_array_get(list, 2);
    if (json_array_size(list) != 3 || !json_is_integer(digits) || json_integer_value(digits) < 0 ||
        json_integer_value(digits) > 12)
        return wrong(c, "$divide", "takes an array of three: dividend, divisor, digits behind the point (0 to 12)");
    two = json_pack("[OO]", json_array_get(list, 0), json_array_get(list, 1));
    e = compile_list(c, "$divide", OP_DIVIDE, two, 2, 2);
    json_decref(two);
    if (e)
        e->number = (size_t)json_integer_value(digits);
    return e;
}

/* The "input" of $pad and $map as the only argument. */
static bool compile_input(struct compiler *c, const char *name, const json_t *object, struct expression *e)
{
    const json_t *input = json_object_get(object, "input");
    if (!input) {
        wrong(c, name, "takes an object with an \"input\"");
        return false;
    }
    e->arguments = arena_take(c->arena, 2 * sizeof *e->arguments);
    e->arguments[0] = compile(c, input);
    e->count = 1;
    if (!e->arguments[0])
        error_prefix(c->err, "%s.input", name);
    return e->arguments[0];
}

static struct expression *compile_pad(struct compiler *c, const json_t *object)
{
    struct expression *e = new_expression(c, OP_PAD);
    const char *with = json_string_value(json_object_get(object, "with"));
    json_int_t length = json_integer_value(json_object_get(object, "length"));
    if (!compile_input(c, "$pad", object, e))
        return NULL;
    if (!with || strlen(with) != 1 || length < 1 || length > 64)
        return wrong(c, "$pad", "takes a \"length\" from 1 to 64 and one character \"with\"");
    e->text = text_of(arena_string(c->arena, with));
    e->number = (size_t)length;
    return e;
}

static struct expression *compile_map(struct compiler *c, const json_t *object)
{
    struct expression *e = new_expression(c, OP_MAP);
    json_t *values = json_object_get(object, "values"), *to, *fallback = json_object_get(object, "default");
    const char *from;
    if (!compile_input(c, "$map", object, e))
        return NULL;
    if (!json_is_object(values))
        return wrong(c, "$map", "takes an object \"values\"");
    e->names = arena_take(c->arena, (json_object_size(values) + 1) * sizeof *e->names);
    e->replacements = arena_take(c->arena, (json_object_size(values) + 1) * sizeof *e->replacements);
    json_object_foreach(values, from, to)
    {
        if (!json_is_string(to) && !json_is_null(to))
            return wrong(c, "$map.values", "may hold strings and null only");
        e->names[e->name_count] = text_of(arena_string(c->arena, from));
        e->replacements[e->name_count++] = text_of(arena_string(c->arena, json_string_value(to)));
    }
    if (fallback) {
        e->arguments[1] = compile(c, fallback);
        e->count = 2;
        if (!e->arguments[1]) {
            error_prefix(c->err, "$map.default");
            return NULL;
        }
    }
    return e;
}

static struct expression *compile_operator(struct compiler *c, const char *name, const json_t *argument)
{
    if (strcmp(name, "$literal") == 0)
        return json_is_string(argument) ? constant(c, json_string_value(argument)) : wrong(c, name, "takes a string");
    if (strcmp(name, "$concat") == 0)
        return compile_list(c, name, OP_CONCAT, argument, 1, 64);
    if (strcmp(name, "$ifNull") == 0)
        return compile_list(c, name, OP_IF_NULL, argument, 1, 64);
    if (strcmp(name, "$add") == 0)
        return compile_list(c, name, OP_ADD, argument, 2, 2);
    if (strcmp(name, "$subtract") == 0)
        return compile_list(c, name, OP_SUBTRACT, argument, 2, 2);
    if (strcmp(name, "$multiply") == 0)
        return compile_list(c, name, OP_MULTIPLY, argument, 2, 2);
    if (strcmp(name, "$divide") == 0)
        return compile_divide(c, argument);
    if (strcmp(name, "$pad") == 0)
        return compile_pad(c, argument);
    if (strcmp(name, "$map") == 0)
        return compile_map(c, argument);
    return wrong(c, name, "is no operator of a profile");
}

static struct expression *compile(struct compiler *c, const json_t *json)
{
    char number[32];
    void *only;
    switch (json_typeof(json)) {
    case JSON_STRING:
        return compile_text(c, json_string_value(json));
    case JSON_NULL:
        return constant(c, NULL);
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(json));
        return constant(c, number);
    case JSON_OBJECT:
        only = json_object_iter((json_t *)(uintptr_t)json);
        if (json_object_size(json) == 1)
            return compile_operator(c, json_object_iter_key(only), json_object_iter_value(only));
        return wrong(c, "an expression", "is an object with one operator");
    default:
        return wrong(c, "an expression", "is a string, a whole number, null or an object with one operator");
    }
}

struct expression *expression_compile(const json_t *json, expression_column *column, void *context, struct arena *arena,
                                      struct error *err)
{
    struct compiler c = {column, context, arena, err};
    return compile(&c, json);
}

int expression_first_column(const struct expression *e)
{
    if (e->op == OP_COLUMN)
        return (int)e->number;
    for (size_t i = 0; i < e->count; i++) {
        int column = expression_first_column(e->arguments[i]);
        if (column >= 0)
            return column;
    }
    return -1;
}

static bool evaluate_number(const struct expression *e, struct expression_row *row, struct value *out,
                            struct fault *fault)
{
    struct decimal number;
    if (!expression_evaluate(e, row, out, fault))
        return false;
    if (out->type != VALUE_TEXT)
        return true;
    if (!decimal_parse(out->text.bytes, out->text.n, row->layout->numbers, &number))
        return fault_set(fault, REASON_BAD_NUMBER, out->text, "is not a number with '%c' as its decimal point",
                         row->layout->numbers.point);
    *out = value_number(number);
    return true;
}

static bool evaluate_arithmetic(const struct expression *e, struct expression_row *row, struct value *out,
                                struct fault *fault)
{
    struct value a, b;
    struct decimal result = {0, 0};
    bool ok;
    if (!evaluate_number(e->arguments[0], row, &a, fault) || !evaluate_number(e->arguments[1], row, &b, fault))
        return false;
    *out = value_null();
    if (a.type == VALUE_NULL || b.type == VALUE_NULL)
        return true;
    if (e->op == OP_ADD)
        ok = decimal_add(a.number, b.number, &result);
    else if (e->op == OP_SUBTRACT)
        ok = decimal_subtract(a.number, b.number, &result);
    else if (e->op == OP_MULTIPLY)
        ok = decimal_multiply(a.number, b.number, &result);
    else
        ok = decimal_divide(a.number, b.number, (int)e->number, &result);
    if (!ok)
        return fault_set(fault, REASON_BAD_NUMBER, (struct text){0}, "cannot be worked out: %s",
                         e->op == OP_DIVIDE && decimal_sign(b.number) == 0 ? "division by zero" : "too many digits");
    *out = value_number(result);
    return true;
}

/* The text of a value; numbers are written plainly. */
static struct text text_form(const struct value *value, struct arena *scratch)
{
    char text[DECIMAL_TEXT_MAX];
    if (value->type == VALUE_TEXT)
        return value->text;
    if (value->type == VALUE_NULL)
        return (struct text){0};
    return arena_copy(scratch, (struct text){text, decimal_text(value->number, text)});
}

static bool evaluate_concat(const struct expression *e, struct expression_row *row, struct value *out,
                            struct fault *fault)
{
    struct text parts[64];
    size_t n = 0;
    bool any = false;
    char *bytes;
    for (size_t i = 0; i < e->count; i++) {
        struct value part;
        if (!expression_evaluate(e->arguments[i], row, &part, fault))
            return false;
        parts[i] = text_form(&part, row->scratch);
        n += parts[i].n;
        any = any || (parts[i].bytes && e->arguments[i]->op != OP_CONSTANT);
    }
    *out = value_null();
    if (!any)
        return true;
    bytes = arena_bytes(row->scratch, n);
    n = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (parts[i].n)
            memcpy(bytes + n, parts[i].bytes, parts[i].n);
        n += parts[i].n;
    }
    *out = value_text((struct text){bytes, n});
    return true;
}

static bool evaluate_pad(const struct expression *e, struct expression_row *row, struct value *out, struct fault *fault)
{
    struct text input;
    char *bytes;
    if (!expression_evaluate(e->arguments[0], row, out, fault))
        return false;
    input = text_form(out, row->scratch);
    if (!input.bytes || input.n >= e->number)
        return true;
    bytes = arena_bytes(row->scratch, e->number);
    memset(bytes, e->text.bytes[0], e->number - input.n);
    memcpy(bytes + e->number - input.n, input.bytes, input.n);
    *out = value_text((struct text){bytes, e->number});
    row->padded++;
    return true;
}

static bool evaluate_map(const struct expression *e, struct expression_row *row, struct value *out, struct fault *fault)
{
    struct text input;
    if (!expression_evaluate(e->arguments[0], row, out, fault))
        return false;
    input = text_form(out, row->scratch);
    if (!input.bytes)
        input.bytes = "";
    for (size_t i = 0; i < e->name_count; i++) {
        if (text_equal(e->names[i], input)) {
            *out = e->replacements[i].bytes ? value_text(e->replacements[i]) : value_null();
            return true;
        }
    }
    return e->count < 2 || expression_evaluate(e->arguments[1], row, out, fault);
}

bool expression_evaluate(const struct expression *e, struct expression_row *row, struct value *out, struct fault *fault)
{
    struct text text;
    switch (e->op) {
    case OP_CONSTANT:
    case OP_COLUMN:
        text = e->op == OP_COLUMN ? row->columns[e->number] : e->text;
        *out = text.bytes ? value_text(text) : value_null();
        return true;
    case OP_CONCAT:
        return evaluate_concat(e, row, out, fault);
    case OP_IF_NULL:
        for (size_t i = 0; i < e->count; i++) {
            if (!expression_evaluate(e->arguments[i], row, out, fault))
                return false;
            if (out->type != VALUE_NULL)
                return true;
        }
        return true;
    case OP_PAD:
        return evaluate_pad(e, row, out, fault);
    case OP_MAP:
        return evaluate_map(e, row, out, fault);
    default:
        return evaluate_arithmetic(e, row, out, fault);
    }
}

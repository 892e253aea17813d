#include "loader/expression_tree.h"

#include <string.h>

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

bool expression_is_null(const struct expression *e)
{
    return e->op == OP_CONSTANT && e->constant.type == VALUE_NULL;
}

struct text expression_text(const struct value *value, struct arena *scratch)
{
    char text[DECIMAL_TEXT_MAX];
    if (value->type == VALUE_TEXT)
        return value->text;
    if (value->type != VALUE_NUMBER)
        return (struct text){0};
    return arena_copy(scratch, (struct text){text, decimal_text(value->number, text)});
}

static bool evaluate_text(const struct expression *e, struct expression_row *row, struct text *out, struct fault *fault)
{
    struct value value;
    if (!expression_evaluate(e, row, &value, fault))
        return false;
    *out = expression_text(&value, row->scratch);
    return true;
}

static bool evaluate_number(const struct expression *e, struct expression_row *row, struct value *out,
                            struct fault *fault)
{
    struct decimal number;
    if (!expression_evaluate(e, row, out, fault))
        return false;
    if (out->type != VALUE_TEXT)
        return true;
    if (!number_read(out->text, &row->layout->numbers, &number, fault)) {
        row->at_fault = e;
        return false;
    }
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

static bool evaluate_concat(const struct expression *e, struct expression_row *row, struct value *out,
                            struct fault *fault)
{
    struct text parts[64];
    size_t n = 0;
    bool any = false;
    char *bytes;
    for (size_t i = 0; i < e->count; i++) {
        if (!evaluate_text(e->arguments[i], row, &parts[i], fault))
            return false;
        n += parts[i].n;
        any = any || (parts[i].bytes && e->arguments[i]->op != OP_CONSTANT);
    }
    *out = value_null();
    if (!any)
        return true;
    bytes = arena_bytes(row->scratch, n);
    n = 0;
    for (size_t i = 0; i < e->count; i++) {
        if (parts[i].bytes)
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
    input = expression_text(out, row->scratch);
    if (!input.bytes || input.n >= e->number)
        return true;
    bytes = arena_bytes(row->scratch, e->number);
    memset(bytes, e->with, e->number - input.n);
    memcpy(bytes + e->number - input.n, input.bytes, input.n);
    *out = value_text((struct text){bytes, e->number});
    row->padded++;
    return true;
}

static bool evaluate_repair(const struct expression *e, struct expression_row *row, struct value *out,
                            struct fault *fault)
{
    struct text input, repaired;
    *out = value_null();
    if (!evaluate_text(e->arguments[0], row, &input, fault))
        return false;
    if (!input.bytes)
        return true;
    repaired = latin_repair(input, e->letters, e->without_accents, row->scratch);
    row->repaired += !text_equal(input, repaired);
    if (repaired.n)
        *out = value_text(repaired);
    return true;
}

static bool evaluate_map(const struct expression *e, struct expression_row *row, struct value *out, struct fault *fault)
{
    struct text input;
    if (!expression_evaluate(e->arguments[0], row, out, fault))
        return false;
    input = expression_text(out, row->scratch);
    for (size_t i = 0; i < e->name_count; i++)
        if (text_equal(e->names[i], input))
            return expression_evaluate(e->replacements[i], row, out, fault);
    return e->count < 2 || expression_evaluate(e->arguments[1], row, out, fault);
}

static bool evaluate_if(const struct expression *e, struct expression_row *row, struct value *out, struct fault *fault)
{
    bool holds = false;
    if (!condition_evaluate(e->arguments[0], row, &holds, fault))
        return false;
    *out = value_null();
    if (holds)
        return expression_evaluate(e->arguments[1], row, out, fault);
    return e->count < 3 || expression_evaluate(e->arguments[2], row, out, fault);
}

static bool evaluate_lookup(const struct expression *e, struct expression_row *row, struct value *out,
                            struct fault *fault)
{
    const struct lookup *lookup = row->lookups ? row->lookups[e->number] : NULL;
    struct text key;
    *out = value_null();
    if (!evaluate_text(e->arguments[0], row, &key, fault))
        return false;
    if (lookup && key.bytes)
        *out = lookup_get(lookup, key, e->value);
    if (out->type == VALUE_NULL && key.bytes) {
        row->missed = key;
        row->missed_at = e;
    }
    return true;
}

bool expression_evaluate(const struct expression *e, struct expression_row *row, struct value *out, struct fault *fault)
{
    switch (e->op) {
    case OP_CONSTANT:
        *out = e->constant;
        return true;
    case OP_COLUMN:
        *out = row->columns[e->number].bytes ? value_text(row->columns[e->number]) : value_null();
        return true;
    case OP_CONCAT:
        return evaluate_concat(e, row, out, fault);
    case OP_IF_NULL:
        *out = value_null();
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
    case OP_IF:
        return evaluate_if(e, row, out, fault);
    case OP_REPAIR:
        return evaluate_repair(e, row, out, fault);
    case OP_LOOKUP:
        return evaluate_lookup(e, row, out, fault);
    default:
        return evaluate_arithmetic(e, row, out, fault);
    }
}

/* Two sides as texts. A side without a value equals another without one, and begins with nothing. */
static bool compare_texts(const struct expression *e, struct expression_row *row, bool *holds, struct fault *fault)
{
    struct text a, b;
    if (!evaluate_text(e->arguments[0], row, &a, fault) || !evaluate_text(e->arguments[1], row, &b, fault))
        return false;
    if (e->op == OP_STARTS_WITH)
        *holds = a.bytes && b.bytes && a.n >= b.n && memcmp(a.bytes, b.bytes, b.n) == 0;
    else
        *holds = (!a.bytes == !b.bytes && text_equal(a, b)) == (e->op == OP_EQUAL);
    return true;
}

/* Two sides as numbers. A side without a value is neither greater nor less than anything. */
static bool compare_numbers(const struct expression *e, struct expression_row *row, bool *holds, struct fault *fault)
{
    struct value a, b;
    struct decimal difference = {0, 0};
    bool known;
    if (!evaluate_number(e->arguments[0], row, &a, fault) || !evaluate_number(e->arguments[1], row, &b, fault))
        return false;
    known = a.type == VALUE_NUMBER && b.type == VALUE_NUMBER;
    if (known && !decimal_subtract(a.number, b.number, &difference))
        return fault_set(fault, REASON_BAD_NUMBER, (struct text){0}, "cannot be compared: too many digits");
    if (e->op == OP_GREATER || e->op == OP_LESS)
        *holds = known && decimal_sign(difference) == (e->op == OP_GREATER ? 1 : -1);
    else
        *holds = (a.type == b.type && decimal_sign(difference) == 0) == (e->op == OP_EQUAL_NUMBER);
    return true;
}

/* $and ends with the first that does not hold, $or with the first that does. */
static bool combine(const struct expression *e, struct expression_row *row, bool *holds, struct fault *fault)
{
    *holds = e->op == OP_AND;
    for (size_t i = 0; i < e->count; i++) {
        if (!condition_evaluate(e->arguments[i], row, holds, fault))
            return false;
        if (*holds == (e->op == OP_OR))
            return true;
    }
    return true;
}

bool condition_evaluate(const struct expression *e, struct expression_row *row, bool *holds, struct fault *fault)
{
    struct value value;
    switch (e->op) {
    case OP_AND:
    case OP_OR:
        return combine(e, row, holds, fault);
    case OP_NOT:
        if (!condition_evaluate(e->arguments[0], row, holds, fault))
            return false;
        *holds = !*holds;
        return true;
    case OP_EMPTY:
        if (!expression_evaluate(e->arguments[0], row, &value, fault))
            return false;
        *holds = value.type == VALUE_NULL;
        return true;
    case OP_EQUAL:
    case OP_NOT_EQUAL:
    case OP_STARTS_WITH:
        return compare_texts(e, row, holds, fault);
    default:
        return compare_numbers(e, row, holds, fault);
    }
}

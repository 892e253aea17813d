#include "loader/expression_compiler.h"
#include "loader/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expression *compiler_new(struct compiler *c, enum op op, size_t arguments)
{
    struct expression *e = arena_take(c->scope->arena, sizeof *e);
    *e = (struct expression){.op = op};
    e->arguments = arena_take(c->scope->arena, (arguments + 1) * sizeof *e->arguments);
    return e;
}

struct wanted wanted_by(const struct schema_field *field)
{
    static const enum want wants[] = {
        [FIELD_KEY] = WANT_TEXT,       [FIELD_TEXT] = WANT_TEXT,      [FIELD_VALUE] = WANT_TEXT,
        [FIELD_MONEY] = WANT_NUMBER,   [FIELD_PRICE] = WANT_NUMBER,   [FIELD_RATE] = WANT_NUMBER,
        [FIELD_DEGREES] = WANT_NUMBER, [FIELD_INTEGER] = WANT_NUMBER, [FIELD_QUANTITY] = WANT_NUMBER,
        [FIELD_SCORE] = WANT_NUMBER,   [FIELD_TIME] = WANT_TIME,      [FIELD_STATUS] = WANT_STATUS,
        [FIELD_REFERENCE] = WANT_TEXT,
    };
    return (struct wanted){field ? wants[field->type] : WANT_TEXT, field};
}

/* The statuses that there are, for a text that is none. */
static void unknown_status(struct compiler *c, struct text text)
{
    char known[200] = "";
    for (size_t i = 0; i < order_status_count; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", order_statuses[i].name);
    }
    findings_add(c->found, "'%.*s' is no status; there are %s", (int)text.n, text.bytes, known);
}

/* Whether a field takes the constant: what its rows would be refused for is a mistake of the profile. */
static bool check_constant(struct compiler *c, const struct value *constant, struct wanted wanted)
{
    struct value copy = *constant;
    struct fault fault;
    if (!wanted.field || constant->type == VALUE_NULL || field_read(wanted.field, c->scope->layout, &copy, &fault))
        return true;
    if (wanted.want == WANT_STATUS && constant->type == VALUE_TEXT) {
        unknown_status(c, constant->text);
        return false;
    }
    if (constant->type == VALUE_TEXT)
        return findings_add(c->found, "'%.*s' %s", (int)constant->text.n, constant->text.bytes, fault.detail);
    return findings_add(c->found, "%s", fault.detail);
}

static struct expression *constant(struct compiler *c, struct value value, struct wanted wanted)
{
    struct expression *e = compiler_new(c, OP_CONSTANT, 0);
    e->constant = value;
    return check_constant(c, &value, wanted) ? e : NULL;
}

struct expression *compiler_null(struct compiler *c)
{
    return compiler_new(c, OP_CONSTANT, 0);
}

/* A constant that the profile writes as a text; a number is written with a point whatever the files do. */
struct expression *compiler_text(struct compiler *c, const char *text, struct wanted wanted)
{
    struct value value = value_text(text_of(arena_string(c->scope->arena, text)));
    struct decimal number;
    struct fault fault;
    if (wanted.want == WANT_NUMBER) {
        if (!number_read(value.text, &number_plain, &number, &fault)) {
            findings_add(c->found, "'%s' is no number; write one with a point, such as 12.5, or \"$%s\" for a column",
                         text, text);
            return NULL;
        }
        value = value_number(number);
    } else if (!*text && wanted.field) {
        findings_add(c->found, "is empty; null says that there is no value");
        return NULL;
    }
    return constant(c, value, wanted);
}

/* A number of the profile's JSON. A real one passes through a double; 15 digits come through it unchanged. */
struct expression *compiler_number(struct compiler *c, const json_t *json, struct wanted wanted)
{
    char text[DECIMAL_TEXT_MAX];
    struct decimal number = {0, 0};
    struct fault fault;
    if (json_is_integer(json))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(json));
    else
        snprintf(text, sizeof text, "%.15g", json_real_value(json));
    if ((json_is_real(json) && strtod(text, NULL) != json_real_value(json)) ||
        !number_read(text_of(text), &number_plain, &number, &fault)) {
        findings_add(c->found, "is a number of too many digits for JSON; write it as a text, such as \"12.5\"");
        return NULL;
    }
    if (wanted.want == WANT_NUMBER)
        return constant(c, value_number(number), wanted);
    decimal_text(number, text);
    return compiler_text(c, text, wanted);
}

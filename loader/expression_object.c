#include "loader/expression_compiler.h"

#include <stdint.h>
#include <string.h>

static const struct wanted text_wanted = {WANT_TEXT, NULL};

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
    ok = compiler_add(c, e, value, wanted);
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
    bool fits = with && strlen(with) == 1 && !(with[0] & 0x80) && json_is_integer(length) &&
                json_integer_value(length) >= 1 && json_integer_value(length) <= 64;
    if (!json_is_object(object))
        return NULL;
    if (!fits)
        findings_add(c->found, "takes a \"length\" from 1 to 64 and one character \"with\"");
    if (!add_member(c, e, object, "input", text_wanted) || !ok || !fits)
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
        ok = compiler_add_condition(c, e, when) && ok;
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

struct expression *compiler_object(struct compiler *c, enum op op, const json_t *object, struct wanted wanted)
{
    switch (op) {
    case OP_PAD:
        return compile_pad(c, object);
    case OP_REPAIR:
        return compile_repair(c, object);
    case OP_MAP:
        return compile_map(c, object, wanted);
    case OP_IF:
        return compile_if(c, object, wanted);
    default:
        return compile_lookup(c, object, wanted);
    }
}

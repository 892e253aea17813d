#include "core/trace_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Which arguments an operator's value is one of, or is put together from. Of the others nothing is taken over: their
 * values have no fields. */
static const struct passing {
    const char *name;
    const char *members; /* of an object with named arguments, a blank between them */
    size_t first, count; /* of a list of arguments */
} passing[] = {
    {"$addToSet", "", 0, 1},
    {"$arrayElemAt", "", 0, 1},
    {"$bottom", "output", 0, 0},
    {"$concatArrays", "", 0, SIZE_MAX},
    {"$cond", "then else", 1, 2},
    {"$first", "", 0, 1},
    {"$firstN", "input", 0, 0},
    {"$ifNull", "", 0, SIZE_MAX},
    {"$last", "", 0, 1},
    {"$lastN", "input", 0, 0},
    {"$locf", "", 0, 1},
    {"$max", "", 0, SIZE_MAX},
    {"$maxN", "input", 0, 0},
    {"$mergeObjects", "", 0, SIZE_MAX},
    {"$min", "", 0, SIZE_MAX},
    {"$minN", "input", 0, 0},
    {"$push", "", 0, 1},
    {"$setDifference", "", 0, 1},
    {"$setIntersection", "", 0, SIZE_MAX},
    {"$setUnion", "", 0, SIZE_MAX},
    {"$shift", "output default", 0, 0},
    {"$slice", "", 0, 1},
    {"$sortArray", "input", 0, 0},
    {"$switch", "branches default", 0, 0},
    {"$top", "output", 0, 0},
    {"$topN", "output", 0, 0},
};

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

static const struct passing *find_passing(const char *name)
{
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (strcmp(passing[i].name, name) == 0)
            return &passing[i];
    return NULL;
}

/* Whether the name is one of those in a list with blanks. */
static bool is_listed(const char *name, const char *list)
{
    size_t n = strlen(name);
    for (const char *at = n ? strstr(list, name) : NULL; at; at = strstr(at + 1, name))
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static void read_text(struct trace *trace, const char *text, struct known *value)
{
    static const char *const whole[] = {"$$ROOT", "$$CURRENT"};
    if (text[0] != '$' || !text[1])
        return;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        size_t n = strlen(whole[i]);
        if (strncmp(text, whole[i], n) != 0 || (text[n] && text[n] != '.'))
            continue;
        if (text[n])
            trace_path(trace, text + n + 1);
        if (value)
            known_at(&trace->rows, text[n] ? text + n + 1 : "", value);
        return;
    }
    if (text[1] == '$') {
        trace_variable(trace, text, value);
        return;
    }
    trace_path(trace, text + 1);
    if (value)
        known_at(&trace->rows, text + 1, value);
}

/* What a request's value reads, and holds: nothing but period_start reads a field, and none holds any. */
static void read_variable(struct trace *trace, const char *name)
{
    if (name && strcmp(name, "period_start") == 0)
        trace_path(trace, "day");
}

static void read_literal(const json_t *literal, struct known *value)
{
    if (value && (json_is_object(literal) || json_is_array(literal)))
        value->open = true;
}

void trace_text(struct trace *trace, const json_t *value, struct mistakes *mistakes)
{
    const char *text = json_string_value(value);
    if (text && *text && *text != '$' && !trace->rows.open && known_at(&trace->rows, text, NULL))
        mistakes_add(mistakes, trace->place.text, "'%s' is a text here; the field is written '$%s'", text, text);
}

/* What only ever works on numbers, and what takes a value from rows, is given a field and no text. */
static void check_argument(struct trace *trace, const char *name, const json_t *argument)
{
    static const char *const numbers[] = {"$abs",      "$add",   "$ceil", "$divide",   "$floor", "$mod",
                                          "$multiply", "$round", "$sum",  "$subtract", "$trunc", NULL};
    static const char *const takers[] = {"$addToSet", "$first", "$last", "$max", "$min", "$push", NULL};
    const char *text = json_string_value(argument);
    if (!text || *text == '$')
        return;
    if (is_one_of(name, numbers))
        mistakes_add(trace->mistakes, trace->place.text, "'%s' is a text, not a number; a field is written '$%s'", text,
                     text);
    else if (is_one_of(name, takers))
        trace_text(trace, argument, trace->mistakes);
}

static void read_list(struct trace *trace, const char *name, const json_t *list, const struct passing *pass,
                      struct known *value)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        bool taken = pass && i >= pass->first && i - pass->first < pass->count;
        size_t where = json_place_enter(&trace->place, "[%zu]", i);
        check_argument(trace, name, json_array_get(list, i));
        trace_expression(trace, json_array_get(list, i), taken ? value : NULL);
        json_place_leave(&trace->place, where);
    }
}

/* Each branch has its condition, and its value. */
static void read_branches(struct trace *trace, const json_t *branches, struct known *value)
{
    for (size_t i = 0; i < json_array_size(branches); i++) {
        const json_t *branch = json_array_get(branches, i);
        size_t where = json_place_enter(&trace->place, "[%zu]", i), inner;
        inner = json_place_enter(&trace->place, ".case");
        trace_expression(trace, json_object_get(branch, "case"), NULL);
        json_place_leave(&trace->place, inner);
        json_place_enter(&trace->place, ".then");
        trace_expression(trace, json_object_get(branch, "then"), value);
        json_place_leave(&trace->place, where);
    }
}

static void read_named(struct trace *trace, const char *name, const json_t *arguments, const struct passing *pass,
                       struct known *value)
{
    bool of_rows = strncmp(name, "$top", 4) == 0 || strcmp(name, "$bottom") == 0;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)arguments, key, member)
    {
        size_t where = json_place_enter(&trace->place, ".%.80s", key);
        struct known *taken = pass && is_listed(key, pass->members) ? value : NULL;
        if (strcmp(key, "branches") == 0)
            read_branches(trace, member, taken);
        else if (of_rows && strcmp(key, "sortBy") == 0)
            trace_sort_keys(trace, member);
        else if (strcmp(key, "sortBy") != 0)
            trace_expression(trace, member, taken);
        json_place_leave(&trace->place, where);
    }
}

/* Whether named arguments are what the object says, and not the only argument of it. */
static bool has_names(const json_t *arguments)
{
    const char *key = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)arguments));
    return key && key[0] != '$';
}

void trace_operator(struct trace *trace, const char *name, const json_t *arguments, struct known *value)
{
    static const char *const opaque[] = {"$arrayToObject", "$objectToArray", NULL};
    const struct passing *pass = find_passing(name);
    if (strcmp(name, "$literal") == 0) {
        read_literal(arguments, value);
        return;
    }
    if (trace_scoped(trace, name, arguments, value))
        return;
    if (value && is_one_of(name, opaque))
        value->open = true;
    check_argument(trace, name, arguments);
    if (json_is_array(arguments))
        read_list(trace, name, arguments, pass, value);
    else if (has_names(arguments) && (!pass || *pass->members))
        read_named(trace, name, arguments, pass, value);
    else
        trace_expression(trace, arguments, pass ? value : NULL);
}

void trace_sort_keys(struct trace *trace, const json_t *sort)
{
    const char *key;
    json_t *direction;
    if (json_object_get(sort, "$var"))
        return;
    json_object_foreach((json_t *)(uintptr_t)sort, key, direction)
    {
        trace_path(trace, key);
    }
}

static void read_object(struct trace *trace, const json_t *object, struct known *value)
{
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)object, key, member)
    {
        size_t where = json_place_enter(&trace->place, ".%.80s", key);
        struct known inner = {0};
        if (key[0] == '$') {
            trace_operator(trace, key, member, value);
        } else {
            trace_expression(trace, member, value ? &inner : NULL);
            if (value)
                known_put(value, key, &inner);
        }
        known_release(&inner);
        json_place_leave(&trace->place, where);
    }
}

void trace_expression(struct trace *trace, const json_t *expression, struct known *value)
{
    const json_t *variable = json_object_get(expression, "$var");
    if (json_is_string(expression)) {
        read_text(trace, json_string_value(expression), value);
    } else if (variable) {
        read_variable(trace, json_string_value(variable));
    } else if (json_is_array(expression)) {
        const struct passing all = {"", "", 0, SIZE_MAX};
        read_list(trace, "", expression, &all, value);
    } else if (json_is_object(expression)) {
        read_object(trace, expression, value);
    }
}

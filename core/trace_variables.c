#include "core/json.h"
#include "core/nearest.h"
#include "core/trace_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The variable that a text such as "$$this.sales" names, or NULL. */
static const struct trace_variable *find_variable(const struct trace *trace, const char *text)
{
    size_t n = strcspn(text + 2, ".");
    for (const struct trace_variable *v = trace->variables; v; v = v->outer)
        if (!v->name || (strncmp(v->name, text + 2, n) == 0 && v->name[n] == '\0'))
            return v;
    return NULL;
}

static void say_unknown(struct trace *trace, const char *text)
{
    const char *best = NULL;
    unsigned distance = 0;
    char name[64], guess[96];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text + 2, "."), text + 2);
    for (const struct trace_variable *v = trace->variables; v; v = v->outer)
        if (v->name)
            nearest_consider(name, v->name, &best, &distance);
    mistakes_add(trace->mistakes, trace->place.text, "there is no variable '%s' here%s", name,
                 mistakes_guess(best, guess, sizeof guess));
}

void trace_variable(struct trace *trace, const char *text, struct known *value)
{
    const struct trace_variable *variable = find_variable(trace, text);
    const char *dot = strchr(text, '.'), *path = dot ? dot + 1 : "", *best;
    char guess[96];
    if (strcmp(text, "$$REMOVE") == 0)
        return;
    if (!variable) {
        say_unknown(trace, text);
        if (value)
            value->open = true;
    } else if (!known_at(&variable->value, path, value)) {
        best = known_nearest(&variable->value, path);
        mistakes_add(trace->mistakes, trace->place.text, "%.*s has no field '%s'%s", (int)(dot - text), text, path,
                     mistakes_guess(best, guess, sizeof guess));
    }
}

void trace_open_scope(struct trace *trace, const json_t *values, struct trace_scope *scope)
{
    const char *name;
    json_t *expression;
    *scope = (struct trace_scope){.outer = trace->variables,
                                  .list = calloc(json_object_size(values) + 1, sizeof *scope->list)};
    json_object_foreach((json_t *)(uintptr_t)values, name, expression)
    {
        struct known value = {0};
        size_t where = json_place_enter(&trace->place, ".%.80s", name);
        trace_expression(trace, expression, &value);
        json_place_leave(&trace->place, where);
        if (scope->list)
            scope->list[scope->count++] = (struct trace_variable){.name = name, .value = value};
        else
            known_release(&value);
    }
    for (size_t i = 0; i < scope->count; i++)
        trace_push_variable(trace, &scope->list[i]);
    if (!scope->list) /* no memory: any variable is there */
        trace_push_variable(trace, &scope->any);
}

void trace_push_variable(struct trace *trace, struct trace_variable *variable)
{
    variable->value.open = variable->value.open || !variable->name;
    variable->outer = trace->variables;
    trace->variables = variable;
}

void trace_close_scope(struct trace *trace, struct trace_scope *scope)
{
    for (size_t i = 0; i < scope->count; i++)
        known_release(&scope->list[i].value);
    free(scope->list);
    trace->variables = scope->outer;
}

/* Evaluates the argument of that name; value may be NULL. */
static void read_argument(struct trace *trace, const json_t *arguments, const char *name, struct known *value)
{
    size_t where = json_place_enter(&trace->place, ".%s", name);
    trace_expression(trace, json_object_get(arguments, name), value);
    json_place_leave(&trace->place, where);
}

static void read_let(struct trace *trace, const json_t *arguments, struct known *value)
{
    size_t where = json_place_enter(&trace->place, ".vars");
    struct trace_scope scope;
    trace_open_scope(trace, json_object_get(arguments, "vars"), &scope);
    json_place_leave(&trace->place, where);
    read_argument(trace, arguments, "in", value);
    trace_close_scope(trace, &scope);
}

/* $filter, $map and $reduce: an entry of a list has a name within an expression. */
static void read_entries(struct trace *trace, const char *name, const json_t *arguments, struct known *value)
{
    const char *as = json_text(arguments, "as");
    const struct trace_variable *outer = trace->variables;
    struct trace_variable entry = {.name = as ? as : "this"}, sum = {.name = "value", .value = {.open = true}};
    bool reduce = strcmp(name, "$reduce") == 0, filter = strcmp(name, "$filter") == 0;
    read_argument(trace, arguments, "input", &entry.value);
    read_argument(trace, arguments, "initialValue", NULL);
    read_argument(trace, arguments, "limit", NULL);
    if (filter && value)
        known_merge(value, &entry.value);
    if (reduce && value)
        value->open = true;
    trace_push_variable(trace, &entry);
    if (reduce)
        trace_push_variable(trace, &sum);
    read_argument(trace, arguments, "cond", NULL);
    read_argument(trace, arguments, "in", reduce ? NULL : value);
    trace->variables = outer;
    known_release(&entry.value);
}

bool trace_scoped(struct trace *trace, const char *name, const json_t *arguments, struct known *value)
{
    if (strcmp(name, "$let") == 0)
        read_let(trace, arguments, value);
    else if (strcmp(name, "$filter") == 0 || strcmp(name, "$map") == 0 || strcmp(name, "$reduce") == 0)
        read_entries(trace, name, arguments, value);
    else
        return false;
    return true;
}

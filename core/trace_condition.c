#include "core/trace_parts.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A path of a condition may name entries by their number, which those of expressions cannot. */
static void drop_numbers(const char *path, char *plain, size_t size)
{
    size_t used = 0;
    for (const char *part = path; *part && used < size; part += strcspn(part, ".")) {
        part += *part == '.';
        if (!isdigit((unsigned char)*part))
            used +=
                (size_t)snprintf(plain + used, size - used, "%s%.*s", used ? "." : "", (int)strcspn(part, "."), part);
    }
}

/* What a field is compared with is a value: "$day" is no field there. */
static void check_compared(struct trace *trace, const json_t *value)
{
    const char *text = json_string_value(value), *key;
    json_t *member;
    size_t i;
    if (text && text[0] == '$' && known_at(&trace->rows, text + 1, NULL))
        mistakes_add(trace->mistakes, trace->place.text,
                     "'%s' is a text in a condition; fields are compared in {\"$expr\": …}", text);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        check_compared(trace, member);
    }
    json_array_foreach(value, i, member)
    {
        check_compared(trace, member);
    }
}

static void read_list(struct trace *trace, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t where = json_place_enter(&trace->place, "[%zu]", i);
        trace_condition(trace, json_array_get(list, i));
        json_place_leave(&trace->place, where);
    }
}

static void check_filter(struct trace *trace, const char *name)
{
    if (!name || strcmp(name, "filter") != 0 || trace->source_rows)
        return;
    if (trace->inside)
        mistakes_add(trace->mistakes, trace->place.text,
                     "'filter' is about the rows of the source, and lets all through where that has applied it; in %s "
                     "write the condition out",
                     trace->inside);
    else
        mistakes_add(trace->mistakes, trace->place.text,
                     "'filter' is about the rows of the source: it stands before what makes others of them");
}

void trace_condition(struct trace *trace, const json_t *condition)
{
    const char *key;
    json_t *value;
    if (json_object_get(condition, "$var")) {
        check_filter(trace, json_string_value(json_object_get(condition, "$var")));
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)condition, key, value)
    {
        size_t where = json_place_enter(&trace->place, ".%.80s", key);
        char path[256] = "";
        if (strcmp(key, "$expr") == 0) {
            trace_expression(trace, value, NULL);
        } else if (key[0] == '$') {
            read_list(trace, value);
        } else {
            drop_numbers(key, path, sizeof path);
            trace_path(trace, path);
            check_compared(trace, value);
        }
        json_place_leave(&trace->place, where);
    }
}

#include "core/json.h"
#include "core/trace_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void trace_remake(struct trace *trace, struct known *rows)
{
    known_move(&trace->before, &trace->rows);
    known_move(&trace->rows, rows);
    known_release(&trace->undeclared);
    snprintf(trace->made_at, sizeof trace->made_at, "%.63s", trace->place.text);
    trace->source_rows = false;
}

/* Whether a condition lets through only what the request asks for. */
static bool is_filter(const json_t *condition)
{
    const char *variable = json_text(condition, "$var");
    const json_t *all = json_object_get(condition, "$and");
    for (size_t i = 0; i < json_array_size(all); i++)
        if (is_filter(json_array_get(all, i)))
            return true;
    return variable && strcmp(variable, "filter") == 0;
}

static void stage_match(struct trace *trace, const json_t *body)
{
    trace_condition(trace, body);
    trace->filtered |= trace->source_rows && is_filter(body);
}

/* Fields that are put into the rows as they are: each is made of the rows before. */
static void stage_set(struct trace *trace, const json_t *body)
{
    struct known rows = {0};
    const char *key;
    json_t *member;
    known_merge(&rows, &trace->rows);
    json_object_foreach((json_t *)(uintptr_t)body, key, member)
    {
        size_t where = json_place_enter(&trace->place, ".%.80s", key);
        const char *text = json_string_value(member), *first;
        struct known value = {0};
        first = json_object_iter_key(json_object_iter(member));
        trace_expression(trace, member, &value);
        trace_text(trace, member, trace->warnings);
        if (!first || *first == '$') /* an object is put beside what is there */
            known_drop(&rows, key);
        if (!text || strcmp(text, "$$REMOVE") != 0)
            known_put(&rows, key, &value);
        known_release(&value);
        json_place_leave(&trace->place, where);
    }
    known_move(&trace->rows, &rows);
}

static bool is_no(const json_t *value)
{
    return json_is_false(value) ||
           (json_is_number(value) && !(json_number_value(value) < 0) && !(json_number_value(value) > 0));
}

static bool is_yes(const json_t *value)
{
    return !is_no(value) && (json_is_true(value) || json_is_number(value));
}

/* Whether a $project says what is left out. */
static bool leaves_out(const json_t *body)
{
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)body, key, member)
    {
        if (strcmp(key, "_id") != 0)
            return is_no(member);
    }
    return is_no(json_object_get(body, "_id"));
}

static void leave_out(struct trace *trace, const char *path)
{
    if (strcmp(path, "_id") != 0)
        trace_path(trace, path);
    known_drop(&trace->rows, path);
}

static void project_field(struct trace *trace, const char *path, const json_t *spec, struct known *rows)
{
    const char *key = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)spec));
    struct known value = {0};
    json_t *member;
    if (key && *key != '$') {
        json_object_foreach((json_t *)(uintptr_t)spec, key, member)
        {
            size_t where = json_place_enter(&trace->place, ".%.80s", key);
            char inner[256];
            snprintf(inner, sizeof inner, "%s.%s", path, key);
            project_field(trace, inner, member, rows);
            json_place_leave(&trace->place, where);
        }
    } else if (is_yes(spec)) {
        trace_path(trace, path);
        known_at(&trace->rows, path, &value);
        known_put(rows, path, &value);
    } else if (!is_no(spec)) {
        trace_expression(trace, spec, &value);
        trace_text(trace, spec, trace->warnings);
        known_put(rows, path, &value);
    }
    known_release(&value);
}

static void stage_project(struct trace *trace, const json_t *body)
{
    bool less = leaves_out(body);
    struct known rows = {0}, id = {0};
    const char *key;
    json_t *member;
    if (!less && !json_object_get(body, "_id") && known_at(&trace->rows, "_id", &id))
        known_put(&rows, "_id", &id);
    json_object_foreach((json_t *)(uintptr_t)body, key, member)
    {
        size_t where = json_place_enter(&trace->place, ".%.80s", key);
        if (!less)
            project_field(trace, key, member, &rows);
        else if (is_no(member))
            leave_out(trace, key);
        json_place_leave(&trace->place, where);
    }
    if (!less)
        trace_remake(trace, &rows);
    trace->source_rows = false;
    known_release(&id);
    known_release(&rows);
}

static void stage_unset(struct trace *trace, const json_t *body)
{
    if (json_is_string(body))
        leave_out(trace, json_string_value(body));
    for (size_t i = 0; i < json_array_size(body); i++) {
        size_t where = json_place_enter(&trace->place, "[%zu]", i);
        if (json_is_string(json_array_get(body, i)))
            leave_out(trace, json_string_value(json_array_get(body, i)));
        json_place_leave(&trace->place, where);
    }
    trace->source_rows = false;
}

/* Reads what stands under a key of the stage, and puts its value into rows at that path; NULL for nowhere. */
static void read_member(struct trace *trace, const json_t *body, const char *key, const char *path, struct known *rows)
{
    size_t where = json_place_enter(&trace->place, ".%.80s", key);
    struct known value = {0};
    trace_expression(trace, json_object_get(body, key), &value);
    if (path)
        known_put(rows, path, &value);
    known_release(&value);
    json_place_leave(&trace->place, where);
}

/* A text is what rows are grouped by only where the field was meant. */
static void check_group_key(struct trace *trace, const json_t *id)
{
    const char *key;
    json_t *member;
    size_t where = json_place_enter(&trace->place, "._id"), inner;
    trace_text(trace, id, trace->mistakes);
    json_object_foreach((json_t *)(uintptr_t)id, key, member)
    {
        inner = json_place_enter(&trace->place, ".%.80s", key);
        if (*key != '$')
            trace_text(trace, member, trace->mistakes);
        json_place_leave(&trace->place, inner);
    }
    json_place_leave(&trace->place, where);
}

static bool declares(const struct definition *d, const char *dimension)
{
    for (size_t i = 0; i < d->dimension_count; i++)
        if (strcmp(d->dimensions[i], dimension) == 0)
            return true;
    return false;
}

/* Where orders were not asked for, sources may give rows that are several of them, or a part of one. */
static void check_count(struct trace *trace, const char *key, const json_t *accumulator)
{
    const struct definition *d = trace->definition;
    size_t where = json_place_enter(&trace->place, ".%.80s", key);
    if (d && !d->source && trace->source_rows && json_is_number(json_object_get(accumulator, "$sum")) &&
        !declares(d, "order"))
        mistakes_add(trace->warnings, trace->place.text,
                     "counts the rows of the source, which are not always orders: the sum of '$orders' is, and with "
                     "'order' among \"dimensions\" each row is of one");
    json_place_leave(&trace->place, where);
}

static void stage_group(struct trace *trace, const json_t *body)
{
    struct known rows = {0};
    const char *key;
    json_t *member;
    check_group_key(trace, json_object_get(body, "_id"));
    json_object_foreach((json_t *)(uintptr_t)body, key, member)
    {
        check_count(trace, key, member);
        read_member(trace, body, key, key, &rows);
    }
    trace_remake(trace, &rows);
}

/* Accumulators of $bucket and $bucketAuto; without any they count. */
static void read_output(struct trace *trace, const json_t *body, struct known *rows)
{
    const json_t *output = json_object_get(body, "output");
    size_t where = json_place_enter(&trace->place, ".output");
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)output, key, member)
    {
        read_member(trace, output, key, key, rows);
    }
    if (!output)
        known_add(rows, "count", false);
    json_place_leave(&trace->place, where);
}

static void stage_bucket(struct trace *trace, const json_t *body)
{
    struct known rows = {0};
    read_member(trace, body, "groupBy", NULL, NULL);
    known_add(&rows, "_id.min", false); /* of $bucketAuto; that of $bucket is a boundary */
    known_add(&rows, "_id.max", false);
    read_output(trace, body, &rows);
    trace_remake(trace, &rows);
}

static void stage_sort_by_count(struct trace *trace, const json_t *body)
{
    struct known rows = {0}, value = {0};
    trace_expression(trace, body, &value);
    known_put(&rows, "_id", &value);
    known_add(&rows, "count", false);
    trace_remake(trace, &rows);
    known_release(&value);
}

static void stage_replace_with(struct trace *trace, const json_t *body)
{
    struct known rows = {0};
    trace_expression(trace, body, &rows);
    trace_remake(trace, &rows);
}

static void stage_replace_root(struct trace *trace, const json_t *body)
{
    struct known rows = {0};
    size_t where = json_place_enter(&trace->place, ".newRoot");
    trace_expression(trace, json_object_get(body, "newRoot"), &rows);
    json_place_leave(&trace->place, where);
    trace_remake(trace, &rows);
}

static void stage_unwind(struct trace *trace, const json_t *body)
{
    const json_t *path = json_is_string(body) ? body : json_object_get(body, "path");
    const char *index = json_text(body, "includeArrayIndex");
    trace_expression(trace, path, NULL);
    if (index)
        known_add(&trace->rows, index, false);
    trace->source_rows = false;
}

static void stage_sort(struct trace *trace, const json_t *body)
{
    const char *variable = json_text(body, "$var");
    trace_sort_keys(trace, body);
    if (!variable || strcmp(variable, "sort") != 0)
        return;
    known_release(&trace->sorted);
    known_merge(&trace->sorted, &trace->rows);
    trace->is_sorted = true;
}

static void stage_window(struct trace *trace, const json_t *body)
{
    const json_t *output = json_object_get(body, "output");
    struct known added = {0};
    const char *field, *key;
    json_t *spec, *member;
    read_member(trace, body, "partitionBy", NULL, NULL);
    trace_sort_keys(trace, json_object_get(body, "sortBy"));
    json_object_foreach((json_t *)(uintptr_t)output, field, spec)
    {
        size_t where = json_place_enter(&trace->place, ".output.%.80s", field);
        struct known value = {0};
        json_object_foreach(spec, key, member)
        {
            if (strcmp(key, "window") != 0)
                trace_operator(trace, key, member, &value);
        }
        known_put(&added, field, &value);
        known_release(&value);
        json_place_leave(&trace->place, where);
    }
    known_merge(&trace->rows, &added);
    known_release(&added);
    trace->source_rows = false;
}

static void stage_cut(struct trace *trace, const json_t *body)
{
    (void)body;
    trace->source_rows = false;
}

static const struct {
    const char *name;
    void (*read)(struct trace *trace, const json_t *body);
} readers[] = {
    {"$addFields", stage_set},
    {"$bucket", stage_bucket},
    {"$bucketAuto", stage_bucket},
    {"$facet", trace_facet},
    {"$group", stage_group},
    {"$limit", stage_cut},
    {"$lookup", trace_lookup},
    {"$match", stage_match},
    {"$project", stage_project},
    {"$replaceRoot", stage_replace_root},
    {"$replaceWith", stage_replace_with},
    {"$set", stage_set},
    {"$setWindowFields", stage_window},
    {"$skip", stage_cut},
    {"$sort", stage_sort},
    {"$sortByCount", stage_sort_by_count},
    {"$unionWith", trace_union},
    {"$unset", stage_unset},
    {"$unwind", stage_unwind},
};

static void read_stage(struct trace *trace, const json_t *stage)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)stage));
    for (size_t i = 0; name && i < sizeof readers / sizeof readers[0]; i++) {
        size_t where;
        if (strcmp(readers[i].name, name) != 0)
            continue;
        where = json_place_enter(&trace->place, ".%s", name);
        readers[i].read(trace, json_object_get(stage, name));
        json_place_leave(&trace->place, where);
        return;
    }
    trace->rows.open = true; /* a stage of which this file does not know: allow.c has learned it first */
}

void trace_stages(struct trace *trace, const json_t *pipeline)
{
    for (size_t i = 0; i < json_array_size(pipeline); i++) {
        size_t where = json_place_enter(&trace->place, "[%zu]", i);
        read_stage(trace, json_array_get(pipeline, i));
        json_place_leave(&trace->place, where);
    }
}

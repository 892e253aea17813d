#include "core/json.h"
#include "core/trace_parts.h"

#include <stdint.h>
#include <string.h>

/* Each pipeline of a $facet reads the rows for itself: one that does not filter them counts every day, and orders that
 * do not count, whatever the others do. */
static void check_filtered(struct trace *trace, const struct trace *inner)
{
    if (trace->source_rows && trace->definition && !inner->filtered)
        mistakes_add(trace->mistakes, trace->place.text,
                     "reads the source's rows as they are, all days and cancelled orders among them: begin it with "
                     "{\"$match\": {\"$var\": \"filter\"}}, or put that before $facet");
}

/* Runs a pipeline that stands in a stage, on those rows, which become what comes out. */
static void trace_inner(struct trace *trace, const char *stage, const json_t *pipeline, struct known *rows)
{
    struct trace inner = {.catalog = trace->catalog,
                          .definition = trace->definition,
                          .inside = stage,
                          .variables = trace->variables,
                          .place = trace->place,
                          .mistakes = trace->mistakes,
                          .warnings = trace->warnings};
    known_move(&inner.rows, rows);
    if (strcmp(stage, "$facet") == 0) {
        known_merge(&inner.undeclared, &trace->undeclared);
        inner.source_rows = trace->source_rows;
        inner.filtered = trace->filtered;
    }
    trace_stages(&inner, pipeline);
    if (strcmp(stage, "$facet") == 0)
        check_filtered(trace, &inner);
    known_move(rows, &inner.rows);
    trace_release(&inner);
}

/* What documents of the collection have, as a stage that joins them finds it. */
static void read_collection(struct trace *trace, const char *name, struct known *rows)
{
    const struct collection *c = name ? collection_find(name) : NULL;
    if (name && collection_is_star(name))
        mistakes_add(trace->warnings, trace->place.text,
                     "'%s' is there only after kpi-load --star on; without it nothing is joined", name);
    known_of_collection(rows, c);
}

/* The field of the joined documents that is compared must be one of theirs. */
static void check_foreign(struct trace *trace, const json_t *body, const struct known *documents)
{
    const char *field = json_text(body, "foreignField");
    size_t where = json_place_enter(&trace->place, ".foreignField");
    if (field && !known_at(documents, field, NULL))
        mistakes_add(trace->mistakes, trace->place.text, "'%s' has no field '%s'", json_text(body, "from"), field);
    json_place_leave(&trace->place, where);
}

void trace_lookup(struct trace *trace, const json_t *body)
{
    const json_t *pipeline = json_object_get(body, "pipeline");
    const char *local = json_text(body, "localField"), *as = json_text(body, "as");
    struct known documents = {0};
    struct trace_scope scope;
    size_t where;
    read_collection(trace, json_text(body, "from"), &documents);
    check_foreign(trace, body, &documents);
    where = json_place_enter(&trace->place, ".localField");
    if (local)
        trace_path(trace, local);
    json_place_leave(&trace->place, where);
    where = json_place_enter(&trace->place, ".let");
    trace_open_scope(trace, json_object_get(body, "let"), &scope);
    json_place_leave(&trace->place, where);
    where = json_place_enter(&trace->place, ".pipeline");
    if (pipeline)
        trace_inner(trace, "$lookup", pipeline, &documents);
    json_place_leave(&trace->place, where);
    trace_close_scope(trace, &scope);
    if (as) {
        known_drop(&trace->rows, as);
        known_put(&trace->rows, as, &documents);
    }
    known_release(&documents);
}

void trace_union(struct trace *trace, const json_t *body)
{
    const char *name = json_is_string(body) ? json_string_value(body) : json_text(body, "coll");
    const json_t *pipeline = json_object_get(body, "pipeline");
    struct known documents = {0};
    size_t where;
    read_collection(trace, name, &documents);
    where = json_place_enter(&trace->place, ".pipeline");
    if (pipeline)
        trace_inner(trace, "$unionWith", pipeline, &documents);
    json_place_leave(&trace->place, where);
    known_merge(&trace->rows, &documents);
    known_release(&documents);
    trace->source_rows = false;
}

void trace_facet(struct trace *trace, const json_t *body)
{
    struct known rows = {0};
    const char *key;
    json_t *pipeline;
    json_object_foreach((json_t *)(uintptr_t)body, key, pipeline)
    {
        size_t where = json_place_enter(&trace->place, ".%.80s", key);
        struct known inner = {0};
        known_merge(&inner, &trace->rows);
        trace_inner(trace, "$facet", pipeline, &inner);
        known_put(&rows, key, &inner);
        known_release(&inner);
        json_place_leave(&trace->place, where);
    }
    trace_remake(trace, &rows);
}

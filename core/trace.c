#include "core/trace.h"
#include "core/bind.h"
#include "core/json.h"
#include "core/trace_parts.h"
#include "core/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_BYTES = 160 };

void trace_release(struct trace *trace)
{
    known_release(&trace->rows);
    known_release(&trace->undeclared);
    known_release(&trace->before);
    known_release(&trace->sorted);
    known_release(&trace->said);
}

/* The dimension or measure that some source's rows have under that name, or NULL; *what says which of both. */
static const struct field *field_of_sources(const struct catalog *catalog, const char *name, const char **what)
{
    for (size_t i = 0; catalog && i < catalog->source_count; i++) {
        const struct source *s = catalog->sources[i];
        *what = "dimension";
        for (size_t j = 0; j < s->dimension_count; j++)
            if (strcmp(s->dimensions[j].field, name) == 0)
                return &s->dimensions[j];
        *what = "measure";
        for (size_t j = 0; j < s->measure_count; j++)
            if (strcmp(s->measures[j].name, name) == 0)
                return &s->measures[j];
    }
    return NULL;
}

/* A source whose rows are whole documents of a collection, in which there is that path; or NULL. */
static const struct source *source_of_documents(const struct catalog *catalog, const char *path)
{
    for (size_t i = 0; catalog && i < catalog->source_count; i++) {
        const struct source *s = catalog->sources[i];
        const struct collection *c = collection_find(s->collection);
        struct known documents = {0};
        bool there;
        if (!c || bson_count_keys(s->pipeline))
            continue;
        known_of_collection(&documents, c);
        there = known_at(&documents, path, NULL) && !documents.open;
        known_release(&documents);
        if (there)
            return s;
    }
    return NULL;
}

/* The fields beside which that path would stand, as the end of a sentence. */
static void list_fields(const struct known *rows, const char *path, char *text, size_t size)
{
    const char *dot = strrchr(path, '.'), *separator = "; there are ";
    size_t parent = dot ? (size_t)(dot + 1 - path) : 0, used = 0;
    *text = '\0';
    for (size_t i = 0; i < rows->count && used < size; i++) {
        const char *other = rows->list[i].path;
        if (strncmp(other, path, parent) != 0 || strchr(other + parent, '.'))
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", separator, other);
        separator = ", ";
    }
    if (used >= size)
        memcpy(text + size - 4, "…", 4);
}

static void say_undeclared(struct trace *trace, const char *path, const struct field *field, const char *what)
{
    mistakes_add(trace->mistakes, trace->place.text,
                 "'%s' is the %s '%s', which \"%ss\" leaves out; add it there: else a source may not give it", path,
                 what, field->name, what);
}

static void say_missing(struct trace *trace, const char *path)
{
    const struct source *documents = trace->source_rows ? source_of_documents(trace->catalog, path) : NULL;
    const char *best = known_nearest(&trace->rows, path);
    const struct field *dimension = NULL;
    char text[LISTED_BYTES];
    for (size_t i = 0; !best && trace->catalog && i < trace->catalog->source_count && !dimension; i++)
        dimension = source_dimension(trace->catalog->sources[i], path);
    if (documents)
        mistakes_add(trace->mistakes, trace->place.text,
                     "'%s' is no dimension and no measure, so that not every source gives it; \"source\": \"%s\" does",
                     path, documents->name);
    else if (*trace->made_at && known_at(&trace->before, path, NULL))
        mistakes_add(trace->mistakes, trace->place.text, "there is no field '%s' any more behind %s", path,
                     trace->made_at);
    else if (dimension && known_at(&trace->rows, dimension->field, NULL))
        mistakes_add(trace->mistakes, trace->place.text, "rows have the dimension '%s' under the name '%s'", path,
                     dimension->field);
    else {
        list_fields(&trace->rows, path, text, sizeof text);
        mistakes_add(trace->mistakes, trace->place.text, "there is no field '%s' here%s", path,
                     best ? mistakes_guess(best, text, sizeof text) : text);
    }
}

void trace_path(struct trace *trace, const char *path)
{
    char first[128];
    const char *what;
    const struct field *field;
    if (known_at(&trace->rows, path, NULL) || known_at(&trace->said, path, NULL))
        return;
    known_add(&trace->said, path, false);
    snprintf(first, sizeof first, "%.*s", (int)strcspn(path, "."), path);
    field = known_at(&trace->undeclared, first, NULL) ? field_of_sources(trace->catalog, first, &what) : NULL;
    if (field)
        say_undeclared(trace, path, field, what);
    else
        say_missing(trace, path);
}

/* Puts a dimension into the rows, as the documents of the source's collection have it. */
static void put_dimension(const struct source *source, const struct field *field, struct known *rows)
{
    const struct collection *c = collection_find(source->collection);
    struct known documents = {0}, value = {0};
    known_of_collection(&documents, c);
    known_at(&documents, field->path, &value);
    if (c || !known_at(rows, field->field, NULL))
        known_put(rows, field->field, &value);
    known_release(&documents);
    known_release(&value);
}

/* What every source gives that may be taken: what the definition declares. */
static void start_declared(struct trace *trace)
{
    const struct definition *d = trace->definition;
    for (size_t i = 0; i < trace->catalog->source_count; i++) {
        const struct source *s = trace->catalog->sources[i];
        if (!source_offers(s, d))
            continue;
        for (size_t j = 0; j < d->dimension_count; j++)
            put_dimension(s, source_dimension(s, d->dimensions[j]), &trace->rows);
    }
    for (size_t i = 0; i < d->measure_count; i++)
        known_add(&trace->rows, d->measures[i], false);
}

/* The stages of a source as this definition makes them, under "pipeline"; NULL when they cannot be made. */
static json_t *source_stages(const struct source *source, const struct definition *d)
{
    bson_t values = BSON_INITIALIZER, stages = BSON_INITIALIZER, wrapped = BSON_INITIALIZER;
    const struct query query = {.definition = d};
    struct error err = {0};
    json_t *json = NULL;
    char *text = NULL;
    variables_of_source(source, &query, &values);
    if (bind_pipeline(source->pipeline, &values, &stages, &err) && BSON_APPEND_ARRAY(&wrapped, "pipeline", &stages))
        text = bson_as_relaxed_extended_json(&wrapped, NULL);
    if (text)
        json = json_parse(text, strlen(text));
    bson_free(text);
    bson_destroy(&values);
    bson_destroy(&stages);
    bson_destroy(&wrapped);
    return json;
}

static bool names(const char *name, const char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* What a source that groups rows back was not asked for is not summed, whatever its stages make of that. */
static void drop_unasked(const struct source *source, const struct definition *d, struct known *rows)
{
    for (size_t i = 0; i < source->measure_count; i++)
        if (source->measures[i].sums && !names(source->measures[i].name, d->measures, d->measure_count))
            known_drop(rows, source->measures[i].name);
}

/* What the one source gives that the definition insists on. */
static void start_insisted(struct trace *trace, const struct source *source)
{
    struct mistakes of_source = {0}; /* said when the source is checked */
    struct trace own = {.mistakes = &of_source, .warnings = &of_source};
    json_t *stages = source_stages(source, trace->definition);
    known_of_collection(&own.rows, collection_find(source->collection));
    own.rows.open = own.rows.open || !stages;
    trace_stages(&own, json_object_get(stages, "pipeline"));
    known_move(&trace->rows, &own.rows);
    drop_unasked(source, trace->definition, &trace->rows);
    json_decref(stages);
    trace_release(&own);
    mistakes_release(&of_source);
    start_declared(trace);
}

static void note_undeclared(struct trace *trace, const char *field)
{
    if (!known_at(&trace->rows, field, NULL))
        known_add(&trace->undeclared, field, false);
}

static void start(struct trace *trace)
{
    const struct definition *d = trace->definition;
    if (d->source)
        start_insisted(trace, catalog_source(trace->catalog, d->source));
    else
        start_declared(trace);
    trace->source_rows = true;
    for (size_t i = 0; i < trace->catalog->source_count; i++) {
        const struct source *s = trace->catalog->sources[i];
        for (size_t j = 0; j < s->dimension_count; j++)
            note_undeclared(trace, s->dimensions[j].field);
        for (size_t j = 0; j < s->measure_count; j++)
            note_undeclared(trace, s->measures[j].name);
    }
}

/* The rows that come out have all columns, and had those that requests sort by when they were sorted. */
static void end(struct trace *trace)
{
    const struct definition *d = trace->definition;
    for (size_t i = 0; i < d->column_count; i++) {
        const struct column *column = &d->columns[i];
        char path[64], guess[96];
        snprintf(path, sizeof path, "$.columns[%zu].name", i);
        if (!known_at(&trace->rows, column->name, NULL))
            mistakes_add(trace->mistakes, path, "the pipeline gives no '%s'%s", column->name,
                         mistakes_guess(known_nearest(&trace->rows, column->name), guess, sizeof guess));
        else if (trace->is_sorted && !known_at(&trace->sorted, column->name, NULL) && (column->sortable || column->key))
            mistakes_add(trace->mistakes, path, "requests are sorted before there is a '%s': %s", column->name,
                         column->key ? "a key is there before $sort" : "say \"sortable\": false, or make it before");
    }
}

void trace_definition(const struct catalog *catalog, const struct definition *d, struct mistakes *mistakes,
                      struct mistakes *warnings)
{
    struct trace trace = {.catalog = catalog, .definition = d, .mistakes = mistakes, .warnings = warnings};
    json_place_enter(&trace.place, "$.pipeline");
    start(&trace);
    trace_stages(&trace, json_object_get(d->json, "pipeline"));
    end(&trace);
    trace_release(&trace);
}

static void read_fields(struct trace *trace, const struct source *source, const char *member,
                        const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t where = json_place_enter(&trace->place, "$.%s.%.80s", member, fields[i].name);
        if (fields[i].sums)
            trace_expression(trace, json_object_get(json_object_get(source->json, member), fields[i].name), NULL);
        else
            trace_path(trace, fields[i].path);
        json_place_leave(&trace->place, where);
    }
}

void trace_source(const struct source *source, struct mistakes *mistakes, struct mistakes *warnings)
{
    struct trace trace = {.mistakes = mistakes, .warnings = warnings};
    known_of_collection(&trace.rows, collection_find(source->collection));
    read_fields(&trace, source, "dimensions", source->dimensions, source->dimension_count);
    read_fields(&trace, source, "measures", source->measures, source->measure_count);
    trace_release(&trace);
}

/* Of a pipeline that reads a collection itself. */
static void trace_collection(struct trace *trace, const json_t *json)
{
    json_place_enter(&trace->place, "$.pipeline");
    known_of_collection(&trace->rows, collection_find(json_text(json, "collection")));
    trace_stages(trace, json_object_get(json, "pipeline"));
}

void trace_file(const json_t *json, struct mistakes *mistakes, struct mistakes *warnings)
{
    struct trace trace = {.mistakes = mistakes, .warnings = warnings};
    const json_t *columns = json_object_get(json, "columns");
    trace_collection(&trace, json);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *name = json_text(json_array_get(columns, i), "name");
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu].name", i);
        if (strcmp(name, "of") != 0 && !known_at(&trace.rows, name, NULL)) /* the loader counts where it is not given */
            mistakes_add(mistakes, path, "the pipeline gives no '%s'", name);
    }
    trace_release(&trace);
}

void trace_menu(const struct menu *menu, struct mistakes *mistakes, struct mistakes *warnings)
{
    struct trace trace = {.mistakes = mistakes, .warnings = warnings};
    trace_collection(&trace, menu->json);
    if (!known_at(&trace.rows, "value", NULL))
        mistakes_add(mistakes, "$.pipeline", "the rows of a dimension have 'value': the pipeline gives none");
    trace_release(&trace);
}

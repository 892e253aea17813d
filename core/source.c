#include "core/allow.h"
#include "core/definition.h"
#include "core/json.h"
#include "core/schema_check.h"
#include "core/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct json_key source_keys[] = {
    {"title", JSON_STRING, true},    {"collection", JSON_STRING, true}, {"cost", JSON_INTEGER, true},
    {"unwind", JSON_STRING, false},  {"filters", JSON_TRUE, false},     {"dimensions", JSON_OBJECT, true},
    {"measures", JSON_OBJECT, true}, {"pipeline", JSON_ARRAY, true},    {"indexes", JSON_ARRAY, false},
    {NULL, JSON_NULL, false},
};

static const char *const variables_none[] = {NULL};

/* What rows call the field that a filter finds at path: its last part. */
static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static bool is_inside(const char *path, const char *array)
{
    size_t n = array ? strlen(array) : 0;
    return n && strncmp(path, array, n) == 0 && path[n] == '.';
}

/* A measure is a path, or the accumulators that make it when rows are grouped back. */
static bool read_field(struct field *field, const json_t *value, const char *unwind, bool measure)
{
    if (json_is_string(value)) {
        field->path = json_string_value(value);
        field->field = last_part(field->path);
        field->in_items = is_inside(field->path, unwind);
        return true;
    }
    field->path = field->field = field->name;
    field->sums = measure && json_is_object(value) ? json_to_bson(value) : NULL;
    return field->sums != NULL;
}

static void read_fields(const json_t *source, const char *key, struct field **list, size_t *count,
                        struct mistakes *mistakes)
{
    const json_t *object = json_object_get(source, key);
    bool measures = strcmp(key, "measures") == 0;
    const char *name;
    json_t *value;
    *list = calloc(json_object_size(object) + 1, sizeof **list);
    if (!*list) {
        mistakes_add(mistakes, "", "out of memory");
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        struct field *field = &(*list)[(*count)++];
        char path[128];
        field->name = name;
        snprintf(path, sizeof path, "$.%s.%s", key, name);
        if (!read_field(field, value, json_text(source, "unwind"), measures))
            mistakes_add(mistakes, path, "must be a field path%s",
                         measures ? ", or accumulators that are not too deep" : "");
    }
}

/* The accumulators of measures come into a $group: they are held to the same list. */
static void check_measures(const json_t *measures, struct mistakes *mistakes)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)measures, name, value)
    {
        char path[128];
        snprintf(path, sizeof path, "$.measures.%s", name);
        if (json_is_object(value))
            allow_expression(value, path, variables_none, mistakes);
    }
}

static void read_members(struct source *s, struct mistakes *mistakes)
{
    const json_t *pipeline = json_object_get(s->json, "pipeline");
    json_check_keys(s->json, source_keys, "$", mistakes);
    s->title = json_text(s->json, "title");
    s->collection = json_text(s->json, "collection");
    s->cost = json_integer_value(json_object_get(s->json, "cost"));
    s->unwind = json_text(s->json, "unwind");
    s->filters = json_is_true(json_object_get(s->json, "filters"));
    read_fields(s->json, "dimensions", &s->dimensions, &s->dimension_count, mistakes);
    read_fields(s->json, "measures", &s->measures, &s->measure_count, mistakes);
    check_measures(json_object_get(s->json, "measures"), mistakes);
    if (!json_is_array(pipeline) || !allow_pipeline(pipeline, variables_in_sources, mistakes))
        return;
    s->pipeline = json_to_bson(pipeline);
    if (!s->pipeline)
        mistakes_add(mistakes, "$.pipeline", "too deep or too large");
}

struct source *source_parse(json_t *json, const char *name, struct mistakes *mistakes)
{
    struct source *s = calloc(1, sizeof *s);
    char *own_name = strdup(name);
    size_t before = mistakes->count;
    if (!s || !own_name) {
        mistakes_add(mistakes, "", "out of memory");
        free(s);
        free(own_name);
        json_decref(json);
        return NULL;
    }
    s->name = own_name;
    s->json = json;
    read_members(s, mistakes);
    if (mistakes->count == before)
        return s;
    source_free(s);
    return NULL;
}

struct source *source_read(const char *path, const char *name, struct error *err)
{
    struct mistakes mistakes = {.file = path};
    json_t *json = json_read(path, &mistakes);
    struct source *s = json ? source_parse(json, name, &mistakes) : NULL;
    if (!s)
        mistakes_error(&mistakes, err);
    mistakes_release(&mistakes);
    return s;
}

void source_free(struct source *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->measure_count; i++)
        bson_destroy(s->measures[i].sums);
    free((char *)(uintptr_t)s->name);
    free(s->dimensions);
    free(s->measures);
    bson_destroy(s->pipeline);
    json_decref(s->json);
    free(s);
}

static const struct field *find(const struct field *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

const struct field *source_dimension(const struct source *source, const char *name)
{
    return find(source->dimensions, source->dimension_count, name);
}

const struct field *source_measure(const struct source *source, const char *name)
{
    return find(source->measures, source->measure_count, name);
}

bool source_lacks(const struct source *source, const struct definition *d, struct source_lack *lack)
{
    if (d->source && strcmp(d->source, source->name) != 0) {
        *lack = (struct source_lack){NULL, d->source};
        return true;
    }
    for (size_t i = 0; i < d->dimension_count; i++) {
        *lack = (struct source_lack){"dimension", d->dimensions[i]};
        if (!source_dimension(source, lack->name))
            return true;
    }
    for (size_t i = 0; i < d->measure_count; i++) {
        *lack = (struct source_lack){"measure", d->measures[i]};
        if (!source_measure(source, lack->name))
            return true;
    }
    return false;
}

bool source_offers(const struct source *source, const struct definition *d)
{
    struct source_lack lack;
    return !source_lacks(source, d, &lack);
}

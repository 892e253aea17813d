#include "core/definition.h"
#include "core/allow.h"
#include "core/bind.h"
#include "core/dataset.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/nearest.h"
#include "core/schema_check.h"
#include "core/variables.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const column_type_names[COLUMN_TYPE_COUNT] = {"string", "money", "count", "ratio",
                                                          "number", "day",   "time",  "bool"};

enum { DEFAULT_LIMIT = 100 };

static const struct json_key definition_keys[] = {
    {"$schema", JSON_STRING, false}, /* for editors */
    {"title", JSON_STRING, true},     {"group", JSON_STRING, true},       {"summary", JSON_STRING, true},
    {"formula", JSON_STRING, true},   {"source", JSON_STRING, false},     {"dimensions", JSON_ARRAY, false},
    {"measures", JSON_ARRAY, false},  {"parameters", JSON_ARRAY, true},   {"defaults", JSON_OBJECT, false},
    {"single_row", JSON_TRUE, false}, {"keep", JSON_TRUE, false},         {"needs", JSON_ARRAY, false},
    {"all_orders", JSON_TRUE, false}, {"pipeline", JSON_ARRAY, true},     {"columns", JSON_ARRAY, true},
    {"chart", JSON_OBJECT, true},     {"own_filters", JSON_ARRAY, false}, {NULL, JSON_NULL, false},
};
static const struct json_key column_keys[] = {
    {"name", JSON_STRING, true},    {"type", JSON_STRING, true},    {"text", JSON_STRING, true},
    {"unit", JSON_STRING, false},   {"sortable", JSON_TRUE, false}, {"key", JSON_TRUE, false},
    {"empty", JSON_INTEGER, false}, {"nullable", JSON_TRUE, false}, {NULL, JSON_NULL, false},
};
static const struct json_key default_keys[] = {
    {"sort", JSON_STRING, false},
    {"limit", JSON_INTEGER, false},
    {"granularity", JSON_STRING, false},
    {NULL, JSON_NULL, false},
};

static void read_column(struct definition *d, const json_t *json, const char *path, struct mistakes *mistakes)
{
    struct column *column = &d->columns[d->column_count];
    const json_t *sortable, *nullable, *empty;
    char inner[96];
    int type;
    if (!json_check_keys(json, column_keys, path, mistakes))
        return;
    snprintf(inner, sizeof inner, "%s.type", path);
    type = json_choice(json_text(json, "type"), column_type_names, COLUMN_TYPE_COUNT, inner, mistakes);
    sortable = json_object_get(json, "sortable");
    nullable = json_object_get(json, "nullable");
    empty = json_object_get(json, "empty");
    column->type = type < 0 ? COLUMN_STRING : (enum column_type)type;
    column->name = json_text(json, "name");
    column->text = json_text(json, "text");
    column->unit = json_text(json, "unit");
    column->sortable = !sortable || json_is_true(sortable);
    column->key = json_is_true(json_object_get(json, "key"));
    column->zero_if_none = empty != NULL;
    column->nullable = nullable ? json_is_true(nullable) : !column->zero_if_none;
    snprintf(inner, sizeof inner, "%s.empty", path);
    if (empty && json_integer_value(empty) != 0)
        mistakes_add(mistakes, inner, "can only be 0");
    snprintf(inner, sizeof inner, "%s.name", path);
    if (definition_column(d, column->name))
        mistakes_add(mistakes, inner, "there are two columns '%s'", column->name);
    d->column_count++;
}

static void read_columns(struct definition *d, struct mistakes *mistakes)
{
    const json_t *list = json_object_get(d->json, "columns");
    size_t n = json_array_size(list);
    d->columns = calloc(n + 1, sizeof *d->columns);
    if (!d->columns || n == 0 || n > MAX_COLUMNS) {
        if (json_is_array(list))
            mistakes_add(mistakes, "$.columns", "a KPI has 1 to %d", MAX_COLUMNS);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu]", i);
        read_column(d, json_array_get(list, i), path, mistakes);
    }
}

static void add_unknown_parameter(const char *name, size_t i, struct mistakes *mistakes)
{
    const char *best = NULL;
    unsigned distance = 0;
    char path[64], guess[96];
    for (size_t j = 0; j < parameter_count; j++)
        nearest_consider(name, parameters[j].name, &best, &distance);
    snprintf(path, sizeof path, "$.parameters[%zu]", i);
    mistakes_add(mistakes, path, "unknown parameter '%s'%s", name, mistakes_guess(best, guess, sizeof guess));
}

static bool is_named(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Whether a KPI that names these parameters takes this one without a word in its file. */
static bool is_implied(const struct parameter *parameter, const char *const *names, size_t count)
{
    switch (parameter->kind) {
    case PARAMETER_FORMAT:
    case PARAMETER_EXPLAIN:
        return true;
    case PARAMETER_COMPARE:
        return is_named("from", names, count) && is_named("to", names, count);
    default:
        return false;
    }
}

/* Keeps the parameters in the order of the parameter table, whatever the order in the file. */
static void read_parameters(struct definition *d, struct mistakes *mistakes)
{
    const char **names;
    size_t count;
    bool ok = json_strings(d->json, "parameters", &names, &count, mistakes);
    d->parameter_count = 0;
    d->parameters = calloc(parameter_count, sizeof(struct parameter *));
    for (size_t i = 0; ok && i < count; i++)
        if (!parameter_find(names[i]))
            add_unknown_parameter(names[i], i, mistakes);
    for (size_t j = 0; ok && d->parameters && j < parameter_count; j++)
        if (is_implied(&parameters[j], names, count) || is_named(parameters[j].name, names, count))
            d->parameters[d->parameter_count++] = &parameters[j];
    if (!d->parameters)
        mistakes_add(mistakes, "", "out of memory");
    free(names);
}

static void read_default_sort(struct definition *d, const char *sort, struct mistakes *mistakes)
{
    const struct column *column;
    d->defaults.sort = d->column_count;
    if (!sort) {
        if (definition_takes(d, PARAMETER_SORT))
            mistakes_add(mistakes, "$.defaults.sort", "a KPI with the parameter sort needs a default order");
        return;
    }
    d->defaults.descending = *sort == '-';
    column = definition_column(d, sort + (*sort == '-'));
    if (column && column->sortable)
        d->defaults.sort = (size_t)(column - d->columns);
    else
        mistakes_add(mistakes, "$.defaults.sort", "'%s' is no column to sort by", sort);
}

static void read_defaults(struct definition *d, struct mistakes *mistakes)
{
    const json_t *json = json_object_get(d->json, "defaults"), *limit;
    int choice;
    d->defaults.limit = DEFAULT_LIMIT;
    d->defaults.granularity = GRANULARITY_MONTH;
    if (json_is_object(json) && !json_check_keys(json, default_keys, "$.defaults", mistakes))
        return;
    limit = json_object_get(json, "limit");
    if (limit && (json_integer_value(limit) < LIMIT_LEAST || json_integer_value(limit) > LIMIT_MOST))
        mistakes_add(mistakes, "$.defaults.limit", "must be from %d to %d", LIMIT_LEAST, LIMIT_MOST);
    else if (limit)
        d->defaults.limit = (int32_t)json_integer_value(limit);
    choice = json_choice(json_text(json, "granularity"), granularity_names, GRANULARITY_COUNT, "$.defaults.granularity",
                         mistakes);
    if (choice >= 0)
        d->defaults.granularity = (enum granularity)choice;
    read_default_sort(d, json_text(json, "sort"), mistakes);
}

/* What a KPI needs must be something that data are known to have or lack. */
static void read_needs(struct definition *d, struct mistakes *mistakes)
{
    if (!json_strings(d->json, "needs", &d->needs, &d->need_count, mistakes))
        return;
    for (size_t i = 0; i < d->need_count; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.needs[%zu]", i);
        json_choice(d->needs[i], feature_names, FEATURE_COUNT, path, mistakes);
    }
}

static bool names(const char *name, const char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static bool takes_filter(const struct definition *d, const char *name)
{
    for (size_t i = 0; i < d->parameter_count; i++)
        if (d->parameters[i]->kind == PARAMETER_FILTER && strcmp(d->parameters[i]->name, name) == 0)
            return true;
    return false;
}

/* An own filter is one that the KPI takes, and its values are used: else it would be asked for and passed over. */
static void check_own_filters(const struct definition *d, struct mistakes *mistakes)
{
    for (size_t i = 0; i < d->own_filter_count; i++) {
        const char *name = d->own_filters[i];
        char path[64];
        snprintf(path, sizeof path, "$.own_filters[%zu]", i);
        if (!takes_filter(d, name))
            mistakes_add(mistakes, path, "'%s' is no filter among $.parameters", name);
        else if (!bind_uses(d->pipeline, name))
            mistakes_add(mistakes, path, "the pipeline has no {\"$var\": \"%s\"}", name);
    }
    for (size_t i = 0; i < parameter_count; i++) {
        const char *name = parameters[i].name;
        if (parameters[i].kind != PARAMETER_FILTER || names(name, d->own_filters, d->own_filter_count))
            continue;
        if (bind_uses(d->pipeline, name))
            mistakes_add(mistakes, "$.pipeline", "the variable '%s' has a value only among $.own_filters", name);
    }
}

/* Reads on after a mistake, so that all are found at once. */
static void read_members(struct definition *d, struct mistakes *mistakes)
{
    const json_t *pipeline = json_object_get(d->json, "pipeline");
    size_t before;
    json_check_keys(d->json, definition_keys, "$", mistakes);
    d->title = json_text(d->json, "title");
    d->group = json_text(d->json, "group");
    d->summary = json_text(d->json, "summary");
    d->formula = json_text(d->json, "formula");
    d->source = json_text(d->json, "source");
    d->single_row = json_is_true(json_object_get(d->json, "single_row"));
    d->all_orders = json_is_true(json_object_get(d->json, "all_orders"));
    d->keep = json_is_true(json_object_get(d->json, "keep"));
    json_strings(d->json, "dimensions", &d->dimensions, &d->dimension_count, mistakes);
    json_strings(d->json, "measures", &d->measures, &d->measure_count, mistakes);
    json_strings(d->json, "own_filters", &d->own_filters, &d->own_filter_count, mistakes);
    read_needs(d, mistakes);
    before = mistakes->count;
    read_columns(d, mistakes);
    read_parameters(d, mistakes);
    if (mistakes->count == before) /* they name columns and parameters */
        read_defaults(d, mistakes);
    if (!json_is_array(pipeline) || !allow_pipeline(pipeline, variables_in_definitions, mistakes))
        return;
    d->pipeline = json_to_bson(pipeline);
    if (d->pipeline)
        check_own_filters(d, mistakes);
    else
        mistakes_add(mistakes, "$.pipeline", "too deep or too large");
}

static void hash_content(struct definition *d, struct mistakes *mistakes)
{
    char *text = json_write(d->json, JSON_COMPACT | JSON_SORT_KEYS);
    if (text)
        hash_text(text, strlen(text), d->hash);
    else
        mistakes_add(mistakes, "", "out of memory");
    free(text);
}

struct definition *definition_parse(json_t *json, const char *name, struct mistakes *mistakes)
{
    struct definition *d = calloc(1, sizeof *d);
    char *own_name = strdup(name);
    size_t before = mistakes->count;
    if (!d || !own_name) {
        mistakes_add(mistakes, "", "out of memory");
        free(d);
        free(own_name);
        json_decref(json);
        return NULL;
    }
    d->name = own_name;
    d->json = json;
    read_members(d, mistakes);
    hash_content(d, mistakes);
    if (mistakes->count == before)
        return d;
    definition_free(d);
    return NULL;
}

struct definition *definition_read(const char *path, const char *name, struct error *err)
{
    struct mistakes mistakes = {.file = path};
    json_t *json = json_read(path, &mistakes);
    struct definition *d = json ? definition_parse(json, name, &mistakes) : NULL;
    if (!d)
        mistakes_error(&mistakes, err);
    mistakes_release(&mistakes);
    return d;
}

void definition_free(struct definition *d)
{
    if (!d)
        return;
    free((char *)(uintptr_t)d->name);
    free(d->dimensions);
    free(d->measures);
    free(d->needs);
    free(d->own_filters);
    free(d->parameters);
    free(d->columns);
    bson_destroy(d->pipeline);
    json_decref(d->json);
    free(d);
}

bool definition_takes(const struct definition *d, enum parameter_kind kind)
{
    for (size_t i = 0; i < d->parameter_count; i++)
        if (d->parameters[i]->kind == kind)
            return true;
    return false;
}

const struct column *definition_column(const struct definition *d, const char *name)
{
    for (size_t i = 0; i < d->column_count; i++)
        if (strcmp(d->columns[i].name, name) == 0)
            return &d->columns[i];
    return NULL;
}

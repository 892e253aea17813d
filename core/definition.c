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
    {"title", JSON_STRING, true},     {"group", JSON_STRING, true},     {"summary", JSON_STRING, true},
    {"formula", JSON_STRING, true},   {"source", JSON_STRING, false},   {"dimensions", JSON_ARRAY, false},
    {"measures", JSON_ARRAY, false},  {"parameters", JSON_ARRAY, true}, {"defaults", JSON_OBJECT, false},
    {"single_row", JSON_TRUE, false}, {"keep", JSON_TRUE, false},       {"needs", JSON_ARRAY, false},
    {"all_orders", JSON_TRUE, false}, {"pipeline", JSON_ARRAY, true},   {"columns", JSON_ARRAY, true},
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

/* The position of text among names; -1 when it is none, and err lists them. */
static int choose(const char *text, const char *const *names, int count, const char *path, struct error *err)
{
    char list[160] = "";
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    for (int i = 0; i < count; i++) {
        strncat(list, i ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, names[i], sizeof list - strlen(list) - 1);
    }
    error_set(err, ERROR_INVALID, "%s: '%s' is none of %s", path, text, list);
    return -1;
}

static bool read_columns(struct definition *d, struct error *err)
{
    const json_t *list = json_object_get(d->json, "columns");
    size_t n = json_array_size(list);
    d->columns = calloc(n + 1, sizeof *d->columns);
    if (!d->columns || n == 0 || n > MAX_COLUMNS) {
        error_set(err, ERROR_INVALID, "$.columns: a KPI has 1 to %d", MAX_COLUMNS);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *json = json_array_get(list, i), *sortable, *nullable;
        struct column *column = &d->columns[i];
        char path[64];
        int type;
        snprintf(path, sizeof path, "$.columns[%zu]", i);
        if (!json_check_keys(json, column_keys, path, err))
            return false;
        strncat(path, ".type", sizeof path - strlen(path) - 1);
        type = choose(json_text(json, "type"), column_type_names, COLUMN_TYPE_COUNT, path, err);
        if (type < 0)
            return false;
        sortable = json_object_get(json, "sortable");
        column->type = (enum column_type)type;
        column->name = json_text(json, "name");
        column->text = json_text(json, "text");
        column->unit = json_text(json, "unit");
        column->sortable = !sortable || json_is_true(sortable);
        column->key = json_is_true(json_object_get(json, "key"));
        column->zero_if_none = json_object_get(json, "empty") != NULL;
        nullable = json_object_get(json, "nullable");
        column->nullable = nullable ? json_is_true(nullable) : !column->zero_if_none;
        if (column->zero_if_none && json_integer_value(json_object_get(json, "empty")) != 0) {
            error_set(err, ERROR_INVALID, "$.columns[%zu].empty: can only be 0", i);
            return false;
        }
        if (definition_column(d, column->name)) {
            error_set(err, ERROR_INVALID, "$.columns[%zu].name: there are two columns '%s'", i, column->name);
            return false;
        }
        d->column_count++;
    }
    return true;
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
static bool read_parameters(struct definition *d, struct error *err)
{
    const char **names;
    size_t count;
    bool ok = json_strings(d->json, "parameters", &names, &count, err);
    d->parameters = calloc(parameter_count, sizeof(struct parameter *));
    for (size_t i = 0; ok && i < count; i++) {
        if (!parameter_find(names[i])) {
            const char *best = NULL;
            unsigned distance = 0;
            for (size_t j = 0; j < parameter_count; j++)
                nearest_consider(names[i], parameters[j].name, &best, &distance);
            error_set(err, ERROR_INVALID, "$.parameters[%zu]: unknown parameter '%s'%s%s%s", i, names[i],
                      best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
            ok = false;
        }
    }
    for (size_t j = 0; ok && d->parameters && j < parameter_count; j++)
        if (is_implied(&parameters[j], names, count) || is_named(parameters[j].name, names, count))
            d->parameters[d->parameter_count++] = &parameters[j];
    free(names);
    return ok && d->parameters;
}

static bool read_default_sort(struct definition *d, const char *sort, struct error *err)
{
    const struct column *column;
    d->defaults.sort = d->column_count;
    if (!sort) {
        if (definition_takes(d, PARAMETER_SORT))
            error_set(err, ERROR_INVALID, "$.defaults.sort: a KPI with the parameter sort needs a default order");
        return !definition_takes(d, PARAMETER_SORT);
    }
    d->defaults.descending = *sort == '-';
    column = definition_column(d, sort + (*sort == '-'));
    if (!column || !column->sortable) {
        error_set(err, ERROR_INVALID, "$.defaults.sort: '%s' is no column to sort by", sort);
        return false;
    }
    d->defaults.sort = (size_t)(column - d->columns);
    return true;
}

static bool read_defaults(struct definition *d, struct error *err)
{
    const json_t *json = json_object_get(d->json, "defaults"), *limit;
    const char *granularity;
    int choice = GRANULARITY_MONTH;
    if (json && !json_check_keys(json, default_keys, "$.defaults", err))
        return false;
    limit = json_object_get(json, "limit");
    d->defaults.limit = DEFAULT_LIMIT;
    if (limit) {
        json_int_t n = json_integer_value(limit);
        if (n < LIMIT_LEAST || n > LIMIT_MOST) {
            error_set(err, ERROR_INVALID, "$.defaults.limit: must be from %d to %d", LIMIT_LEAST, LIMIT_MOST);
            return false;
        }
        d->defaults.limit = (int32_t)n;
    }
    granularity = json_text(json, "granularity");
    if (granularity)
        choice = choose(granularity, granularity_names, GRANULARITY_COUNT, "$.defaults.granularity", err);
    if (choice < 0)
        return false;
    d->defaults.granularity = (enum granularity)choice;
    return read_default_sort(d, json_text(json, "sort"), err);
}

/* What a KPI needs must be something that data are known to have or lack. */
static bool check_needs(const struct definition *d, struct error *err)
{
    for (size_t i = 0; i < d->need_count; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.needs[%zu]", i);
        if (choose(d->needs[i], feature_names, FEATURE_COUNT, path, err) < 0)
            return false;
    }
    return true;
}

static bool is_other(const char *name, void *than)
{
    return strcmp(name, than) != 0;
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
static bool check_own_filters(const struct definition *d, struct error *err)
{
    for (size_t i = 0; i < d->own_filter_count; i++) {
        const char *name = d->own_filters[i];
        if (!takes_filter(d, name)) {
            error_set(err, ERROR_INVALID, "$.own_filters[%zu]: '%s' is no filter among $.parameters", i, name);
            return false;
        }
        if (bind_visit(d->pipeline, is_other, (void *)(uintptr_t)name)) {
            error_set(err, ERROR_INVALID, "$.own_filters[%zu]: the pipeline has no {\"$var\": \"%s\"}", i, name);
            return false;
        }
    }
    for (size_t i = 0; i < parameter_count; i++) {
        const char *name = parameters[i].name;
        if (parameters[i].kind != PARAMETER_FILTER || names(name, d->own_filters, d->own_filter_count))
            continue;
        if (!bind_visit(d->pipeline, is_other, (void *)(uintptr_t)name)) {
            error_set(err, ERROR_INVALID, "$.pipeline: the variable '%s' has a value only among $.own_filters", name);
            return false;
        }
    }
    return true;
}

static bool read_members(struct definition *d, struct error *err)
{
    if (!json_check_keys(d->json, definition_keys, "$", err))
        return false;
    d->title = json_text(d->json, "title");
    d->group = json_text(d->json, "group");
    d->summary = json_text(d->json, "summary");
    d->formula = json_text(d->json, "formula");
    d->source = json_text(d->json, "source");
    d->single_row = json_is_true(json_object_get(d->json, "single_row"));
    d->all_orders = json_is_true(json_object_get(d->json, "all_orders"));
    d->keep = json_is_true(json_object_get(d->json, "keep"));
    if (!json_strings(d->json, "dimensions", &d->dimensions, &d->dimension_count, err) ||
        !json_strings(d->json, "measures", &d->measures, &d->measure_count, err) ||
        !json_strings(d->json, "needs", &d->needs, &d->need_count, err) || !check_needs(d, err))
        return false;
    if (!json_strings(d->json, "own_filters", &d->own_filters, &d->own_filter_count, err))
        return false;
    if (!read_columns(d, err) || !read_parameters(d, err) || !read_defaults(d, err))
        return false;
    if (!allow_pipeline(json_object_get(d->json, "pipeline"), variables_in_definitions, err))
        return false;
    d->pipeline = json_to_bson(json_object_get(d->json, "pipeline"));
    if (!d->pipeline) {
        error_set(err, ERROR_INVALID, "$.pipeline: too deep or too large");
        return false;
    }
    return check_own_filters(d, err);
}

static bool hash_content(struct definition *d, struct error *err)
{
    char *text = json_dumps(d->json, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return false;
    }
    hash_text(text, strlen(text), d->hash);
    free(text);
    return true;
}

struct definition *definition_read(const char *path, const char *name, struct error *err)
{
    struct definition *d = calloc(1, sizeof *d);
    char *own_name = strdup(name);
    if (!d || !own_name) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        free(d);
        free(own_name);
        return NULL;
    }
    d->name = own_name;
    d->json = json_read_file(path, err);
    if (!d->json)
        goto fail;
    if (!read_members(d, err) || !hash_content(d, err)) {
        error_prefix(err, "%s", path);
        goto fail;
    }
    return d;
fail:
    definition_free(d);
    return NULL;
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

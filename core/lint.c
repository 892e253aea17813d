#include "core/lint.h"
#include "core/bind.h"
#include "core/json.h"
#include "core/lint_cut.h"
#include "core/lint_paging.h"
#include "core/schema_check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const chart_types[] = {"number", "line",    "bar", "stacked-bar", "pie",
                                          "table",  "heatmap", "map", "scatter"};
enum { CHART_TYPES = sizeof chart_types / sizeof chart_types[0] };

static const struct json_key chart_keys[] = {
    {"type", JSON_STRING, true},    {"x", JSON_STRING, false},     {"y", JSON_ARRAY, true},
    {"value", JSON_STRING, false},  {"label", JSON_STRING, false}, {"overview", JSON_INTEGER, false},
    {"order", JSON_INTEGER, false}, {"size", JSON_STRING, false},  {NULL, JSON_NULL, false},
};
static const char *const chart_sizes[] = {"wide", "whole"};
enum { CHART_SIZES = sizeof chart_sizes / sizeof chart_sizes[0] };

static bool is_no_filter(const char *name, void *unused)
{
    (void)unused;
    return strncmp(name, "filter", strlen("filter")) != 0;
}

/* There may be several variables that carry the filters of a request. */
static bool uses_filter(const bson_t *pipeline)
{
    return !bind_visit(pipeline, is_no_filter, NULL);
}

/* Which variable carries the value of a parameter, where it is a single one. */
static const struct {
    enum parameter_kind kind;
    const char *name, *variable;
} carriers[] = {
    {PARAMETER_SORT, "sort", "sort"},
    {PARAMETER_LIMIT, "limit", "limit"},
    {PARAMETER_OFFSET, "offset", "offset"},
};

static void check_carriers(const struct definition *d, struct mistakes *mistakes)
{
    for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++) {
        bool takes = definition_takes(d, carriers[i].kind), used = bind_uses(d->pipeline, carriers[i].variable);
        if (takes && !used)
            mistakes_add(mistakes, "$.pipeline",
                         "the parameter %s would change nothing: no stage uses {\"$var\": \"%s\"}", carriers[i].name,
                         carriers[i].variable);
        else if (used && !takes)
            mistakes_add(mistakes, "$.parameters", "{\"$var\": \"%s\"} is used, but the parameter %s is not taken",
                         carriers[i].variable, carriers[i].name);
    }
}

static bool is_filter(enum parameter_kind kind)
{
    return kind == PARAMETER_FROM || kind == PARAMETER_TO || kind == PARAMETER_PERIOD || kind == PARAMETER_FILTER;
}

static void check_variables(const struct definition *d, struct mistakes *mistakes)
{
    bool periods = bind_uses(d->pipeline, "period_start") || bind_uses(d->pipeline, "periods");
    for (size_t i = 0; i < d->parameter_count; i++) {
        if (!is_filter(d->parameters[i]->kind) || uses_filter(d->pipeline))
            continue;
        mistakes_add(mistakes, "$.pipeline",
                     "the parameter %s would change nothing: no stage uses {\"$var\": \"filter\"}",
                     d->parameters[i]->name);
        break; /* the others are the same mistake */
    }
    if (definition_takes(d, PARAMETER_GRANULARITY) && !periods)
        mistakes_add(mistakes, "$.pipeline",
                     "the parameter granularity would change nothing: no stage uses {\"$var\": \"period_start\"}");
    check_carriers(d, mistakes);
}

/* A list can be paged through; what is one row cannot. */
static void check_list(const struct definition *d, struct mistakes *mistakes)
{
    bool key = false;
    for (size_t i = 0; i < d->column_count; i++)
        key = key || d->columns[i].key;
    for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++) {
        bool takes = definition_takes(d, carriers[i].kind);
        if (d->single_row && takes)
            mistakes_add(mistakes, "$.parameters", "a KPI of a single row takes no %s", carriers[i].name);
        else if (!d->single_row && !takes)
            mistakes_add(mistakes, "$.parameters", "a KPI that is not \"single_row\" takes %s", carriers[i].name);
    }
    if (!d->single_row && !key)
        mistakes_add(mistakes, "$.columns",
                     "no column says \"key\": true; rows that sort alike would come in any order, and pages overlap");
    if (!definition_takes(d, PARAMETER_LIMIT) && json_object_get(json_object_get(d->json, "defaults"), "limit"))
        mistakes_add(mistakes, "$.defaults.limit", "the parameter limit is not taken");
}

/* A column's name becomes a key of JSON, a header of CSV, and a value of sort. */
static bool is_column_name(const char *name)
{
    return *name >= 'a' && *name <= 'z' && strlen(name) <= 63 &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static void check_columns(const struct definition *d, struct mistakes *mistakes)
{
    for (size_t i = 0; i < d->column_count; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu].name", i);
        if (!is_column_name(d->columns[i].name))
            mistakes_add(mistakes, path, "'%s' must be a-z, 0-9 and _, starting with a letter", d->columns[i].name);
        snprintf(path, sizeof path, "$.columns[%zu].text", i);
        if (!*d->columns[i].text)
            mistakes_add(mistakes, path, "is empty");
    }
}

static void check_chart_column(const struct definition *d, const json_t *value, const char *path,
                               struct mistakes *mistakes)
{
    const char *name = json_string_value(value);
    if (!name)
        mistakes_add(mistakes, path, "must be the name of a column");
    else if (!definition_column(d, name))
        mistakes_add(mistakes, path, "there is no column '%s'", name);
}

/* Where it stands: places count from 1. */
static void check_chart_place(const json_t *chart, const char *key, struct mistakes *mistakes)
{
    const json_t *value = json_object_get(chart, key);
    char path[64];
    snprintf(path, sizeof path, "$.chart.%s", key);
    if (json_is_integer(value) && json_integer_value(value) < 1)
        mistakes_add(mistakes, path, "must be 1 or more");
}

static void check_chart(const struct definition *d, struct mistakes *mistakes)
{
    static const char *const single[] = {"x", "value", "label"};
    const json_t *chart = json_object_get(d->json, "chart"), *y = json_object_get(chart, "y"), *value;
    char path[64];
    json_check_keys(chart, chart_keys, "$.chart", mistakes);
    json_choice(json_text(chart, "type"), chart_types, CHART_TYPES, "$.chart.type", mistakes);
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        snprintf(path, sizeof path, "$.chart.%s", single[i]);
        value = json_object_get(chart, single[i]);
        if (json_is_string(value))
            check_chart_column(d, value, path, mistakes);
    }
    for (size_t i = 0; i < json_array_size(y); i++) {
        snprintf(path, sizeof path, "$.chart.y[%zu]", i);
        check_chart_column(d, json_array_get(y, i), path, mistakes);
    }
    if (json_is_array(y) && !json_array_size(y))
        mistakes_add(mistakes, "$.chart.y", "names no column");
    check_chart_place(chart, "overview", mistakes);
    check_chart_place(chart, "order", mistakes);
    json_choice(json_text(chart, "size"), chart_sizes, CHART_SIZES, "$.chart.size", mistakes);
}

static void check_text(const json_t *json, const char *key, struct mistakes *mistakes)
{
    const char *text = json_text(json, key);
    char path[64];
    snprintf(path, sizeof path, "$.%s", key);
    if (text && !*text)
        mistakes_add(mistakes, path, "is empty");
}

/* Names in a list, each once. */
static void check_repeats(const json_t *json, const char *key, struct mistakes *mistakes)
{
    const json_t *list = json_object_get(json, key);
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t j = 0; j < i; j++) {
            char path[64];
            snprintf(path, sizeof path, "$.%s[%zu]", key, i);
            if (json_equal(json_array_get(list, i), json_array_get(list, j)))
                mistakes_add(mistakes, path, "is there twice");
        }
}

void lint_definition(const struct definition *d, struct mistakes *mistakes, struct mistakes *warnings)
{
    static const char *const texts[] = {"title", "group", "summary", "formula"};
    static const char *const lists[] = {"parameters", "dimensions", "measures", "needs"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_text(d->json, texts[i], mistakes);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        check_repeats(d->json, lists[i], mistakes);
    if (!json_array_size(json_object_get(d->json, "pipeline")))
        mistakes_add(mistakes, "$.pipeline", "has no stage");
    check_variables(d, mistakes);
    check_list(d, mistakes);
    lint_paging(json_object_get(d->json, "pipeline"), mistakes, warnings);
    lint_cut(json_object_get(d->json, "pipeline"), mistakes);
    check_columns(d, mistakes);
    check_chart(d, mistakes);
}

/* Whether some stage makes a field of that name, or may. */
static bool makes(const json_t *pipeline, const char *name)
{
    static const char *const plain[] = {"$match", "$sort", "$limit", "$skip", "$unwind", "$unset"};
    static const char *const makers[] = {"$addFields", "$group", "$project", "$set"};
    for (size_t i = 0; i < json_array_size(pipeline); i++) {
        const json_t *stage = json_array_get(pipeline, i);
        bool known = false;
        for (size_t j = 0; j < sizeof plain / sizeof plain[0]; j++)
            known = known || json_object_get(stage, plain[j]);
        for (size_t j = 0; j < sizeof makers / sizeof makers[0]; j++) {
            known = known || json_object_get(stage, makers[j]);
            if (json_object_get(json_object_get(stage, makers[j]), name))
                return true;
        }
        if (!known)
            return true;
    }
    return false;
}

/* KPIs read a field by its name. Where it is at another path, a stage must bring it there; else it is null in all. */
static void check_paths(const struct source *source, const char *member, const struct field *fields, size_t count,
                        struct mistakes *mistakes)
{
    static const char *const renaming[] = {"item_fields", "order_rows", "row_fields"};
    bool measures = strcmp(member, "measures") == 0;
    for (size_t i = 0; i < sizeof renaming / sizeof renaming[0]; i++)
        if (bind_uses(source->pipeline, renaming[i]))
            return;
    for (size_t i = 0; i < count; i++) {
        const char *read = measures ? fields[i].name : fields[i].field;
        char path[128];
        snprintf(path, sizeof path, "$.%s.%.80s", member, fields[i].name);
        if (!fields[i].sums && strcmp(fields[i].path, read) != 0 &&
            !makes(json_object_get(source->json, "pipeline"), read))
            mistakes_add(
                mistakes, path,
                "KPIs read '%s' of the rows, where no stage puts '%s': add {\"$set\": {\"%s\": \"$%s\"}} to the "
                "pipeline",
                read, fields[i].path, read, fields[i].path);
    }
}

void lint_source(const struct source *source, struct mistakes *mistakes)
{
    check_text(source->json, "title", mistakes);
    check_text(source->json, "collection", mistakes);
    if (source->filters && !uses_filter(source->pipeline))
        mistakes_add(mistakes, "$.pipeline", "\"filters\" is true, but no stage uses {\"$var\": \"filter\"}");
    lint_cut(json_object_get(source->json, "pipeline"), mistakes);
    check_paths(source, "dimensions", source->dimensions, source->dimension_count, mistakes);
    check_paths(source, "measures", source->measures, source->measure_count, mistakes);
}

void lint_menu(const struct menu *menu, struct mistakes *mistakes)
{
    static const char *const variables[] = {"prefix", "offset", "limit"};
    check_text(menu->json, "title", mistakes);
    check_text(menu->json, "collection", mistakes);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (!bind_uses(menu->pipeline, variables[i]))
            mistakes_add(mistakes, "$.pipeline", "no stage uses {\"$var\": \"%s\"}", variables[i]);
    lint_cut(json_object_get(menu->json, "pipeline"), mistakes);
    if (!parameter_find(menu->name) || parameter_find(menu->name)->kind != PARAMETER_FILTER)
        mistakes_add(mistakes, "", "its name must be that of a parameter that filters, such as region");
}

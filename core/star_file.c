#include "core/star_file.h"
#include "core/allow.h"
#include "core/catalog.h"
#include "core/json.h"
#include "core/lint_cut.h"
#include "core/schema_check.h"
#include "core/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const star_refresh_names[STAR_REFRESH_COUNT] = {"days", "changed"};

static const char *const variables[] = {NULL};

static const struct json_key table_keys[] = {
    {"title", JSON_STRING, true},   {"summary", JSON_STRING, true}, {"collection", JSON_STRING, true},
    {"refresh", JSON_STRING, true}, {"depends", JSON_ARRAY, false}, {"indexes", JSON_ARRAY, false},
    {"pipeline", JSON_ARRAY, true}, {"columns", JSON_ARRAY, true},  {NULL, JSON_NULL, false},
};
static const struct json_key column_keys[] = {
    {"name", JSON_STRING, true},  {"type", JSON_STRING, true}, {"text", JSON_STRING, true},
    {"unit", JSON_STRING, false}, {NULL, JSON_NULL, false},
};

/* A table is written over: its name must not be that of a collection which holds what was loaded. */
static void check_name(const char *name, struct mistakes *mistakes)
{
    size_t n = strlen(name);
    bool ok = (n > 5 && strcmp(name + n - 5, "_fact") == 0) || (n > 4 && strcmp(name + n - 4, "_dim") == 0);
    if (strcmp(name, "time_dim") == 0)
        mistakes_add(mistakes, "", "time_dim is made by kpi-load itself; choose another name");
    else if (!ok)
        mistakes_add(mistakes, "", "the name of a table of the star schema ends in _fact or _dim");
}

static void check_columns(const json_t *list, struct mistakes *mistakes)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *column = json_array_get(list, i);
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu]", i);
        json_check_keys(column, column_keys, path, mistakes);
        strncat(path, ".type", sizeof path - strlen(path) - 1);
        json_choice(json_text(column, "type"), column_type_names, COLUMN_TYPE_COUNT, path, mistakes);
    }
}

bool star_file_check(const char *name, const json_t *json, struct mistakes *mistakes, struct mistakes *warnings)
{
    const json_t *pipeline = json_object_get(json, "pipeline");
    size_t before = mistakes->count, count;
    const char **depends = NULL;
    check_name(name, mistakes);
    json_check_keys(json, table_keys, "$", mistakes);
    check_columns(json_object_get(json, "columns"), mistakes);
    json_strings(json, "depends", &depends, &count, mistakes);
    free(depends);
    json_choice(json_text(json, "refresh"), star_refresh_names, STAR_REFRESH_COUNT, "$.refresh", mistakes);
    if (json_is_array(pipeline))
        allow_pipeline(pipeline, variables, mistakes);
    if (mistakes->count == before) {
        lint_cut(pipeline, mistakes);
        trace_file(json, mistakes, warnings);
    }
    return mistakes->count == before;
}

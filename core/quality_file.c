#include "core/quality_file.h"
#include "core/allow.h"
#include "core/json.h"
#include "core/lint_cut.h"
#include "core/schema_check.h"
#include "core/trace.h"

#include <stdio.h>
#include <string.h>

const char *const severity_names[SEVERITY_COUNT] = {"error", "warning", "info"};
const char *const variables_in_quality[] = {"now", "yesterday", NULL};

static const struct json_key check_keys[] = {
    {"title", JSON_STRING, true},    {"summary", JSON_STRING, true}, {"collection", JSON_STRING, true},
    {"severity", JSON_STRING, true}, {"pipeline", JSON_ARRAY, true}, {"columns", JSON_ARRAY, true},
    {NULL, JSON_NULL, false},
};
static const struct json_key column_keys[] = {
    {"name", JSON_STRING, true},
    {"text", JSON_STRING, true},
    {NULL, JSON_NULL, false},
};

/* Whether one of the first n columns is called so. */
static bool has_column(const json_t *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const char *other = json_text(json_array_get(list, i), "name");
        if (name && other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

static void check_columns(const json_t *list, struct mistakes *mistakes)
{
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_text(json_array_get(list, i), "name");
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu]", i);
        json_check_keys(json_array_get(list, i), column_keys, path, mistakes);
        strncat(path, ".name", sizeof path - strlen(path) - 1);
        if (has_column(list, i, name))
            mistakes_add(mistakes, path, "there are two columns '%s'", name);
    }
    if (json_is_array(list) && !has_column(list, n, "count"))
        mistakes_add(mistakes, "$.columns", "a check has a column 'count'");
}

bool quality_file_check(const json_t *json, struct mistakes *mistakes, struct mistakes *warnings)
{
    const json_t *pipeline = json_object_get(json, "pipeline");
    size_t before = mistakes->count;
    json_check_keys(json, check_keys, "$", mistakes);
    check_columns(json_object_get(json, "columns"), mistakes);
    json_choice(json_text(json, "severity"), severity_names, SEVERITY_COUNT, "$.severity", mistakes);
    if (json_is_array(pipeline))
        allow_pipeline(pipeline, variables_in_quality, mistakes);
    if (mistakes->count == before) {
        lint_cut(pipeline, mistakes);
        trace_file(json, mistakes, warnings);
    }
    return mistakes->count == before;
}

#include "loader/quality_check.h"
#include "core/folder.h"
#include "core/json.h"
#include "core/schema_check.h"
#include "loader/arena.h"
#include "loader/definition_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const severity_names[SEVERITY_COUNT] = {"error", "warning", "info"};

static const char *const variables[] = {"now", "yesterday", NULL};

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

bool quality_check_has(const struct quality_check *check, const char *column)
{
    for (size_t i = 0; i < check->column_count; i++)
        if (strcmp(check->columns[i], column) == 0)
            return true;
    return false;
}

static bool read_columns(struct quality_check *check, struct error *err)
{
    const json_t *list = json_object_get(check->json, "columns");
    check->columns = memory_zeroed(json_array_size(list) + 1, sizeof *check->columns);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *column = json_array_get(list, i);
        const char *name = json_text(column, "name");
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu]", i);
        if (!json_check_keys(column, column_keys, path, err))
            return false;
        if (quality_check_has(check, name)) {
            error_set(err, ERROR_INVALID, "%s.name: there are two columns '%s'", path, name);
            return false;
        }
        check->columns[check->column_count++] = name;
        check->has_rows |= strcmp(name, "count") != 0 && strcmp(name, "of") != 0 && strcmp(name, "examples") != 0;
    }
    if (!quality_check_has(check, "count"))
        error_set(err, ERROR_INVALID, "$.columns: a check has a column 'count'");
    return quality_check_has(check, "count");
}

static bool read_members(struct quality_check *check, struct error *err)
{
    int severity;
    if (!json_check_keys(check->json, check_keys, "$", err) || !read_columns(check, err))
        return false;
    check->title = json_text(check->json, "title");
    check->summary = json_text(check->json, "summary");
    check->collection = json_text(check->json, "collection");
    severity = definition_choice(check->json, "severity", severity_names, SEVERITY_COUNT, err);
    if (severity < 0)
        return false;
    check->severity = (enum severity)severity;
    check->pipeline = definition_pipeline(check->json, variables, err);
    return check->pipeline;
}

static void check_free(struct quality_check *check)
{
    if (!check)
        return;
    free(check->columns);
    bson_destroy(check->pipeline);
    json_decref(check->json);
    free(check);
}

static bool add_check(void *context, const char *path, const char *name, struct error *err)
{
    struct quality_checks *checks = context;
    struct quality_check *check = memory_zeroed(1, sizeof *check);
    snprintf(check->name, sizeof check->name, "%s", name);
    check->json = json_read_file(path, err);
    if (check->json && read_members(check, err)) {
        checks->list = memory_grow(checks->list, &checks->room, checks->count + 1, sizeof *checks->list);
        checks->list[checks->count++] = check;
        return true;
    }
    if (check->json)
        error_prefix(err, "%s", path);
    check_free(check);
    return false;
}

static bool hash_checks(struct quality_checks *checks, struct error *err)
{
    struct buffer all = {0};
    for (size_t i = 0; i < checks->count; i++)
        definition_digest(checks->list[i]->name, checks->list[i]->json, &all);
    return definition_hash(&all, checks->hash, err);
}

bool quality_checks_read(const char *dir, struct quality_checks *checks, struct error *err)
{
    *checks = (struct quality_checks){0};
    if (folder_read(dir, "quality", false, add_check, checks, err) && hash_checks(checks, err))
        return true;
    quality_checks_release(checks);
    return false;
}

void quality_checks_release(struct quality_checks *checks)
{
    for (size_t i = 0; i < checks->count; i++)
        check_free(checks->list[i]);
    free(checks->list);
    *checks = (struct quality_checks){0};
}

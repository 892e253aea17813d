#include "loader/quality_check.h"
#include "core/folder.h"
#include "core/json.h"
#include "core/schema_check.h"
#include "loader/arena.h"
#include "loader/definition_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool quality_check_has(const struct quality_check *check, const char *column)
{
    for (size_t i = 0; i < check->column_count; i++)
        if (strcmp(check->columns[i], column) == 0)
            return true;
    return false;
}

static void read_columns(struct quality_check *check)
{
    const json_t *list = json_object_get(check->json, "columns");
    check->columns = memory_zeroed(json_array_size(list) + 1, sizeof *check->columns);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_text(json_array_get(list, i), "name");
        check->columns[check->column_count++] = name;
        check->has_rows |= strcmp(name, "count") != 0 && strcmp(name, "of") != 0 && strcmp(name, "examples") != 0;
    }
}

static bool read_members(struct quality_check *check, struct mistakes *mistakes)
{
    struct mistakes warnings = {0}; /* which kpi-server check prints */
    int severity;
    bool ok = quality_file_check(check->json, mistakes, &warnings);
    mistakes_release(&warnings);
    if (!ok)
        return false;
    read_columns(check);
    check->title = json_text(check->json, "title");
    check->summary = json_text(check->json, "summary");
    check->collection = json_text(check->json, "collection");
    severity = json_choice(json_text(check->json, "severity"), severity_names, SEVERITY_COUNT, "$.severity", mistakes);
    check->severity = (enum severity)severity;
    check->pipeline = definition_pipeline(check->json, mistakes);
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

static void add_check(void *context, const char *path, const char *name, struct mistakes *mistakes)
{
    struct quality_checks *checks = context;
    struct quality_check *check = memory_zeroed(1, sizeof *check);
    snprintf(check->name, sizeof check->name, "%s", name);
    check->json = json_read(path, mistakes);
    if (check->json && read_members(check, mistakes)) {
        checks->list = memory_grow(checks->list, &checks->room, checks->count + 1, sizeof *checks->list);
        checks->list[checks->count++] = check;
    } else {
        check_free(check);
    }
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
    struct mistakes mistakes = {0};
    *checks = (struct quality_checks){0};
    folder_read(dir, "quality", false, add_check, checks, &mistakes);
    if (definition_mistakes(&mistakes, err) && hash_checks(checks, err))
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

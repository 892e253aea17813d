#include "loader/star_table.h"
#include "core/catalog.h"
#include "core/folder.h"
#include "core/json.h"
#include "core/schema_check.h"
#include "loader/arena.h"
#include "loader/definition_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const refresh_names[STAR_REFRESH_COUNT] = {"days", "changed"};
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
static bool check_name(const char *name, struct error *err)
{
    size_t n = strlen(name);
    bool ok = (n > 5 && strcmp(name + n - 5, "_fact") == 0) || (n > 4 && strcmp(name + n - 4, "_dim") == 0);
    if (strcmp(name, "time_dim") == 0)
        error_set(err, ERROR_INVALID, "time_dim is made by kpi-load itself; choose another name");
    else if (!ok)
        error_set(err, ERROR_INVALID, "the name of a table of the star schema ends in _fact or _dim");
    return ok && strcmp(name, "time_dim") != 0;
}

static bool check_columns(const json_t *json, struct error *err)
{
    const json_t *list = json_object_get(json, "columns");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *column = json_array_get(list, i);
        struct error why = {0};
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu]", i);
        if (!json_check_keys(column, column_keys, path, err))
            return false;
        if (definition_choice(column, "type", column_type_names, COLUMN_TYPE_COUNT, &why) < 0) {
            error_set(err, ERROR_INVALID, "%s%s", path, why.message + 1); /* "$.type: …" */
            return false;
        }
    }
    return true;
}

static bool read_members(struct star_table *table, struct error *err)
{
    int refresh;
    if (!check_name(table->name, err) || !json_check_keys(table->json, table_keys, "$", err) ||
        !check_columns(table->json, err) ||
        !json_strings(table->json, "depends", &table->depends, &table->depend_count, err))
        return false;
    table->collection = json_text(table->json, "collection");
    table->indexes = json_object_get(table->json, "indexes");
    refresh = definition_choice(table->json, "refresh", refresh_names, STAR_REFRESH_COUNT, err);
    if (refresh < 0)
        return false;
    table->refresh = (enum star_refresh)refresh;
    table->pipeline = definition_pipeline(table->json, variables, err);
    return table->pipeline;
}

static void table_free(struct star_table *table)
{
    free(table->depends);
    bson_destroy(table->pipeline);
    json_decref(table->json);
    free(table);
}

static bool add_table(void *context, const char *path, const char *name, struct error *err)
{
    struct star_tables *tables = context;
    struct star_table *table = memory_zeroed(1, sizeof *table);
    snprintf(table->name, sizeof table->name, "%s", name);
    table->json = json_read_file(path, err);
    if (table->json && read_members(table, err)) {
        tables->list = memory_grow(tables->list, &tables->room, tables->count + 1, sizeof *tables->list);
        tables->list[tables->count++] = table;
        return true;
    }
    if (table->json)
        error_prefix(err, "%s", path);
    table_free(table);
    return false;
}

static bool hash_tables(struct star_tables *tables, struct error *err)
{
    struct buffer all = {0};
    for (size_t i = 0; i < tables->count; i++)
        definition_digest(tables->list[i]->name, tables->list[i]->json, &all);
    return definition_hash(&all, tables->hash, err);
}

bool star_tables_read(const char *dir, struct star_tables *tables, struct error *err)
{
    *tables = (struct star_tables){0};
    if (folder_read(dir, "star", false, add_table, tables, err) && hash_tables(tables, err))
        return true;
    star_tables_release(tables);
    return false;
}

void star_tables_release(struct star_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        table_free(tables->list[i]);
    free(tables->list);
    *tables = (struct star_tables){0};
}

#include "loader/star_table.h"
#include "core/folder.h"
#include "core/json.h"
#include "core/schema_check.h"
#include "loader/arena.h"
#include "loader/definition_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_members(struct star_table *table, struct mistakes *mistakes)
{
    struct mistakes warnings = {0}; /* which kpi-server check prints */
    int refresh;
    bool ok = star_file_check(table->name, table->json, mistakes, &warnings);
    mistakes_release(&warnings);
    if (!ok || !json_strings(table->json, "depends", &table->depends, &table->depend_count, mistakes))
        return false;
    table->collection = json_text(table->json, "collection");
    table->indexes = json_object_get(table->json, "indexes");
    refresh =
        json_choice(json_text(table->json, "refresh"), star_refresh_names, STAR_REFRESH_COUNT, "$.refresh", mistakes);
    table->refresh = (enum star_refresh)refresh;
    table->pipeline = definition_pipeline(table->json, mistakes);
    return table->pipeline;
}

static void table_free(struct star_table *table)
{
    free(table->depends);
    bson_destroy(table->pipeline);
    json_decref(table->json);
    free(table);
}

static void add_table(void *context, const char *path, const char *name, struct mistakes *mistakes)
{
    struct star_tables *tables = context;
    struct star_table *table = memory_zeroed(1, sizeof *table);
    snprintf(table->name, sizeof table->name, "%s", name);
    table->json = json_read(path, mistakes);
    if (table->json && read_members(table, mistakes)) {
        tables->list = memory_grow(tables->list, &tables->room, tables->count + 1, sizeof *tables->list);
        tables->list[tables->count++] = table;
    } else {
        table_free(table);
    }
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
    struct mistakes mistakes = {0};
    *tables = (struct star_tables){0};
    folder_read(dir, "star", false, add_table, tables, &mistakes);
    if (definition_mistakes(&mistakes, err) && hash_tables(tables, err))
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

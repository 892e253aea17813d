#include "loader/profile.h"
#include "core/json.h"
#include "core/nearest.h"
#include "loader/profile_layout.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const profile_keys[] = {"name",          "title",     "currency",     "extends",
                                           "encoding",      "delimiter", "date_formats", "nulls",
                                           "decimal_point", "thousands", "files",        NULL};
static const char *const file_keys[] = {"name",         "required",      "columns",   "records",
                                        "encoding",     "decimal_point", "delimiter", "nulls",
                                        "date_formats", "thousands",     NULL};
static const char *const column_keys[] = {"aliases", "optional", NULL};
static const char *const record_keys[] = {"kind", "fields", "required", "repeats", NULL};

/* Sets the error of a key that is none of `known`. */
static bool check_keys(const json_t *object, const char *const *known, const char *what, struct error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object)) {
        error_set(err, ERROR_INVALID, "%s is to be an object", what);
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const char *best = NULL;
        unsigned distance;
        bool found = false;
        for (const char *const *k = known; *k; k++) {
            found = found || strcmp(*k, key) == 0;
            nearest_consider(key, *k, &best, &distance);
        }
        if (!found) {
            error_set(err, ERROR_INVALID, "%s has no \"%s\"%s%s%s", what, key, best ? "; \"" : "", best ? best : "",
                      best ? "\" is the nearest that it may have" : "");
            return false;
        }
    }
    return true;
}

/* The columns of a file while its expressions are compiled. */
struct column_list {
    struct profile_column *columns;
    size_t count, room;
    const json_t *declared; /* "columns" of the file, or NULL */
    struct arena *arena;
};

static void read_aliases(const json_t *declared, struct profile_column *column, struct arena *arena)
{
    const json_t *aliases = json_object_get(declared, "aliases");
    size_t n = json_array_size(aliases);
    column->optional = json_is_true(json_object_get(declared, "optional"));
    column->aliases = arena_take(arena, (n + 1) * sizeof *column->aliases);
    for (size_t i = 0; i < n; i++) {
        const char *alias = json_string_value(json_array_get(aliases, i));
        if (alias)
            column->aliases[column->alias_count++] = arena_string(arena, alias);
    }
}

/* An expression_column: finds or adds a column. */
static size_t column_number(void *context, const char *name)
{
    struct column_list *list = context;
    struct profile_column *column;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->columns[i].name, name) == 0)
            return i;
    list->columns = memory_grow(list->columns, &list->room, list->count + 1, sizeof *list->columns);
    column = &list->columns[list->count];
    *column = (struct profile_column){.name = arena_string(list->arena, name)};
    read_aliases(json_object_get(list->declared, name), column, list->arena);
    return list->count++;
}

static bool read_required(const json_t *names, struct profile_record *record, struct error *err)
{
    for (size_t i = 0; i < schema_kinds[record->kind].field_count; i++)
        record->required[i] = schema_kinds[record->kind].fields[i].required;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        int field = name ? schema_find_field(record->kind, name) : -1;
        if (field < 0) {
            error_set(err, ERROR_INVALID, "required[%zu] is no field of this kind", i);
            return false;
        }
        record->required[field] = true;
    }
    for (size_t i = 0; i < schema_kinds[record->kind].field_count; i++) {
        if (record->required[i] && !record->fields[i]) {
            error_set(err, ERROR_INVALID, "fields lacks \"%s\", which %s must have",
                      schema_kinds[record->kind].fields[i].name, schema_kinds[record->kind].name);
            return false;
        }
    }
    return true;
}

static bool read_fields(const json_t *fields, struct profile_record *record, struct column_list *columns,
                        struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        int field = schema_find_field(record->kind, name);
        if (field < 0) {
            error_set(err, ERROR_INVALID, "fields: %s has no field \"%s\"", schema_kinds[record->kind].name, name);
            return false;
        }
        record->fields[field] = expression_compile(value, column_number, columns, columns->arena, err);
        if (!record->fields[field]) {
            error_prefix(err, "fields.%s", name);
            return false;
        }
    }
    return true;
}

/* One record; `last` of its file or not decides what becomes of a repeated key where the profile does not say. */
static bool read_record(const json_t *json, bool last, struct profile_record *record, struct column_list *columns,
                        struct error *err)
{
    const char *kind, *repeats;
    if (!check_keys(json, record_keys, "a record", err))
        return false;
    kind = json_text(json, "kind");
    repeats = json_text(json, "repeats");
    if (!kind || !schema_find_kind(kind, &record->kind)) {
        error_set(err, ERROR_INVALID,
                  "kind is to be location, customer, product, seller, order, item, payment or review");
        return false;
    }
    if (repeats && strcmp(repeats, "first") != 0 && strcmp(repeats, "reject") != 0) {
        error_set(err, ERROR_INVALID, "repeats is to be \"first\" or \"reject\"");
        return false;
    }
    record->first_wins = repeats ? strcmp(repeats, "first") == 0 : !last;
    if (!last && !record->first_wins) {
        error_set(err, ERROR_INVALID, "repeats: only the last record of a file can reject a row for its key");
        return false;
    }
    return read_fields(json_object_get(json, "fields"), record, columns, err) &&
           read_required(json_object_get(json, "required"), record, err);
}

static bool read_records(const json_t *records, struct profile_file *file, struct column_list *columns,
                         struct error *err)
{
    size_t n = json_array_size(records);
    if (n == 0) {
        error_set(err, ERROR_INVALID, "records is to be an array of at least one");
        return false;
    }
    file->records = arena_take(columns->arena, n * sizeof *file->records);
    memset(file->records, 0, n * sizeof *file->records);
    for (size_t i = 0; i < n; i++) {
        if (!read_record(json_array_get(records, i), i + 1 == n, &file->records[i], columns, err)) {
            error_prefix(err, "records[%zu]", i);
            return false;
        }
    }
    file->record_count = n;
    return true;
}

static bool check_columns(const json_t *declared, const struct column_list *columns, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)declared, name, value)
    {
        bool used = false;
        if (!check_keys(value, column_keys, name, err)) {
            error_prefix(err, "columns");
            return false;
        }
        for (size_t i = 0; i < columns->count; i++)
            used = used || strcmp(columns->columns[i].name, name) == 0;
        if (!used) {
            error_set(err, ERROR_INVALID, "columns: no field uses \"$%s\"", name);
            return false;
        }
    }
    return true;
}

static bool read_file(const json_t *json, const struct layout *inherited, struct profile_file *file,
                      struct arena *arena, struct error *err)
{
    struct column_list columns = {.declared = json_object_get(json, "columns"), .arena = arena};
    bool ok = false;
    if (!check_keys(json, file_keys, "a file", err))
        return false;
    file->name = arena_string(arena, json_text(json, "name"));
    if (!file->name) {
        error_set(err, ERROR_INVALID, "name is missing");
        return false;
    }
    file->required = !json_is_false(json_object_get(json, "required"));
    file->layout = *inherited;
    if (layout_read(json, &file->layout, arena, err) &&
        read_records(json_object_get(json, "records"), file, &columns, err) &&
        check_columns(columns.declared, &columns, err)) {
        file->columns = arena_take(arena, (columns.count + 1) * sizeof *file->columns);
        if (columns.count)
            memcpy(file->columns, columns.columns, columns.count * sizeof *file->columns);
        file->column_count = columns.count;
        ok = true;
    }
    free(columns.columns);
    return ok;
}

static bool read_profile(const json_t *json, struct profile *profile, struct error *err)
{
    struct layout layout = layout_default;
    const json_t *files = json_object_get(json, "files");
    size_t n = json_array_size(files);
    if (!check_keys(json, profile_keys, "a profile", err))
        return false;
    profile->name = arena_string(&profile->arena, json_text(json, "name"));
    profile->title = arena_string(&profile->arena, json_text(json, "title"));
    profile->currency = arena_string(&profile->arena, json_text(json, "currency"));
    if (!profile->name || !profile->title || !profile->currency || strlen(profile->currency) != 3) {
        error_set(err, ERROR_INVALID, "name, title and currency (three letters) must be there");
        return false;
    }
    if (n == 0) {
        error_set(err, ERROR_INVALID, "files is to be an array of at least one");
        return false;
    }
    if (!layout_read(json, &layout, &profile->arena, err))
        return false;
    profile->files = arena_take(&profile->arena, n * sizeof *profile->files);
    memset(profile->files, 0, n * sizeof *profile->files);
    for (; profile->file_count < n; profile->file_count++) {
        if (!read_file(json_array_get(files, profile->file_count), &layout, &profile->files[profile->file_count],
                       &profile->arena, err)) {
            error_prefix(err, "files[%zu]", profile->file_count);
            return false;
        }
    }
    return true;
}

/* The file's JSON over that of the profile that it extends, which lies beside it. */
static json_t *read_extended(const char *path, int depth, struct error *err)
{
    json_t *json = json_read_file(path, err), *base;
    const char *extends = json ? json_text(json, "extends") : NULL, *slash = strrchr(path, '/');
    char other[4096];
    if (!extends)
        return json;
    if (strchr(extends, '/') || depth > 4) {
        error_set(err, ERROR_INVALID, "%s: extends: %s", path,
                  depth > 4 ? "too many profiles extend each other" : "is to be a name, without a folder");
        json_decref(json);
        return NULL;
    }
    snprintf(other, sizeof other, "%.*s%s.json", slash ? (int)(slash - path + 1) : 0, path, extends);
    base = read_extended(other, depth + 1, err);
    if (base)
        json_object_update(base, json);
    else
        error_prefix(err, "%s: extends", path);
    json_decref(json);
    return base;
}

struct profile *profile_load(const char *path, struct error *err)
{
    struct profile *profile = NULL;
    json_t *json = read_extended(path, 0, err);
    if (!json)
        return NULL;
    profile = memory_zeroed(1, sizeof *profile);
    if (!read_profile(json, profile, err)) {
        error_prefix(err, "%s", path);
        profile_free(profile);
        profile = NULL;
    }
    json_decref(json);
    return profile;
}

void profile_free(struct profile *profile)
{
    if (!profile)
        return;
    arena_release(&profile->arena);
    free(profile);
}

static int is_profile(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

/* Names the profiles that there are, for a name that is none of them. */
static void unknown_profile(const char *name, const char *dir, struct error *err)
{
    char known[256] = "";
    struct dirent **entries;
    int n = scandir(dir, &entries, is_profile, alphasort);
    for (int i = 0; i < n; i++) {
        size_t used = strlen(known), length = strlen(entries[i]->d_name) - 5;
        snprintf(known + used, sizeof known - used, "%s%.*s", used ? ", " : "", (int)length, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    error_set(err, ERROR_NOT_FOUND, "--profile %s: there is no such profile in %s%s%s", name, dir,
              *known ? "; there are " : "; say where the profiles are with --profiles", known);
}

struct profile *profile_named(const char *name, const char *dir, struct error *err)
{
    char path[4096];
    size_t n = strlen(name);
    if (strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".json") == 0))
        return profile_load(name, err);
    snprintf(path, sizeof path, "%s/%s.json", dir, name);
    if (access(path, F_OK) != 0) {
        unknown_profile(name, dir, err);
        return NULL;
    }
    return profile_load(path, err);
}

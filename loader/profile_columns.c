#include "loader/profile_reading.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void read_aliases(struct profile_reading *r, const json_t *declared, struct profile_column *column)
{
    const json_t *aliases = findings_array(r->found, declared, "aliases", 1, 32);
    size_t n = json_array_size(aliases);
    column->aliases = arena_take(&r->profile->arena, (n + 1) * sizeof *column->aliases);
    for (size_t i = 0; i < n; i++) {
        const char *alias = json_string_value(json_array_get(aliases, i));
        size_t where = findings_enter(r->found, ".aliases[%zu]", i);
        if (!alias || !*alias)
            findings_add(r->found, "is to be a column's name");
        for (size_t k = 0; alias && k < column->alias_count; k++)
            if (strcmp(column->aliases[k], alias) == 0)
                findings_add(r->found, "stands there twice");
        if (alias)
            column->aliases[column->alias_count++] = arena_string(&r->profile->arena, alias);
        findings_leave(r->found, where);
    }
}

static struct profile_column *add_column(struct profile_reading *r, const char *name)
{
    struct profile_column *column;
    r->columns = memory_grow(r->columns, &r->column_room, r->column_count + 1, sizeof *r->columns);
    column = &r->columns[r->column_count++];
    *column = (struct profile_column){.name = arena_string(&r->profile->arena, name)};
    return column;
}

static struct profile_column *find_column(struct profile_reading *r, const char *name)
{
    for (size_t i = 0; i < r->column_count; i++)
        if (strcmp(r->columns[i].name, name) == 0)
            return &r->columns[i];
    return NULL;
}

/* Whether a file without a header has a column of that name. */
static bool is_named(const struct profile_file *file, const char *name)
{
    for (size_t i = 0; i < file->name_count; i++)
        if (strcmp(file->names[i], name) == 0)
            return true;
    return false;
}

size_t profile_column_number(void *context, const char *name)
{
    struct profile_reading *r = context;
    struct profile_column *column = find_column(r, name);
    if (column)
        return (size_t)(column - r->columns);
    if (!r->file->has_header && !is_named(r->file, name))
        findings_add(r->found, "\"$%s\" is none of the names of this file without a header", name);
    column = add_column(r, name);
    column->aliases = arena_take(&r->profile->arena, sizeof *column->aliases);
    return (size_t)(column - r->columns);
}

/* The columns that the profile says more of than an expression does. They come first, used or not. */
static void read_declared(struct profile_reading *r)
{
    static const char *const keys[] = {"aliases", "optional", "unused", NULL};
    const char *name;
    json_t *value;
    if (r->declared && !json_is_object(r->declared)) {
        findings_add(r->found, "columns is to be an object");
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)r->declared, name, value)
    {
        size_t where = findings_enter(r->found, ".columns.%s", name);
        findings_object(r->found, value, keys, "a column");
        if (!*name)
            findings_add(r->found, "a column's name is not empty");
        findings_leave(r->found, where);
    }
}

static void read_names(struct profile_reading *r, const json_t *json)
{
    struct profile_file *file = r->file;
    const json_t *names = findings_array(r->found, json, "names", 1, 10000);
    size_t n = json_array_size(names);
    file->names = arena_take(&r->profile->arena, (n + 1) * sizeof *file->names);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        size_t where = findings_enter(r->found, ".names[%zu]", i);
        if (!name || !*name)
            findings_add(r->found, "is to be a column's name");
        else if (is_named(file, name))
            findings_add(r->found, "names the column '%s' twice", name);
        else
            file->names[file->name_count++] = arena_string(&r->profile->arena, name);
        findings_leave(r->found, where);
    }
}

void profile_read_header(struct profile_reading *r, const json_t *json)
{
    r->declared = json_object_get(json, "columns");
    r->file->has_header = findings_flag(r->found, json, "header", true);
    if (!r->file->has_header && !json_object_get(json, "names"))
        findings_add(r->found, "a file without a header needs \"names\", its columns in their order");
    if (!r->file->has_header && !r->file->pattern)
        findings_add(r->found, "a file without a header needs a \"pattern\" of its name, by which it is known");
    if (r->file->has_header && json_object_get(json, "names"))
        findings_add(r->found, "\"names\" is for a file without a header: \"header\": false");
    if (!r->file->has_header && r->declared)
        findings_add(r->found, "\"columns\" is for a file with a header");
    read_names(r, json);
    read_declared(r);
}

/* What the profile declares of the columns that expressions have named, and of those that it only knows. */
void profile_end_columns(struct profile_reading *r)
{
    struct profile_file *file = r->file;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)r->declared, name, value)
    {
        size_t where = findings_enter(r->found, ".columns.%s", name);
        struct profile_column *column = find_column(r, name);
        bool unused = findings_flag(r->found, value, "unused", false);
        if (column && unused)
            findings_add(r->found, "is said to be unused, but a field uses \"$%s\"", name);
        else if (!column && !unused)
            findings_add(r->found,
                         "no field uses \"$%s\"; \"unused\": true says that it only tells the file from others", name);
        if (!column)
            column = add_column(r, name);
        column->unused = unused;
        column->optional = findings_flag(r->found, value, "optional", false);
        read_aliases(r, value, column);
        findings_leave(r->found, where);
    }
    file->columns = arena_take(&r->profile->arena, (r->column_count + 1) * sizeof *file->columns);
    if (r->column_count)
        memcpy(file->columns, r->columns, r->column_count * sizeof *file->columns);
    file->column_count = r->column_count;
    free(r->columns);
}

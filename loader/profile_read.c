#include "loader/profile_layout.h"
#include "loader/profile_reading.h"
#include "loader/zone.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *const profile_keys[] = {"name",      "title",     "currency",     "extends", "timezone",
                                           "encoding",  "delimiter", "date_formats", "nulls",   "decimal_point",
                                           "thousands", "files",     "$schema",      NULL};
static const char *const file_keys[] = {"name",      "pattern",       "required",     "header",   "names", "columns",
                                        "skip",      "lookup",        "records",      "encoding", "nulls", "delimiter",
                                        "thousands", "decimal_point", "date_formats", NULL};

/* The file of that name, or the count of files. */
static size_t find_file(const struct profile *profile, const char *name)
{
    size_t i = 0;
    while (i < profile->file_count && !(profile->files[i].name && strcmp(profile->files[i].name, name) == 0))
        i++;
    return i;
}

/* An expression_scope's lookup(). */
static bool find_value(void *context, const char *from, const char *get, bool as_number, size_t *file, size_t *value)
{
    struct profile_reading *r = context;
    struct profile *profile = r->profile;
    struct profile_file *there;
    *file = find_file(profile, from);
    *value = 0;
    if (*file == profile->file_count)
        return findings_add(r->found, "\"from\": the profile has no file \"%s\"", from);
    there = &profile->files[*file];
    if (there->value_count == 0)
        return findings_add(r->found, "\"from\": the file \"%s\" has no \"lookup\"", from);
    while (*value < there->value_count && strcmp(there->values[*value].name, get) != 0)
        ++*value;
    if (*value == there->value_count)
        return findings_add(r->found, "\"get\": the lookup of \"%s\" has no value \"%s\"", from, get);
    if (r->in_lookup && *file >= r->number)
        return findings_add(r->found, "a lookup can use only files that stand before its own; \"%s\" does not", from);
    there->values[*value].as_number |= as_number;
    r->file->looks_in |= UINT64_C(1) << *file;
    return true;
}

/* The names of a file and of what can be looked up in it, which other files may refer to. */
static void name_file(const json_t *json, struct profile *profile, struct profile_file *file, struct findings *found)
{
    const json_t *lookup = json_object_get(json, "lookup"), *values = json_object_get(lookup, "values");
    const char *name = findings_text(found, json, "name", json_is_object(json)), *key;
    size_t n = json_object_size(values);
    json_t *value;
    if (name && find_file(profile, name) < profile->file_count)
        findings_add(found, "another file has the name \"%s\"", name);
    file->name = arena_string(&profile->arena, name);
    file->values = arena_take(&profile->arena, (n + 1) * sizeof *file->values);
    if (json_is_object(lookup) && (n == 0 || n > LOOKUP_VALUES_MOST)) {
        findings_add(found, "lookup.values is to be an object of 1 to %d values", LOOKUP_VALUES_MOST);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        file->values[file->value_count++] = (struct profile_value){.name = arena_string(&profile->arena, key)};
    }
}

static void read_file(const json_t *json, const struct layout *inherited, struct profile *profile, size_t number,
                      struct findings *found)
{
    struct profile_reading r = {.profile = profile, .file = &profile->files[number], .number = number, .found = found};
    size_t before = found->count;
    r.scope = (struct expression_scope){.column = profile_column_number,
                                        .lookup = find_value,
                                        .context = &r,
                                        .layout = &r.file->layout,
                                        .arena = &profile->arena,
                                        .found = found};
    r.file->layout = *inherited;
    r.file->has_header = true;
    if (!json_is_object(json)) {
        findings_add(found, "a file is to be an object");
        return;
    }
    findings_object(found, json, file_keys, "a file");
    r.file->required = findings_flag(found, json, "required", true);
    r.file->pattern = arena_string(&profile->arena, findings_text(found, json, "pattern", false));
    layout_read(json, &r.file->layout, &profile->arena, found);
    profile_read_header(&r, json);
    profile_read_skips(&r, json);
    profile_read_lookup(&r, json);
    profile_read_records(&r, json);
    profile_end_columns(&r);
    if (r.file->column_count == 0 && found->count == before)
        findings_add(found, "no expression names a column of this file");
}

static void read_files(const json_t *files, const struct layout *layout, struct profile *profile,
                       struct findings *found)
{
    size_t n = json_array_size(files);
    if (n == 0 || n > PROFILE_FILES_MOST) {
        findings_add(found, "files is to be an array of 1 to %d", PROFILE_FILES_MOST);
        return;
    }
    profile->files = arena_take(&profile->arena, n * sizeof *profile->files);
    memset(profile->files, 0, n * sizeof *profile->files);
    for (size_t i = 0; i < n; i++) {
        size_t where = findings_enter(found, ".files[%zu]", i);
        name_file(json_array_get(files, i), profile, &profile->files[i], found);
        profile->file_count++;
        findings_leave(found, where);
    }
    for (size_t i = 0; i < n; i++) {
        size_t where = findings_enter(found, ".files[%zu]", i);
        read_file(json_array_get(files, i), layout, profile, i, found);
        findings_leave(found, where);
    }
}

static void check_currency(const char *currency, struct findings *found)
{
    if (currency && (strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3))
        findings_add(found, "currency is to be the three letters of ISO 4217, such as EUR");
}

static void check_timezone(const char *zone, struct findings *found)
{
    struct error err;
    if (zone && !zone_exists(zone, &err))
        findings_add(found, "timezone is to be a name such as Europe/Paris: %s", err.message);
}

void profile_read(const json_t *json, struct profile *profile, struct findings *found)
{
    struct layout layout = layout_default;
    const char *extends;
    if (!json_is_object(json)) {
        findings_add(found, "a profile is to be an object");
        return;
    }
    findings_object(found, json, profile_keys, "a profile");
    profile->name = arena_string(&profile->arena, findings_text(found, json, "name", true));
    profile->title = arena_string(&profile->arena, findings_text(found, json, "title", true));
    profile->currency = arena_string(&profile->arena, findings_text(found, json, "currency", true));
    profile->timezone = arena_string(&profile->arena, findings_text(found, json, "timezone", false));
    extends = findings_text(found, json, "extends", false);
    if (extends && strchr(extends, '/'))
        findings_add(found, "extends is to be the name of a profile beside this one, without a folder");
    findings_text(found, json, "$schema", false);
    check_currency(profile->currency, found);
    check_timezone(profile->timezone, found);
    layout_read(json, &layout, &profile->arena, found);
    read_files(json_object_get(json, "files"), &layout, profile, found);
}

#include "core/nearest.h"
#include "loader/profile_reading.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SKIPS_MOST = 16 };

/* The field of that name; -1: there is none, which is added. */
static int find_field(struct profile_reading *r, enum kind kind, const char *name)
{
    const struct schema_kind *schema = &schema_kinds[kind];
    const char *best = NULL;
    unsigned distance;
    char all[400] = "";
    int field = schema_find_field(kind, name);
    if (field >= 0)
        return field;
    for (size_t i = 0; i < schema->field_count; i++) {
        size_t used = strlen(all);
        nearest_consider(name, schema->fields[i].name, &best, &distance);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", schema->fields[i].name);
    }
    if (best)
        findings_add(r->found, "%s has no field \"%s\"; the nearest is \"%s\"", schema->name, name, best);
    else
        findings_add(r->found, "%s has no field \"%s\"; it has %s", schema->name, name, all);
    return -1;
}

static void read_fields(struct profile_reading *r, const json_t *fields, struct profile_record *record)
{
    const struct schema_kind *schema = &schema_kinds[record->kind];
    size_t where = findings_enter(r->found, ".fields");
    const char *name;
    json_t *value;
    if (!json_is_object(fields))
        findings_add(r->found, "is to be an object");
    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        size_t here = findings_enter(r->found, ".%s", name);
        int field = find_field(r, record->kind, name);
        if (field >= 0) {
            record->fields[field] = expression_compile(value, &r->scope, &schema->fields[field]);
            if (record->fields[field] && schema->fields[field].type == FIELD_TIME && r->file->layout.date_count == 0)
                findings_add(r->found, "is a date, but there are no date_formats to read it by");
        }
        findings_leave(r->found, here);
    }
    findings_leave(r->found, where);
}

static void read_required(struct profile_reading *r, const json_t *json, struct profile_record *record)
{
    const struct schema_kind *schema = &schema_kinds[record->kind];
    const json_t *names = findings_array(r->found, json, "required", 1, FIELDS_MOST);
    const json_t *fields = json_object_get(json, "fields");
    for (size_t i = 0; i < schema->field_count; i++)
        record->required[i] = schema->fields[i].required;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        size_t where = findings_enter(r->found, ".required[%zu]", i);
        int field = -1;
        if (name)
            field = find_field(r, record->kind, name);
        else
            findings_add(r->found, "is to be the name of a field");
        if (field >= 0)
            record->required[field] = true;
        findings_leave(r->found, where);
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        const json_t *value = json_object_get(fields, schema->fields[i].name);
        if (record->required[i] && (!value || json_is_null(value)))
            findings_add(r->found, "fields lacks \"%s\", which %s must have", schema->fields[i].name, schema->name);
    }
}

/* What one kind asks for beyond its required fields. */
static void check_kind(struct profile_reading *r, const struct profile_record *record)
{
    if (record->kind == KIND_ITEM && !record->fields[ITEM_UNIT_PRICE] && !record->fields[ITEM_GROSS] &&
        !record->fields[ITEM_SALES])
        findings_add(r->found, "fields lacks what an item is worth: unit_price, gross or sales");
    if (record->kind == KIND_LOCATION && !record->fields[LOCATION_LATITUDE] != !record->fields[LOCATION_LONGITUDE])
        findings_add(r->found, "fields has one of latitude and longitude; give both or none");
}

static bool read_kind(struct profile_reading *r, const json_t *json, enum kind *kind)
{
    const json_t *value = json_object_get(json, "kind");
    const char *name = json_string_value(value);
    size_t where;
    if (name && schema_find_kind(name, kind))
        return true;
    where = findings_enter(r->found, ".kind");
    findings_add(r->found, "is to be location, customer, product, seller, order, item, payment or review");
    findings_leave(r->found, where);
    return false;
}

/* Which row defines a key that comes again: by default the first, but for the last record of a row. */
static void read_repeats(struct profile_reading *r, const json_t *json, bool last, struct profile_record *record)
{
    const json_t *value = json_object_get(json, "repeats");
    const char *repeats = json_string_value(value);
    size_t where = findings_enter(r->found, ".repeats");
    record->first_wins = !last;
    if (repeats && strcmp(repeats, "first") == 0)
        record->first_wins = true;
    else if (repeats && strcmp(repeats, "reject") == 0 && !last)
        findings_add(r->found, "only the last record of a file can reject a row for its key");
    else if (value && (!repeats || strcmp(repeats, "reject") != 0))
        findings_add(r->found, "is to be \"first\" or \"reject\"");
    findings_leave(r->found, where);
}

static void read_when(struct profile_reading *r, const json_t *json, bool last, struct profile_record *record)
{
    const json_t *when = json_object_get(json, "when");
    size_t where = findings_enter(r->found, ".when");
    if (when)
        record->when = condition_compile(when, &r->scope);
    if (when && last)
        findings_add(r->found,
                     "the last record of a file, with which its rows are counted, is for every row; leave rows "
                     "out with \"skip\"");
    findings_leave(r->found, where);
}

static bool read_record(struct profile_reading *r, const json_t *json, bool last, struct profile_record *record)
{
    static const char *const keys[] = {"kind", "when", "fields", "required", "repeats", NULL};
    if (!json_is_object(json))
        return findings_add(r->found, "a record is to be an object");
    findings_object(r->found, json, keys, "a record");
    read_repeats(r, json, last, record);
    read_when(r, json, last, record);
    if (!read_kind(r, json, &record->kind))
        return false;
    read_fields(r, json_object_get(json, "fields"), record);
    read_required(r, json, record);
    check_kind(r, record);
    return true;
}

/* A record must stand behind those of its row that it refers to. */
static void check_order(struct profile_reading *r, size_t number)
{
    const struct profile_file *file = r->file;
    const struct profile_record *record = &file->records[number];
    const struct schema_kind *schema = &schema_kinds[record->kind];
    for (size_t later = number + 1; later < file->record_count; later++)
        for (size_t i = 0; i < schema->field_count; i++)
            if (record->fields[i] && schema->fields[i].type == FIELD_REFERENCE &&
                schema->fields[i].refers == file->records[later].kind)
                findings_add(r->found, "this %s refers to a %s, which is to stand before it", schema->name,
                             schema_kinds[schema->fields[i].refers].name);
}

void profile_read_records(struct profile_reading *r, const json_t *json)
{
    const json_t *records = findings_array(r->found, json, "records", 1, PROFILE_RECORDS_MOST);
    size_t n = json_array_size(records);
    if (!json_object_get(json, "records") && !json_object_get(json, "lookup"))
        findings_add(r->found,
                     "\"records\" is missing: what a row says; or a \"lookup\", for a file that is only looked up in");
    r->file->records = arena_take(&r->profile->arena, (n + 1) * sizeof *r->file->records);
    memset(r->file->records, 0, (n + 1) * sizeof *r->file->records);
    for (size_t i = 0; i < n; i++) {
        size_t where = findings_enter(r->found, ".records[%zu]", i);
        r->file->record_count += read_record(r, json_array_get(records, i), i + 1 == n, &r->file->records[i]);
        findings_leave(r->found, where);
    }
    for (size_t i = 0; i < n && r->file->record_count == n; i++) {
        size_t where = findings_enter(r->found, ".records[%zu]", i);
        check_order(r, i);
        findings_leave(r->found, where);
    }
}

void profile_read_skips(struct profile_reading *r, const json_t *json)
{
    static const char *const keys[] = {"when", "reason", NULL};
    const json_t *skips = findings_array(r->found, json, "skip", 1, SKIPS_MOST);
    size_t n = json_array_size(skips);
    r->file->skips = arena_take(&r->profile->arena, (n + 1) * sizeof *r->file->skips);
    for (size_t i = 0; i < n; i++) {
        size_t where = findings_enter(r->found, ".skip[%zu]", i), here;
        const json_t *skip = json_array_get(skips, i), *when = json_object_get(skip, "when");
        struct profile_skip *out = &r->file->skips[r->file->skip_count];
        *out = (struct profile_skip){0};
        if (json_is_object(skip) && !when)
            findings_add(r->found, "when is missing");
        here = findings_enter(r->found, ".when");
        if (when)
            out->when = condition_compile(when, &r->scope);
        findings_leave(r->found, here);
        if (findings_object(r->found, skip, keys, "an entry of skip"))
            out->reason = arena_string(&r->profile->arena, findings_text(r->found, skip, "reason", true));
        r->file->skip_count += out->when && out->reason;
        findings_leave(r->found, where);
    }
}

static void read_value(struct profile_reading *r, const json_t *json, struct profile_value *value)
{
    const json_t *summed = json_object_get(json, "$sum");
    size_t where;
    value->is_sum = summed && json_object_size(json) == 1;
    if (!value->is_sum) {
        value->expression = expression_compile(json, &r->scope, NULL);
        return;
    }
    value->as_number = true;
    where = findings_enter(r->found, ".$sum");
    value->expression = expression_compile(summed, &r->scope, NULL);
    findings_leave(r->found, where);
}

void profile_read_lookup(struct profile_reading *r, const json_t *json)
{
    static const char *const keys[] = {"key", "values", NULL};
    const json_t *lookup = json_object_get(json, "lookup"), *key = json_object_get(lookup, "key");
    size_t where = findings_enter(r->found, ".lookup"), here;
    if (lookup && findings_object(r->found, lookup, keys, "a lookup")) {
        r->in_lookup = true;
        here = findings_enter(r->found, ".key");
        if (key)
            r->file->key = expression_compile(key, &r->scope, NULL);
        else
            findings_add(r->found, "is missing: what rows are found by");
        findings_leave(r->found, here);
        for (size_t i = 0; i < r->file->value_count; i++) {
            here = findings_enter(r->found, ".values.%s", r->file->values[i].name);
            read_value(r, json_object_get(json_object_get(lookup, "values"), r->file->values[i].name),
                       &r->file->values[i]);
            findings_leave(r->found, here);
        }
        r->in_lookup = false;
    }
    findings_leave(r->found, where);
}

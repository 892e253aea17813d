#include "loader/cleaning.h"

#include <stdio.h>
#include <string.h>

void cleaning_skip(struct cleaning *cleaning, const char *reason)
{
    int i = 0;
    while (i < SKIP_REASONS_MOST - 1 && cleaning->skipped[i].reason && strcmp(cleaning->skipped[i].reason, reason) != 0)
        i++;
    cleaning->skipped[i].reason = reason;
    cleaning->skipped[i].rows++;
}

void cleaning_compare(struct cleaning *cleaning, enum kind kind, const struct value *first, const struct value *later)
{
    for (size_t i = 0; i < schema_kinds[kind].field_count; i++)
        if (!value_equal(&first[i], &later[i]))
            cleaning->differs[kind][i]++;
}

static void found_one(void *any, const char *what, uint64_t count)
{
    (void)what;
    (void)count;
    *(bool *)any = true;
}

bool cleaning_any(const struct cleaning *cleaning)
{
    bool any = false;
    cleaning_list(cleaning, found_one, &any);
    return any;
}

void cleaning_list(const struct cleaning *cleaning, cleaning_callback *callback, void *context)
{
    if (cleaning->trimmed)
        callback(context, "values trimmed of spaces", cleaning->trimmed);
    if (cleaning->padded)
        callback(context, "rows with a padded value", cleaning->padded);
    if (cleaning->repaired)
        callback(context, "rows with a repaired value", cleaning->repaired);
    if (cleaning->looked_up_otherwise)
        callback(context, "rows that are looked up in, with other values than their key's first row",
                 cleaning->looked_up_otherwise);
    for (int i = 0; i < SKIP_REASONS_MOST && cleaning->skipped[i].reason; i++) {
        char what[128];
        snprintf(what, sizeof what, "rows skipped: %s", cleaning->skipped[i].reason);
        callback(context, what, cleaning->skipped[i].rows);
    }
    if (cleaning->merged)
        callback(context, "lines summed into another of the same product", cleaning->merged);
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        char repeated[80];
        snprintf(repeated, sizeof repeated, "duplicate %ss dropped", schema_kinds[kind].name);
        if (cleaning->repeated[kind])
            callback(context, repeated, cleaning->repeated[kind]);
        for (size_t i = 0; i < schema_kinds[kind].field_count; i++) {
            char what[80];
            snprintf(what, sizeof what, "%s %s differs from the first row's", schema_kinds[kind].name,
                     schema_kinds[kind].fields[i].name);
            if (cleaning->differs[kind][i])
                callback(context, what, cleaning->differs[kind][i]);
        }
    }
}

#include "core/rollup_rows.h"

#include <stdio.h>
#include <string.h>

static void copy_document(const struct rollup *r, const bson_iter_t *from, bson_t *to, bool match);

/* Whether the path begins with a field of the rows. */
static bool is_of_rows(const struct rollup *r, const char *path)
{
    size_t n = strcspn(path, ".");
    for (size_t i = 0; i < r->dimension_count; i++)
        if (strlen(r->dimensions[i].field) == n && strncmp(r->dimensions[i].field, path, n) == 0)
            return true;
    for (size_t i = 0; i < r->measure_count; i++)
        if (strlen(r->measures[i].name) == n && strncmp(r->measures[i].name, path, n) == 0)
            return true;
    return false;
}

/* Whether something below names fields in another way than as "$field", or all of them at once. */
static bool names_otherwise(const bson_iter_t *document)
{
    static const char *const keys[] = {"sortBy", "$getField", "$setField", "$unsetField"};
    bson_iter_t it;
    for (bson_iter_recurse(document, &it); bson_iter_next(&it);) {
        const char *key = bson_iter_key(&it);
        const char *text = BSON_ITER_HOLDS_UTF8(&it) ? bson_iter_utf8(&it, NULL) : "";
        if (strcmp(key, "$literal") == 0)
            continue;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (strcmp(key, keys[i]) == 0)
                return true;
        if (strncmp(text, "$$ROOT", 6) == 0 || strncmp(text, "$$CURRENT", 9) == 0)
            return true;
        if ((BSON_ITER_HOLDS_DOCUMENT(&it) || BSON_ITER_HOLDS_ARRAY(&it)) && names_otherwise(&it))
            return true;
    }
    return false;
}

static void copy_text(const struct rollup *r, const char *key, const bson_iter_t *it, bson_t *to)
{
    const char *text = bson_iter_utf8(it, NULL);
    char *longer;
    if (text[0] != '$' || text[1] == '$' || !is_of_rows(r, text + 1)) {
        BSON_APPEND_VALUE(to, key, bson_iter_value((bson_iter_t *)(uintptr_t)it));
        return;
    }
    longer = bson_strdup_printf("$rows.%s", text + 1);
    BSON_APPEND_UTF8(to, key, longer);
    bson_free(longer);
}

/* A part of an expression. */
static void copy_value(const struct rollup *r, const char *key, const bson_iter_t *it, bson_t *to)
{
    bool literal = strcmp(key, "$literal") == 0;
    bson_t child;
    if (!literal && BSON_ITER_HOLDS_UTF8(it)) {
        copy_text(r, key, it, to);
    } else if (!literal && BSON_ITER_HOLDS_DOCUMENT(it)) {
        bson_append_document_begin(to, key, -1, &child);
        copy_document(r, it, &child, false);
        bson_append_document_end(to, &child);
    } else if (!literal && BSON_ITER_HOLDS_ARRAY(it)) {
        bson_append_array_begin(to, key, -1, &child);
        copy_document(r, it, &child, false);
        bson_append_array_end(to, &child);
    } else {
        BSON_APPEND_VALUE(to, key, bson_iter_value((bson_iter_t *)(uintptr_t)it));
    }
}

/* {"$or": [condition, …]} */
static void copy_conditions(const struct rollup *r, const char *key, const bson_iter_t *list, bson_t *to)
{
    bson_iter_t it;
    bson_t array, child;
    bson_append_array_begin(to, key, -1, &array);
    for (bson_iter_recurse(list, &it); bson_iter_next(&it);) {
        bson_append_document_begin(&array, bson_iter_key(&it), -1, &child);
        copy_document(r, &it, &child, true);
        bson_append_document_end(&array, &child);
    }
    bson_append_array_end(to, &array);
}

/* A part of a condition: its keys are paths, its values are values. */
static void copy_condition(const struct rollup *r, const char *key, const bson_iter_t *it, bson_t *to)
{
    char *longer;
    if (strcmp(key, "$expr") == 0) {
        copy_value(r, key, it, to);
    } else if (*key == '$' && BSON_ITER_HOLDS_ARRAY(it)) {
        copy_conditions(r, key, it, to);
    } else {
        longer = bson_strdup_printf("%s%s", is_of_rows(r, key) ? "rows." : "", key);
        BSON_APPEND_VALUE(to, longer, bson_iter_value((bson_iter_t *)(uintptr_t)it));
        bson_free(longer);
    }
}

/* A document or list with the longer paths; match: it is the condition of a $match. */
static void copy_document(const struct rollup *r, const bson_iter_t *from, bson_t *to, bool match)
{
    bson_iter_t it;
    for (bson_iter_recurse(from, &it); bson_iter_next(&it);)
        if (match)
            copy_condition(r, bson_iter_key(&it), &it, to);
        else
            copy_value(r, bson_iter_key(&it), &it, to);
}

static void append_stage(bson_t *pipeline, const bson_iter_t *stage)
{
    char number[16];
    snprintf(number, sizeof number, "%u", bson_count_keys(pipeline));
    BSON_APPEND_VALUE(pipeline, number, bson_iter_value((bson_iter_t *)(uintptr_t)stage));
}

/* The stage at `it` with the longer paths; its operator is at `inner`. */
static void append_longer(const struct rollup *r, const bson_iter_t *inner, bool match, bson_t *pipeline)
{
    bson_t stage, body;
    char number[16];
    snprintf(number, sizeof number, "%u", bson_count_keys(pipeline));
    BSON_APPEND_DOCUMENT_BEGIN(pipeline, number, &stage);
    bson_append_document_begin(&stage, bson_iter_key(inner), -1, &body);
    copy_document(r, inner, &body, match);
    bson_append_document_end(&stage, &body);
    bson_append_document_end(pipeline, &stage);
}

/* The stage that makes rows.region region. */
static void append_replace(const struct rollup *r, bson_t *pipeline)
{
    bson_t *stage = r->grain == ROLLUP_DAY ? BCON_NEW("$replaceWith", "{", "$mergeObjects", "[", BCON_UTF8("$rows"),
                                                      "{", "day", BCON_UTF8("$day"), "}", "]", "}")
                                           : BCON_NEW("$replaceWith", BCON_UTF8("$rows"));
    char number[16];
    snprintf(number, sizeof number, "%u", bson_count_keys(pipeline));
    BSON_APPEND_DOCUMENT(pipeline, number, stage);
    bson_destroy(stage);
}

void rollup_read_rows(const struct rollup *r, const bson_t *stages, bson_t *pipeline)
{
    bson_iter_t it, inner;
    bool in_rows = true; /* the documents are still those that $unwind gave */
    for (bson_iter_init(&it, stages); bson_iter_next(&it);) {
        bool some = bson_iter_recurse(&it, &inner) && bson_iter_next(&inner) && BSON_ITER_HOLDS_DOCUMENT(&inner);
        bool match = some && strcmp(bson_iter_key(&inner), "$match") == 0;
        bool group = some && strcmp(bson_iter_key(&inner), "$group") == 0;
        if (in_rows && (match || group) && !names_otherwise(&inner)) {
            append_longer(r, &inner, match, pipeline);
            in_rows = match;
            continue;
        }
        if (in_rows)
            append_replace(r, pipeline);
        in_rows = false;
        append_stage(pipeline, &it);
    }
}

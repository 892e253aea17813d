#include "core/bind.h"

#include <stdio.h>
#include <string.h>

/* The name in {"$var": "name"}, or NULL when the document is no variable. *malformed: it has a key $var, but is not of
 * that form. */
static const char *variable_name(const bson_iter_t *it, bool *malformed)
{
    bson_iter_t child;
    const char *name = NULL;
    int keys = 0;
    *malformed = false;
    if (!BSON_ITER_HOLDS_DOCUMENT(it) || !bson_iter_recurse(it, &child))
        return NULL;
    for (; bson_iter_next(&child); keys++) {
        if (strcmp(bson_iter_key(&child), "$var") != 0)
            continue;
        name = BSON_ITER_HOLDS_UTF8(&child) ? bson_iter_utf8(&child, NULL) : NULL;
        *malformed = !name;
    }
    *malformed = *malformed || (name && keys > 1);
    return *malformed ? NULL : name;
}

static bool append_value(bson_t *to, const char *key, const bson_iter_t *value)
{
    bson_t literal;
    if (!BSON_ITER_HOLDS_UTF8(value))
        return bson_append_iter(to, key, -1, value);
    return bson_append_document_begin(to, key, -1, &literal) && bson_append_iter(&literal, "$literal", -1, value) &&
           bson_append_document_end(to, &literal);
}

/* Whether the stage is a $match that was bound to nothing. */
static bool is_empty_match(const bson_t *array, const char *key)
{
    bson_iter_t it, stage, match;
    return bson_iter_init_find(&it, array, key) && BSON_ITER_HOLDS_DOCUMENT(&it) && bson_iter_recurse(&it, &stage) &&
           bson_iter_next(&stage) && strcmp(bson_iter_key(&stage), "$match") == 0 && BSON_ITER_HOLDS_DOCUMENT(&stage) &&
           bson_iter_recurse(&stage, &match) && !bson_iter_next(&match);
}

static bool bind_members(bson_iter_t *it, const bson_t *values, bson_t *to, struct error *err);

static bool bind_child(const bson_iter_t *it, const char *key, const bson_t *values, bson_t *to, struct error *err)
{
    bson_iter_t members;
    bson_t child;
    bool ok, array = BSON_ITER_HOLDS_ARRAY(it);
    if (!bson_iter_recurse(it, &members))
        return false;
    if (!(array ? bson_append_array_begin(to, key, -1, &child) : bson_append_document_begin(to, key, -1, &child)))
        return false;
    ok = bind_members(&members, values, &child, err);
    return (array ? bson_append_array_end(to, &child) : bson_append_document_end(to, &child)) && ok;
}

static bool bind_one(const bson_iter_t *it, const bson_t *values, bson_t *to, struct error *err)
{
    const char *key = bson_iter_key(it);
    bool malformed;
    const char *name = variable_name(it, &malformed);
    bson_iter_t value;
    if (malformed) {
        error_set(err, ERROR_INVALID, "'%s': a variable is written {\"$var\": \"name\"}", key);
        return false;
    }
    if (name) {
        if (bson_iter_init_find(&value, values, name))
            return append_value(to, key, &value);
        error_set(err, ERROR_INVALID, "the variable '%s' has no value", name);
        return false;
    }
    if (BSON_ITER_HOLDS_DOCUMENT(it) || BSON_ITER_HOLDS_ARRAY(it))
        return bind_child(it, key, values, to, err);
    return bson_append_iter(to, key, -1, it);
}

static bool bind_members(bson_iter_t *it, const bson_t *values, bson_t *to, struct error *err)
{
    while (bson_iter_next(it))
        if (!bind_one(it, values, to, err))
            return false;
    return true;
}

bool bind_pipeline(const bson_t *tree, const bson_t *values, bson_t *to, struct error *err)
{
    uint32_t count = bson_count_keys(to);
    bson_iter_t it;
    if (!bson_iter_init(&it, tree))
        return false;
    while (bson_iter_next(&it)) {
        bson_t one = BSON_INITIALIZER;
        bson_iter_t stage;
        bool ok = bind_one(&it, values, &one, err);
        if (ok && !is_empty_match(&one, bson_iter_key(&it)) && bson_iter_init(&stage, &one) && bson_iter_next(&stage)) {
            char number[16];
            snprintf(number, sizeof number, "%u", count++);
            ok = bson_append_iter(to, number, -1, &stage);
        }
        bson_destroy(&one);
        if (!ok)
            return false;
    }
    return true;
}

bool bind_visit(const bson_t *tree, bool (*visit)(const char *name, void *data), void *data)
{
    bson_iter_t it;
    if (!bson_iter_init(&it, tree))
        return false;
    while (bson_iter_next(&it)) {
        bool malformed;
        const char *name = variable_name(&it, &malformed);
        const uint8_t *bytes;
        uint32_t n;
        bson_t child;
        if (name && !visit(name, data))
            return false;
        if (name || (!BSON_ITER_HOLDS_DOCUMENT(&it) && !BSON_ITER_HOLDS_ARRAY(&it)))
            continue;
        if (BSON_ITER_HOLDS_ARRAY(&it))
            bson_iter_array(&it, &n, &bytes);
        else
            bson_iter_document(&it, &n, &bytes);
        if (!bson_init_static(&child, bytes, n) || !bind_visit(&child, visit, data))
            return false;
    }
    return true;
}

static bool is_other(const char *name, void *than)
{
    return strcmp(name, than) != 0;
}

bool bind_uses(const bson_t *tree, const char *name)
{
    return !bind_visit(tree, is_other, (void *)(uintptr_t)name);
}

#include "loader/findings.h"
#include "core/nearest.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void findings_release(struct findings *f)
{
    free(f->list);
    arena_release(&f->arena);
    memset(f, 0, sizeof *f);
}

size_t findings_enter(struct findings *f, const char *format, ...)
{
    size_t where = f->used;
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(f->path + where, sizeof f->path - where, format, args);
    va_end(args);
    if (n > 0)
        f->used = where + (size_t)n < sizeof f->path ? where + (size_t)n : sizeof f->path - 1;
    return where;
}

void findings_leave(struct findings *f, size_t where)
{
    f->used = where;
    f->path[where] = '\0';
}

bool findings_add(struct findings *f, const char *format, ...)
{
    char sentence[400], path[sizeof f->path + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    snprintf(path, sizeof path, "$%s", f->path);
    f->list = memory_grow(f->list, &f->room, f->count + 1, sizeof *f->list);
    f->list[f->count++] = (struct finding){arena_string(&f->arena, path), arena_string(&f->arena, sentence)};
    return false;
}

void findings_error(const struct findings *f, const char *file, struct error *err)
{
    char more[64] = "";
    if (f->count > 1)
        snprintf(more, sizeof more, "; and %zu more: kpi-load check lists them", f->count - 1);
    error_set(err, ERROR_INVALID, "%s: %s: %s%s", file, f->list[0].path, f->list[0].sentence, more);
}

bool findings_object(struct findings *f, const json_t *value, const char *const *keys, const char *what)
{
    const char *key;
    json_t *member;
    size_t before = f->count;
    if (!json_is_object(value))
        return findings_add(f, "%s is to be an object", what);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        const char *best = NULL;
        unsigned distance;
        bool known = false;
        for (const char *const *k = keys; *k; k++) {
            known = known || strcmp(*k, key) == 0;
            nearest_consider(key, *k, &best, &distance);
        }
        if (!known)
            findings_add(f, "%s has no \"%s\"%s%s%s", what, key, best ? "; \"" : "", best ? best : "",
                         best ? "\" is the nearest that it may have" : "");
    }
    return f->count == before;
}

const char *findings_text(struct findings *f, const json_t *object, const char *key, bool needed)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    size_t where;
    if (!value) {
        if (needed)
            findings_add(f, "%s is missing", key);
        return NULL;
    }
    if (text && *text && strlen(text) == json_string_length(value))
        return text;
    where = findings_enter(f, ".%s", key);
    findings_add(f, "is to be a text that is not empty");
    findings_leave(f, where);
    return NULL;
}

bool findings_flag(struct findings *f, const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    size_t where;
    if (!value)
        return fallback;
    if (json_is_boolean(value))
        return json_is_true(value);
    where = findings_enter(f, ".%s", key);
    findings_add(f, "is to be true or false");
    findings_leave(f, where);
    return fallback;
}

const json_t *findings_array(struct findings *f, const json_t *object, const char *key, size_t least, size_t most)
{
    const json_t *value = json_object_get(object, key);
    size_t where;
    if (!value || (json_is_array(value) && json_array_size(value) >= least && json_array_size(value) <= most))
        return value;
    where = findings_enter(f, ".%s", key);
    findings_add(f, "is to be an array of %zu to %zu", least, most);
    findings_leave(f, where);
    return NULL;
}

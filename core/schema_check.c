#include "core/schema_check.h"
#include "core/nearest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *type_name(json_type type)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",       [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a whole number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true or false",
        [JSON_FALSE] = "true or false",    [JSON_NULL] = "null",
    };
    return names[type];
}

static bool type_fits(const json_t *value, json_type type)
{
    return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

static const struct json_key *find_key(const struct json_key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

bool json_check_keys(const json_t *object, const struct json_key *keys, const char *path, struct error *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object)) {
        error_set(err, ERROR_INVALID, "%s: must be an object", path);
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        const struct json_key *key = find_key(keys, name);
        if (!key) {
            const char *best = NULL;
            unsigned distance = 0;
            for (const struct json_key *k = keys; k->name; k++)
                nearest_consider(name, k->name, &best, &distance);
            error_set(err, ERROR_INVALID, "%s.%s: unknown key%s%s%s", path, name, best ? "; did you mean '" : "",
                      best ? best : "", best ? "'?" : "");
            return false;
        }
        if (!type_fits(value, key->type)) {
            error_set(err, ERROR_INVALID, "%s.%s: must be %s", path, name, type_name(key->type));
            return false;
        }
    }
    for (; keys->name; keys++) {
        if (keys->required && !json_object_get(object, keys->name)) {
            error_set(err, ERROR_INVALID, "%s: '%s' is missing", path, keys->name);
            return false;
        }
    }
    return true;
}

bool json_strings(const json_t *object, const char *key, const char ***list, size_t *count, struct error *err)
{
    const json_t *array = json_object_get(object, key);
    size_t n = json_array_size(array);
    *list = NULL;
    *count = 0;
    if (!n)
        return true;
    *list = calloc(n, sizeof **list);
    if (!*list) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return false;
    }
    for (; *count < n; ++*count) {
        const json_t *member = json_array_get(array, *count);
        if (!json_is_string(member)) {
            error_set(err, ERROR_INVALID, "$.%s[%zu]: must be a string", key, *count);
            return false;
        }
        (*list)[*count] = json_string_value(member);
    }
    return true;
}

#include "core/schema_check.h"
#include "core/nearest.h"

#include <stdint.h>
#include <stdio.h>
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

static void add_unknown(const char *name, const struct json_key *keys, const char *path, struct mistakes *mistakes)
{
    const char *best = NULL;
    unsigned distance = 0;
    char inner[256], guess[96];
    for (; keys->name; keys++)
        nearest_consider(name, keys->name, &best, &distance);
    snprintf(inner, sizeof inner, "%s.%s", path, name);
    mistakes_add(mistakes, inner, "unknown key%s", mistakes_guess(best, guess, sizeof guess));
}

bool json_check_keys(const json_t *object, const struct json_key *keys, const char *path, struct mistakes *mistakes)
{
    size_t before = mistakes->count;
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return mistakes_add(mistakes, path, "must be an object");
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        const struct json_key *key = find_key(keys, name);
        char inner[256];
        snprintf(inner, sizeof inner, "%s.%s", path, name);
        if (!key)
            add_unknown(name, keys, path, mistakes);
        else if (!type_fits(value, key->type))
            mistakes_add(mistakes, inner, "must be %s", type_name(key->type));
    }
    for (; keys->name; keys++)
        if (keys->required && !json_object_get(object, keys->name))
            mistakes_add(mistakes, path, "'%s' is missing", keys->name);
    return mistakes->count == before;
}

bool json_strings(const json_t *object, const char *key, const char ***list, size_t *count, struct mistakes *mistakes)
{
    const json_t *array = json_object_get(object, key);
    size_t n = json_array_size(array), before = mistakes->count;
    *list = NULL;
    *count = 0;
    if (!n)
        return true;
    *list = calloc(n, sizeof **list);
    if (!*list)
        return mistakes_add(mistakes, "", "out of memory");
    for (size_t i = 0; i < n; i++) {
        const json_t *member = json_array_get(array, i);
        char path[96];
        snprintf(path, sizeof path, "$.%s[%zu]", key, i);
        if (json_is_string(member))
            (*list)[(*count)++] = json_string_value(member);
        else
            mistakes_add(mistakes, path, "must be a string");
    }
    return mistakes->count == before;
}

int json_choice(const char *text, const char *const *names, int count, const char *path, struct mistakes *mistakes)
{
    char list[256] = "";
    for (int i = 0; text && i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    for (int i = 0; i < count; i++) {
        strncat(list, i ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, names[i], sizeof list - strlen(list) - 1);
    }
    if (text) /* what is missing, or no text, is said by json_check_keys() */
        mistakes_add(mistakes, path, "'%s' is none of %s", text, list);
    return -1;
}

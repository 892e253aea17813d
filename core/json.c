#include "core/json.h"
#include "core/plain_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_DEPTH = 100, FILE_BYTES_MOST = 4 << 20 };

/* Whether Jansson has gone without memory since begin(). It tells that itself in few cases: in others it says
 * that the JSON is wrong, and where the text of a string cannot grow it drops a character and goes on. */
static _Thread_local bool memory_is_out;

static void *noted_malloc(size_t n)
{
    void *block = malloc(n);
    memory_is_out = memory_is_out || !block;
    return block;
}

static void note_memory(void)
{
    json_set_alloc_funcs(noted_malloc, free);
}

static void begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, note_memory);
    memory_is_out = false;
}

/* What was parsed, if it can be believed. */
static json_t *end_parse(json_t *value, json_error_t *where)
{
    if (!memory_is_out)
        return value;
    json_decref(value);
    where->line = -1;
    snprintf(where->text, sizeof where->text, "out of memory");
    return NULL;
}

json_t *json_parse(const char *text, size_t n)
{
    json_error_t where;
    begin();
    return end_parse(json_loadb(text, n, 0, &where), &where);
}

char *json_write(const json_t *value, size_t flags)
{
    char *text;
    begin();
    text = json_dumps(value, flags);
    if (!memory_is_out)
        return text;
    free(text);
    return NULL;
}

/* NULL with err, of which the file is the subject. */
static FILE *open_file(const char *path, struct error *err)
{
    int fd = plain_file_open(path, FILE_BYTES_MOST, err);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (fd >= 0 && !file) {
        error_set(err, ERROR_INVALID, "cannot be read: %s", strerror(errno));
        close(fd);
    }
    return file;
}

/* The value of an open file, which is closed; NULL with where. */
static json_t *read_open(FILE *file, json_error_t *where)
{
    json_t *value;
    begin();
    value = end_parse(json_loadf(file, JSON_REJECT_DUPLICATES, where), where);
    fclose(file);
    return value;
}

json_t *json_read(const char *path, struct mistakes *mistakes)
{
    struct error why = {0};
    FILE *file = open_file(path, &why);
    json_error_t where;
    json_t *value;
    char line[32];
    if (!file) {
        mistakes_add(mistakes, "", "%s", why.message);
        return NULL;
    }
    value = read_open(file, &where);
    snprintf(line, sizeof line, "line %d", where.line);
    if (!value)
        mistakes_add(mistakes, where.line > 0 ? line : "", "%s", where.text);
    return value;
}

json_t *json_read_file(const char *path, struct error *err)
{
    FILE *file = open_file(path, err);
    json_error_t where;
    json_t *value;
    if (!file) {
        error_prefix(err, "%s", path);
        return NULL;
    }
    value = read_open(file, &where);
    if (!value && where.line > 0)
        error_set(err, ERROR_INVALID, "%s: line %d: %s", path, where.line, where.text);
    else if (!value)
        error_set(err, ERROR_INVALID, "%s: %s", path, where.text);
    return value;
}

int json_is_file(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".json") == 0;
}

static bool append(bson_t *to, const char *key, const json_t *value, int depth);

static bool append_members(bson_t *to, const json_t *value, int depth)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            char number[24];
            snprintf(number, sizeof number, "%zu", i);
            if (!append(to, number, json_array_get(value, i), depth))
                return false;
        }
    } else {
        const char *key;
        json_t *member;
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            if (!append(to, key, member, depth))
                return false;
        }
    }
    return true;
}

static bool append(bson_t *to, const char *key, const json_t *value, int depth)
{
    bson_t child;
    bool ok;
    if (depth >= MAX_DEPTH)
        return false;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return bson_append_document_begin(to, key, -1, &child) &&
               ((ok = append_members(&child, value, depth + 1)), bson_append_document_end(to, &child)) && ok;
    case JSON_ARRAY:
        return bson_append_array_begin(to, key, -1, &child) &&
               ((ok = append_members(&child, value, depth + 1)), bson_append_array_end(to, &child)) && ok;
    case JSON_STRING:
        return bson_append_utf8(to, key, -1, json_string_value(value), (int)json_string_length(value));
    case JSON_INTEGER: {
        json_int_t n = json_integer_value(value);
        if (n >= INT32_MIN && n <= INT32_MAX)
            return bson_append_int32(to, key, -1, (int32_t)n);
        return bson_append_int64(to, key, -1, n);
    }
    case JSON_REAL:
        return bson_append_double(to, key, -1, json_real_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return bson_append_bool(to, key, -1, json_is_true(value));
    default:
        return bson_append_null(to, key, -1);
    }
}

bool json_append(bson_t *to, const char *key, const json_t *value)
{
    return append(to, key, value, 0);
}

bson_t *json_to_bson(const json_t *value)
{
    bson_t *doc;
    if (!json_is_object(value) && !json_is_array(value))
        return NULL;
    doc = bson_new();
    if (!append_members(doc, value, 0)) {
        bson_destroy(doc);
        return NULL;
    }
    return doc;
}

const char *json_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

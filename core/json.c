#include "core/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 100, FILE_BYTES_MOST = 4 << 20 };

/* Opens a plain file of a bearable size: a pipe would be waited for without end. */
static FILE *open_file(const char *path, struct mistakes *mistakes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    FILE *file = NULL;
    if (fd < 0 || fstat(fd, &info) != 0)
        mistakes_add(mistakes, "", "cannot be read: %s", strerror(errno));
    else if (!S_ISREG(info.st_mode))
        mistakes_add(mistakes, "", "is no plain file");
    else if (info.st_size > FILE_BYTES_MOST)
        mistakes_add(mistakes, "", "is larger than %d MiB", FILE_BYTES_MOST >> 20);
    else if (!(file = fdopen(fd, "r")))
        mistakes_add(mistakes, "", "cannot be read: %s", strerror(errno));
    if (!file && fd >= 0)
        close(fd);
    return file;
}

json_t *json_read(const char *path, struct mistakes *mistakes)
{
    FILE *file = open_file(path, mistakes);
    json_error_t where;
    json_t *value = NULL;
    char line[32];
    if (!file)
        return NULL;
    value = json_loadf(file, JSON_REJECT_DUPLICATES, &where);
    snprintf(line, sizeof line, "line %d", where.line);
    if (!value)
        mistakes_add(mistakes, where.line > 0 ? line : "", "%s", where.text);
    fclose(file);
    return value;
}

json_t *json_read_file(const char *path, struct error *err)
{
    json_error_t where;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
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

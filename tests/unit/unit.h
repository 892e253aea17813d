/* What several unit tests share: JSON written in single quotes, comparing JSON and BSON, checking errors, and a folder
 * of definitions to load. */
#ifndef KPI_TESTS_UNIT_H
#define KPI_TESTS_UNIT_H

#include "core/buffer.h"
#include "core/error.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"
#include <bson/bson.h>
#include <jansson.h>
#include <sys/stat.h>

/* The text with ' in place of ", so that JSON is legible in C. The caller frees it. */
static inline char *quoted(const char *text)
{
    char *copy = strdup(text);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

/* The JSON value of a text in which ' stands for ". The caller owns it. */
static inline json_t *json_of(const char *text)
{
    char *json = quoted(text);
    json_error_t where;
    json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &where);
    ck_assert_msg(value != NULL, "%s: %s", json, where.text);
    free(json);
    return value;
}

/* The BSON of an Extended JSON text in which ' stands for ". The caller destroys it. */
static inline bson_t *bson_of(const char *text)
{
    char *json = quoted(text);
    bson_error_t why;
    bson_t *doc = bson_new_from_json((const uint8_t *)json, -1, &why);
    ck_assert_msg(doc != NULL, "%s: %s", json, why.message);
    free(json);
    return doc;
}

/* Compares the documents' types, values and order of keys. */
static inline void assert_bson(const bson_t *doc, const char *expected)
{
    bson_t *other = bson_of(expected);
    char *have = bson_as_canonical_extended_json(doc, NULL), *want = bson_as_canonical_extended_json(other, NULL);
    ck_assert_str_eq(have, want);
    bson_free(have);
    bson_free(want);
    bson_destroy(other);
}

/* Compares an array, as a pipeline is, with the text of an array. */
static inline void assert_bson_array(const bson_t *array, const char *expected)
{
    char *wrapped = NULL;
    bson_t doc = BSON_INITIALIZER;
    ck_assert_int_gt(asprintf(&wrapped, "{'array': %s}", expected), 0);
    bson_append_array(&doc, "array", -1, array);
    assert_bson(&doc, wrapped);
    bson_destroy(&doc);
    free(wrapped);
}

/* Compares what a buffer holds and releases it. */
static inline void assert_buffer(struct buffer *buffer, const char *expected)
{
    ck_assert(!buffer->failed);
    ck_assert_ptr_nonnull(buffer->bytes);
    ck_assert_str_eq(buffer->bytes, expected);
    ck_assert_uint_eq(buffer->used, strlen(expected));
    buffer_release(buffer);
}

/* Compares kind and sentence. */
static inline void assert_error(const struct error *err, enum error_kind kind, const char *expected)
{
    ck_assert_str_eq(err->message, expected);
    ck_assert_int_eq(err->kind, kind);
}

/* A folder with kpi/, source/ and dimension/. The caller removes it with remove_pipelines(). */
static inline char *temporary_pipelines(void)
{
    static const char *const folders[] = {"kpi", "source", "dimension"};
    char *root = temporary_folder(), path[4096];
    for (int i = 0; i < COUNT(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    return root;
}

/* Writes a file such as "kpi/x.json", with ' for ". */
static inline void put_file(const char *root, const char *name, const char *text)
{
    char *json = quoted(text);
    free(temporary_file_in(root, name, json, strlen(json)));
    free(json);
}

/* Removes the folder with all that is in it. */
static inline void remove_pipelines(char *root)
{
    char command[4096];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
    free(root);
}

#endif

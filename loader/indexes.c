#include "loader/indexes.h"
#include "core/buffer.h"
#include "core/json.h"
#include "loader/retry.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As MongoDB names an index by default: "customer_id_1_day_1". */
static void default_name(const json_t *keys, struct buffer *name)
{
    const char *key;
    json_t *direction;
    json_object_foreach((json_t *)(uintptr_t)keys, key, direction)
    {
        buffer_text(name, name->used ? "_" : "");
        buffer_text(name, key);
        buffer_char(name, '_');
        if (json_is_string(direction))
            buffer_text(name, json_string_value(direction));
        else
            buffer_int(name, json_integer_value(direction));
    }
}

static bool append_index(bson_t *list, size_t number, const json_t *keys)
{
    char text[24];
    bson_t index;
    struct buffer name = {0};
    bool ok = json_is_object(keys) && json_object_size(keys) > 0;
    if (!ok)
        return false;
    snprintf(text, sizeof text, "%zu", number);
    default_name(keys, &name);
    memory_check(&name);
    BSON_APPEND_DOCUMENT_BEGIN(list, text, &index);
    ok = json_append(&index, "key", keys);
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): there is a key, so there is a name. */
    BSON_APPEND_UTF8(&index, "name", name.bytes);
    bson_append_document_end(list, &index);
    buffer_release(&name);
    return ok;
}

static bool create_once(mongoc_client_t *client, const char *database, const char *collection, const bson_t *indexes,
                        struct error *err)
{
    bson_t *command = BCON_NEW("createIndexes", BCON_UTF8(collection), "indexes", BCON_ARRAY(indexes));
    bson_error_t why;
    bool ok = mongoc_client_command_simple(client, database, command, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "creating the indexes", err);
    bson_destroy(command);
    return ok;
}

static bool list_indexes(const char *path, const json_t *indexes, bson_t *list, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < json_array_size(indexes) && ok; i++)
        ok = append_index(list, i, json_array_get(indexes, i));
    if (!ok)
        error_set(err, ERROR_INVALID, "%s: indexes is to be an array of objects such as {\"day\": 1}", path);
    return ok;
}

/* Those that are not due yet are only checked, so that a wrong one stops the load before it writes. */
static bool create(const struct store *store, const char *path, const char *collection, const json_t *indexes, bool due,
                   struct error *err)
{
    bson_t list = BSON_INITIALIZER;
    struct retry retry = retry_for(store->retry_seconds);
    bool ok = list_indexes(path, indexes, &list, err);
    if (ok && due) {
        do
            ok = create_once(store->client, db_name(store->db), collection, &list, err);
        while (!ok && retry_again(&retry, err));
    }
    bson_destroy(&list);
    return ok;
}

bool indexes_of(mongoc_client_t *client, const char *database, const char *path, const char *collection,
                const json_t *indexes, struct error *err)
{
    bson_t list = BSON_INITIALIZER;
    bool ok = list_indexes(path, indexes, &list, err) && create_once(client, database, collection, &list, err);
    bson_destroy(&list);
    return ok;
}

/* Of one collection, which is called `name`: with --replace, the one that will be. */
static bool create_of(const struct store *store, const char *path, const char *name, const json_t *indexes,
                      enum index_moment moment, struct error *err)
{
    enum index_moment due = INDEXES_BEFORE_ROWS;
    for (int kind = 0; kind <= KIND_ORDER; kind++) {
        if (strcmp(schema_kinds[kind].collection, name) != 0)
            continue;
        name = store_collection(store, (enum kind)kind);
        if (store->empty[kind])
            due = INDEXES_BEHIND_ROWS;
        break;
    }
    return create(store, path, name, indexes, due == moment, err);
}

static bool create_of_file(const struct store *store, const char *path, enum index_moment moment, struct error *err)
{
    json_t *source = json_read_file(path, err);
    const char *collection = source ? json_text(source, "collection") : NULL;
    const json_t *indexes = json_object_get(source, "indexes");
    bool ok = source;
    if (collection && json_array_size(indexes) > 0)
        ok = create_of(store, path, collection, indexes, moment, err);
    json_decref(source);
    return ok;
}

bool indexes_create(const struct store *store, const char *pipelines_dir, enum index_moment moment, struct error *err)
{
    char dir[4096], path[8192];
    struct dirent **entries;
    bool ok = true;
    int n;
    snprintf(dir, sizeof dir, "%s/source", pipelines_dir);
    n = scandir(dir, &entries, json_is_file, alphasort);
    if (n < 0) {
        error_set(err, ERROR_INVALID, "the folder %s, which says the indexes, cannot be read: %s; --pipelines names it",
                  dir, strerror(errno));
        return false;
    }
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        ok = ok && create_of_file(store, path, moment, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

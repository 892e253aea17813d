#include "server/keys.h"
#include "core/log.h"

#include <nettle/memops.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct keys {
    const char *file;
    pthread_mutex_t reloading; /* one at a time */
    pthread_rwlock_t lock;     /* of what follows */
    struct key_list list;
    struct error problem; /* with the file as it was read last */
};

static void log_loaded(const struct keys *keys)
{
    log_event(LOG_INFO, "API keys loaded", LOG_INT("keys", keys->list.count), LOG_STR("file", keys->file));
    if (!keys->list.count)
        log_event(LOG_WARN, "there is no API key: all requests are refused until kpi-server key add makes one",
                  LOG_STR("file", keys->file));
}

struct keys *keys_open(const char *file, struct error *err)
{
    struct keys *keys = calloc(1, sizeof *keys);
    if (!keys) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    keys->file = file;
    if (!key_file_read(file, &keys->list, err)) {
        error_prefix(err, "--keys %s", file);
        free(keys);
        return NULL;
    }
    pthread_mutex_init(&keys->reloading, NULL);
    pthread_rwlock_init(&keys->lock, NULL);
    log_loaded(keys);
    return keys;
}

void keys_free(struct keys *keys)
{
    if (!keys)
        return;
    key_list_release(&keys->list);
    pthread_rwlock_destroy(&keys->lock);
    pthread_mutex_destroy(&keys->reloading);
    free(keys);
}

size_t keys_count(struct keys *keys)
{
    size_t count;
    pthread_rwlock_rdlock(&keys->lock);
    count = keys->list.count;
    pthread_rwlock_unlock(&keys->lock);
    return count;
}

enum role keys_role(struct keys *keys, const uint8_t digest[KEY_DIGEST_BYTES])
{
    enum role role = ROLE_NONE;
    pthread_rwlock_rdlock(&keys->lock);
    for (size_t i = 0; i < keys->list.count; i++)
        if (memeql_sec(keys->list.keys[i].digest, digest, KEY_DIGEST_BYTES))
            role = keys->list.keys[i].role;
    pthread_rwlock_unlock(&keys->lock);
    return role;
}

enum role keys_find(struct keys *keys, const char *text, size_t n, uint8_t digest[KEY_DIGEST_BYTES])
{
    return key_digest(text, n, digest) ? keys_role(keys, digest) : ROLE_NONE;
}

static bool are_equal(const struct key_list *a, const struct key_list *b)
{
    return a->count == b->count && memcmp(a->keys, b->keys, a->count * sizeof *a->keys) == 0;
}

/* Takes a list over that was read well. */
static void replace(struct keys *keys, struct key_list *list, bool asked)
{
    struct key_list old = *list;
    bool mended, changed = !are_equal(&keys->list, list);
    pthread_rwlock_wrlock(&keys->lock);
    if (changed) {
        old = keys->list;
        keys->list = *list;
    }
    mended = keys->problem.kind != ERROR_NONE;
    keys->problem = (struct error){0};
    pthread_rwlock_unlock(&keys->lock);
    if (changed || mended || asked)
        log_loaded(keys);
    key_list_release(&old);
}

static void note_problem(struct keys *keys, const struct error *problem, bool asked)
{
    bool is_new = strcmp(keys->problem.message, problem->message) != 0;
    pthread_rwlock_wrlock(&keys->lock);
    keys->problem = *problem;
    pthread_rwlock_unlock(&keys->lock);
    if (asked || is_new)
        log_event(LOG_ERROR, "the API keys were not reloaded, those of before go on serving",
                  LOG_STR("file", keys->file), LOG_STR("reason", problem->message));
}

void keys_reload(struct keys *keys, bool asked)
{
    struct key_list list;
    struct error err = {0};
    pthread_mutex_lock(&keys->reloading);
    if (key_file_read(keys->file, &list, &err))
        replace(keys, &list, asked);
    else
        note_problem(keys, &err, asked);
    pthread_mutex_unlock(&keys->reloading);
}

void keys_put_problem(struct keys *keys, struct buffer *out)
{
    pthread_rwlock_rdlock(&keys->lock);
    if (keys->problem.kind == ERROR_NONE)
        buffer_text(out, "null");
    else
        buffer_json_string(out, keys->problem.message, strlen(keys->problem.message));
    pthread_rwlock_unlock(&keys->lock);
}

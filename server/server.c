#include "server/server.h"
#include "core/buffer.h"
#include "core/hash.h"
#include "core/log.h"
#include "server/kpi_list.h"
#include "server/openapi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WATCH_INTERVAL_MS = 1000, WORKERS_PATIENCE_MS = 100 };

uint64_t server_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void set_etag(const char *bytes, size_t size, char etag[48])
{
    char hash[HASH_TEXT_MAX];
    hash_text(bytes, size, hash);
    snprintf(etag, 48, "\"%s\"", hash);
}

static bool make_documents(struct library *library, struct mistakes *mistakes)
{
    struct error err = {0};
    library->list = kpi_list_json(library->catalog, &library->list_size, &err);
    if (library->list)
        library->openapi = openapi_document(library->catalog, &library->openapi_size, &err);
    if (!library->openapi)
        return mistakes_add(mistakes, "", "%s", err.message);
    set_etag(library->list, library->list_size, library->list_etag);
    set_etag(library->openapi, library->openapi_size, library->openapi_etag);
    return true;
}

/* old: what is in use, or NULL. NULL when there is nothing to take its place. */
static struct library *library_load(const char *dir, const struct library *old, struct mistakes *mistakes)
{
    struct library *library = calloc(1, sizeof *library);
    if (!library) {
        mistakes_add(mistakes, "", "out of memory");
        return NULL;
    }
    library->references = 1;
    library->catalog = catalog_reload(dir, old ? old->catalog : NULL, mistakes);
    if (library->catalog && make_documents(library, mistakes))
        return library;
    library_release(library);
    return NULL;
}

struct library *server_library(struct server *server)
{
    struct library *library;
    pthread_rwlock_rdlock(&server->lock);
    library = server->library;
    __atomic_add_fetch(&library->references, 1, __ATOMIC_RELAXED);
    pthread_rwlock_unlock(&server->lock);
    return library;
}

void library_release(struct library *library)
{
    if (!library || __atomic_sub_fetch(&library->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    catalog_release(library->catalog);
    free(library->list);
    free(library->openapi);
    free(library);
}

static bool are_same(const struct mistakes *a, const struct mistakes *b)
{
    char x[2048], y[2048];
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        mistake_text(&a->list[i], x, sizeof x);
        mistake_text(&b->list[i], y, sizeof y);
        if (strcmp(x, y) != 0)
            return false;
    }
    return a->count == b->count;
}

static void log_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++)
        log_event(LOG_ERROR, "a definition was not reloaded, what was there before goes on serving",
                  LOG_STR("file", mistakes->list[i].file), LOG_STR("place", mistakes->list[i].place),
                  LOG_STR("reason", mistakes->list[i].reason));
}

void server_reload(struct server *server, bool asked)
{
    struct library *old = server_library(server), *library;
    struct mistakes mistakes = {0}, before;
    library = library_load(server->config.pipelines, old, &mistakes);
    library_release(old);
    old = NULL;
    pthread_rwlock_wrlock(&server->lock);
    if (library) {
        old = server->library;
        server->library = library;
    }
    before = server->mistakes;
    server->mistakes = mistakes;
    pthread_rwlock_unlock(&server->lock);
    library_release(old);
    /* Only this thread changes them. */
    if (asked || !are_same(&before, &mistakes))
        log_mistakes(&mistakes);
    if (before.count && !mistakes.count)
        log_event(LOG_INFO, "all definitions can be used again");
    mistakes_release(&before);
    if (library)
        log_event(LOG_INFO, "definitions loaded", LOG_INT("kpis", library->catalog->definition_count),
                  LOG_STR("pipelines", server->config.pipelines));
}

/* A file's path from the pipelines folder on. */
static const char *inside(const struct server *server, const char *file)
{
    size_t n = strlen(server->config.pipelines);
    if (strncmp(file, server->config.pipelines, n) == 0)
        file += n;
    return file + strspn(file, "/");
}

void server_put_mistakes(struct server *server, struct buffer *out)
{
    pthread_rwlock_rdlock(&server->lock);
    buffer_char(out, '[');
    for (size_t i = 0; i < server->mistakes.count; i++) {
        const struct mistake *m = &server->mistakes.list[i];
        bool folder = !m->file || !*m->file; /* then the sentence has its path */
        const char *file = folder ? "" : inside(server, m->file), *place = m->place ? m->place : "";
        const char *reason = folder ? "the pipelines folder cannot be used; the log says why" : m->reason;
        buffer_text(out, i ? ",\n{\"file\":" : "{\"file\":");
        buffer_json_string(out, file, strlen(file));
        buffer_text(out, ",\"path\":");
        buffer_json_string(out, place, strlen(place));
        buffer_text(out, ",\"reason\":");
        buffer_json_string(out, reason ? reason : "", reason ? strlen(reason) : 0);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
    pthread_rwlock_unlock(&server->lock);
}

struct dataset server_dataset(struct server *server)
{
    struct dataset dataset;
    pthread_rwlock_rdlock(&server->lock);
    dataset = server->dataset;
    pthread_rwlock_unlock(&server->lock);
    return dataset;
}

bool server_knows_data(struct server *server)
{
    bool known;
    pthread_rwlock_rdlock(&server->lock);
    known = server->data_known;
    pthread_rwlock_unlock(&server->lock);
    return known;
}

bool server_reaches_database(struct server *server)
{
    bool answers;
    pthread_rwlock_rdlock(&server->lock);
    answers = server->database_answers;
    pthread_rwlock_unlock(&server->lock);
    return answers;
}

bool server_look(struct server *server, mongoc_client_t *client, struct dataset *dataset, struct error *err)
{
    uint64_t ticket = __atomic_add_fetch(&server->looks, 1, __ATOMIC_RELAXED);
    bool ok = dataset_read(client, db_name(server->db), dataset, err), was;
    int64_t old_version;
    pthread_rwlock_wrlock(&server->lock);
    if (ticket < server->last_look) { /* one that began later has ended already */
        pthread_rwlock_unlock(&server->lock);
        return ok;
    }
    server->last_look = ticket;
    was = server->database_answers;
    old_version = server->data_known ? server->dataset.version : -1;
    server->database_answers = ok;
    if (ok) {
        server->data_known = true;
        server->dataset = *dataset;
    }
    pthread_rwlock_unlock(&server->lock);
    if (ok && dataset->version != old_version)
        log_event(LOG_INFO, "data version", LOG_INT("version", dataset->version));
    else if (ok && !was)
        log_event(LOG_INFO, "the database is back");
    else if (!ok && was)
        log_event(LOG_WARN, "the database is away", LOG_STR("reason", err->message));
    return ok;
}

/* Looks again every second, so that what needs no database still knows the version. */
static void *watch(void *data)
{
    struct server *server = data;
    pthread_mutex_lock(&server->watch_lock);
    while (!server->watch_stop) {
        struct timespec until;
        struct dataset dataset;
        struct error err = {0};
        mongoc_client_t *client;
        pthread_mutex_unlock(&server->watch_lock);
        client = db_pop(server->db, &err);
        if (client)
            server_look(server, client, &dataset, &err);
        db_push(server->db, client);
        pthread_mutex_lock(&server->watch_lock);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WATCH_INTERVAL_MS % 1000 * 1000000L;
        until.tv_sec += WATCH_INTERVAL_MS / 1000;
        if (!server->watch_stop)
            pthread_cond_timedwait(&server->watch_wake, &server->watch_lock, &until);
    }
    pthread_mutex_unlock(&server->watch_lock);
    return NULL;
}

/* At the start every file must be good: nothing is there that could go on. */
static struct library *library_first(const char *dir, struct error *err)
{
    struct mistakes mistakes = {0};
    struct library *library = library_load(dir, NULL, &mistakes);
    if (mistakes.count) {
        library_release(library);
        library = NULL;
        log_mistakes(&mistakes);
        mistakes_error(&mistakes, err);
    }
    mistakes_release(&mistakes);
    return library;
}

bool server_init(struct server *server, const struct server_config *config, struct db *db, struct error *err)
{
    int why;
    memset(server, 0, sizeof *server);
    server->config = *config;
    server->db = db;
    server->started_us = server_now_us();
    server->library = library_first(config->pipelines, err);
    if (!server->library)
        return false;
    server->workers = workers_new(db, config->workers, config->queue_most, err);
    server->light = server->workers ? workers_new(db, SERVER_LIGHT_WORKERS, config->queue_most, err) : NULL;
    if (!server->light) {
        if (server->workers)
            workers_free(server->workers, WORKERS_PATIENCE_MS);
        library_release(server->library);
        return false;
    }
    metrics_init(&server->metrics);
    pthread_rwlock_init(&server->lock, NULL);
    pthread_mutex_init(&server->watch_lock, NULL);
    pthread_cond_init(&server->watch_wake, NULL);
    why = pthread_create(&server->watcher, NULL, watch, server);
    if (why) {
        error_set(err, ERROR_INTERNAL, "a thread cannot be started: %s", strerror(why));
        workers_free(server->workers, WORKERS_PATIENCE_MS);
        workers_free(server->light, WORKERS_PATIENCE_MS);
        library_release(server->library);
        return false;
    }
    log_event(LOG_INFO, "definitions loaded", LOG_INT("kpis", server->library->catalog->definition_count),
              LOG_STR("pipelines", config->pipelines));
    return true;
}

bool server_release(struct server *server)
{
    pthread_mutex_lock(&server->watch_lock);
    server->watch_stop = true;
    pthread_cond_signal(&server->watch_wake);
    pthread_mutex_unlock(&server->watch_lock);
    if (!workers_free(server->light, WORKERS_PATIENCE_MS) || !workers_free(server->workers, WORKERS_PATIENCE_MS))
        return false;
    pthread_join(server->watcher, NULL);
    library_release(server->library);
    mistakes_release(&server->mistakes);
    metrics_release(&server->metrics);
    pthread_rwlock_destroy(&server->lock);
    pthread_mutex_destroy(&server->watch_lock);
    pthread_cond_destroy(&server->watch_wake);
    return true;
}

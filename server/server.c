#include "server/server.h"
#include "core/buffer.h"
#include "core/hash.h"
#include "core/log.h"
#include "server/flight.h"
#include "server/gzip.h"
#include "server/kpi_list.h"
#include "server/minder.h"
#include "server/openapi.h"
#include "server/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORKERS_PATIENCE_MS = 100 };

uint64_t server_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Fills in the rest of a document that has its bytes. */
static bool document_finish(struct document *document, struct error *err)
{
    char hash[HASH_TEXT_MAX];
    hash_text(document->bytes, document->size, hash);
    snprintf(document->etag, sizeof document->etag, "\"%s\"", hash);
    if (gzip_whole(document->bytes, document->size, &document->gzip))
        return true;
    error_set(err, ERROR_INTERNAL, "out of memory");
    return false;
}

static void document_release(struct document *document)
{
    free(document->bytes);
    buffer_release(&document->gzip);
}

static void let_go(void *library)
{
    library_release(library);
}

void document_answer(struct library *library, const struct document *document, struct request *request)
{
    struct response *response = &request->response;
    bool gzip = request_accepts_gzip(request);
    char etag[sizeof response->etag];
    snprintf(etag, sizeof etag, "%.*s%s", (int)strlen(document->etag) - 1, document->etag, gzip ? "-gzip\"" : "\"");
    if (request_matches(request, etag)) {
        response_constant(response, HTTP_NOT_MODIFIED, NULL, "", 0);
    } else {
        response_shared(response, HTTP_OK, content_type_json, gzip ? document->gzip.bytes : document->bytes,
                        gzip ? document->gzip.used : document->size, library_hold(library), let_go);
        response->encoding = gzip ? "gzip" : NULL;
    }
    snprintf(response->etag, sizeof response->etag, "%s", etag);
    response->vary = MHD_HTTP_HEADER_ACCEPT_ENCODING;
}

static bool make_documents(struct library *library, struct mistakes *mistakes)
{
    struct error err = {0};
    library->list.bytes = kpi_list_json(library->catalog, &library->list.size, &err);
    if (library->list.bytes)
        library->openapi.bytes = openapi_document(library->catalog, &library->openapi.size, &err);
    if (!library->openapi.bytes || !document_finish(&library->list, &err) || !document_finish(&library->openapi, &err))
        return mistakes_add(mistakes, "", "%s", err.message);
    return true;
}

/* A name of --sources must be known at the start; a rollup that goes later is one less to choose from. */
static bool use_sources(const struct server_config *config, struct catalog *catalog, bool strict,
                        struct mistakes *mistakes)
{
    struct error err = {0};
    if (!config->sources || catalog_use_sources(catalog, config->sources, strict, &err))
        return true;
    return mistakes_add(mistakes, "", "--sources: %s", err.message);
}

/* old: what is in use, or NULL. NULL when there is nothing to take its place. */
static struct library *library_load(const struct server_config *config, const struct library *old,
                                    struct mistakes *mistakes, struct mistakes *warnings)
{
    struct library *library = calloc(1, sizeof *library);
    if (!library) {
        mistakes_add(mistakes, "", "out of memory");
        return NULL;
    }
    library->references = 1;
    library->catalog = catalog_reload(config->pipelines, old ? old->catalog : NULL, mistakes, warnings);
    if (library->catalog && use_sources(config, library->catalog, !old, mistakes) && make_documents(library, mistakes))
        return library;
    library_release(library);
    return NULL;
}

struct library *server_library(struct server *server)
{
    struct library *library;
    pthread_rwlock_rdlock(&server->lock);
    library = library_hold(server->library);
    pthread_rwlock_unlock(&server->lock);
    return library;
}

struct library *library_hold(struct library *library)
{
    __atomic_add_fetch(&library->references, 1, __ATOMIC_RELAXED);
    return library;
}

void library_release(struct library *library)
{
    if (!library || __atomic_sub_fetch(&library->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    catalog_release(library->catalog);
    document_release(&library->list);
    document_release(&library->openapi);
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

static void log_list(enum log_level level, const char *event, const struct mistakes *list)
{
    for (size_t i = 0; i < list->count; i++)
        log_event(level, event, LOG_STR("file", list->list[i].file), LOG_STR("place", list->list[i].place),
                  LOG_STR("reason", list->list[i].reason));
}

static void log_warnings(const struct mistakes *warnings)
{
    log_list(LOG_WARN, "a definition is served, but may not be meant so", warnings);
}

void server_reload(struct server *server, bool asked)
{
    struct library *old = server_library(server), *library;
    struct mistakes mistakes = {0}, warnings = {0}, before, doubts;
    library = library_load(&server->config, old, &mistakes, &warnings);
    library_release(old);
    old = NULL;
    pthread_rwlock_wrlock(&server->lock);
    if (library) {
        old = server->library;
        library->number = old->number + 1;
        server->library = library;
        __atomic_store_n(&server->library_number, library->number, __ATOMIC_RELEASE);
    }
    before = server->mistakes;
    server->mistakes = mistakes;
    doubts = server->warnings;
    server->warnings = warnings;
    pthread_rwlock_unlock(&server->lock);
    library_release(old);
    /* Only this thread changes them. */
    if (asked || !are_same(&before, &mistakes))
        log_list(LOG_ERROR, "a definition was not reloaded, what was there before goes on serving", &mistakes);
    if (asked || !are_same(&doubts, &warnings))
        log_warnings(&warnings);
    if (before.count && !mistakes.count)
        log_event(LOG_INFO, "all definitions can be used again");
    if (library || !are_same(&before, &mistakes))
        events_publish_definitions(server->events, server->library->catalog->definition_count, mistakes.count);
    mistakes_release(&before);
    mistakes_release(&doubts);
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

static void put_list(const struct server *server, const struct mistakes *list, struct buffer *out)
{
    buffer_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        const struct mistake *m = &list->list[i];
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
}

void server_put_mistakes(struct server *server, struct buffer *out)
{
    pthread_rwlock_rdlock(&server->lock);
    put_list(server, &server->mistakes, out);
    pthread_rwlock_unlock(&server->lock);
}

void server_put_warnings(struct server *server, struct buffer *out)
{
    pthread_rwlock_rdlock(&server->lock);
    put_list(server, &server->warnings, out);
    pthread_rwlock_unlock(&server->lock);
}

static bool start_workers(struct server *server, struct error *err)
{
    const struct server_config *config = &server->config;
    server->events = events_new(config->capacity.listeners);
    server->clients = clients_new(config->capacity.connections, config->idle_timeout_s * UINT64_C(1000000));
    if (!server->events || !server->clients) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return false;
    }
    server->workers = workers_new(server, config->workers, config->queue_most, err);
    if (server->workers)
        server->light = workers_new(server, SERVER_LIGHT_WORKERS, config->queue_most, err);
    if (server->light)
        server->exports = workers_new(server, SERVER_EXPORT_WORKERS, config->queue_most, err);
    if (server->exports)
        server->minder = minder_start(server, err);
    return server->minder != NULL;
}

/* Those that were started. False when one is still busy. */
static bool stop_workers(struct server *server)
{
    struct workers *all[] = {server->light, server->exports, server->workers};
    minder_stop(server->minder);
    server->minder = NULL;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] && !workers_free(all[i], WORKERS_PATIENCE_MS))
            return false;
    return true;
}

/* At the start every file must be good: nothing is there that could go on. */
static struct library *library_first(const struct server_config *config, struct mistakes *warnings, struct error *err)
{
    struct mistakes mistakes = {0};
    struct library *library = library_load(config, NULL, &mistakes, warnings);
    if (mistakes.count) {
        library_release(library);
        library = NULL;
        log_list(LOG_ERROR, "a definition cannot be used", &mistakes);
        mistakes_error(&mistakes, err);
    }
    mistakes_release(&mistakes);
    return library;
}

static bool start_tls(struct server *server, struct error *err)
{
    const struct server_config *config = &server->config;
    if (!config->tls_certificate)
        return true;
    server->tls = tls_open(config->tls_certificate, config->tls_key, err);
    server->policy.is_secure = server->tls;
    return server->tls;
}

static bool start_access(struct server *server, struct error *err)
{
    const struct access_config *config = &server->config.access;
    if (!config->keys_file && !config->origins && !config->rate_limit)
        return true;
    server->access = access_new(config, err);
    if (server->access)
        server->policy = access_policy(server->access);
    return server->access;
}

static bool start_keeping(struct server *server, struct error *err)
{
    server->cache = cache_new(server->config.cache_bytes);
    if (server->cache)
        server->flights = flights_new(server, err);
    else
        error_set(err, ERROR_INTERNAL, "out of memory");
    return server->flights != NULL;
}

bool server_init(struct server *server, const struct server_config *config, struct db *db, struct error *err)
{
    memset(server, 0, sizeof *server);
    server->config = *config;
    server->db = db;
    server->started_us = server_now_us();
    server->started_ms = now_ms();
    server->library = library_first(config, &server->warnings, err);
    if (!server->library) {
        mistakes_release(&server->warnings);
        return false;
    }
    metrics_init(&server->metrics);
    pthread_rwlock_init(&server->lock, NULL);
    if (!start_access(server, err) || !start_tls(server, err) || !start_keeping(server, err) ||
        !start_workers(server, err) || !look_start(server, err)) {
        stop_workers(server);
        flights_free(server->flights);
        cache_free(server->cache);
        access_free(server->access);
        tls_free(server->tls);
        library_release(server->library);
        mistakes_release(&server->warnings);
        return false;
    }
    log_warnings(&server->warnings);
    log_event(LOG_INFO, "definitions loaded", LOG_INT("kpis", server->library->catalog->definition_count),
              LOG_STR("pipelines", config->pipelines));
    return true;
}

bool server_release(struct server *server)
{
    look_tell_end(server);
    if (!stop_workers(server))
        return false;
    if (!look_end(server, WORKERS_PATIENCE_MS))
        return false;
    flights_free(server->flights);
    cache_free(server->cache);
    access_free(server->access);
    tls_free(server->tls);
    library_release(server->library);
    buffer_release(&server->told_data);
    buffer_release(&server->told_engine);
    mistakes_release(&server->mistakes);
    mistakes_release(&server->warnings);
    events_free(server->events);
    clients_free(server->clients);
    metrics_release(&server->metrics);
    pthread_rwlock_destroy(&server->lock);
    return true;
}

/* What the engine takes at most: inserts documents that are ready in memory, from several connections at once, and says
 * how long that took. What kpi-load is measured against: reading, typing, joining and checking cost nothing here.
 *
 *   bare_insert DATABASE THREADS BATCH FILE.bson…      with MONGODB_URI in the environment
 *
 * A file holds the documents of one collection, one after the other, and is named after it. The files are inserted in
 * turn, each in batches, unordered. Standard output: the seconds. */
#include "bench/clock.h"

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MOST = 64 };

/* The documents of a collection. */
struct documents {
    char *name;
    uint8_t *bytes;
    bson_t *views; /* of the bytes */
    size_t count;
};

struct work {
    mongoc_client_pool_t *pool;
    const char *database;
    const struct documents *documents;
    size_t batch;
    atomic_size_t next; /* to be taken by a thread */
    atomic_bool failed;
};

static void die(const char *what)
{
    fprintf(stderr, "bare_insert: %s\n", what);
    exit(1);
}

static void read_bytes(const char *path, struct documents *d, size_t *n)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size < 0)
        die(path);
    *n = (size_t)size;
    d->bytes = malloc(*n + 1);
    rewind(file);
    if (!d->bytes || fread(d->bytes, 1, *n, file) != *n)
        die(path);
    fclose(file);
}

static uint32_t length_at(const uint8_t *bytes)
{
    uint32_t length;
    memcpy(&length, bytes, sizeof length);
    return BSON_UINT32_FROM_LE(length);
}

/* Prepares a file: a view of each of its documents. A view points into itself, so it must not be moved. */
static void read_documents(const char *path, struct documents *d)
{
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
    size_t n, i = 0;
    d->name = strndup(start, strcspn(start, "."));
    read_bytes(path, d, &n);
    for (size_t at = 0; at < n; at += length_at(d->bytes + at)) {
        if (n - at < 5 || length_at(d->bytes + at) < 5 || length_at(d->bytes + at) > n - at)
            die(path);
        d->count++;
    }
    d->views = aligned_alloc(_Alignof(bson_t), (d->count + 1) * sizeof *d->views);
    for (size_t at = 0; at < n; at += length_at(d->bytes + at))
        if (!d->views || !bson_init_static(&d->views[i++], d->bytes + at, length_at(d->bytes + at)))
            die(path);
}

static bool insert_batch(mongoc_collection_t *collection, const struct documents *d, size_t from, size_t count,
                         const bson_t *options)
{
    const bson_t **list = malloc(count * sizeof *list);
    bson_error_t why;
    bool ok;
    if (!list)
        die("out of memory");
    for (size_t i = 0; i < count; i++)
        list[i] = &d->views[from + i];
    ok = mongoc_collection_insert_many(collection, list, count, options, NULL, &why);
    if (!ok)
        fprintf(stderr, "bare_insert: %s: %s\n", d->name, why.message);
    free(list);
    return ok;
}

static void *insert_batches(void *context)
{
    struct work *w = context;
    mongoc_client_t *client = mongoc_client_pool_pop(w->pool);
    mongoc_collection_t *collection = mongoc_client_get_collection(client, w->database, w->documents->name);
    bson_t *options = BCON_NEW("ordered", BCON_BOOL(false), "validate", BCON_BOOL(false));
    size_t from;
    while ((from = atomic_fetch_add(&w->next, w->batch)) < w->documents->count) {
        size_t left = w->documents->count - from;
        if (!insert_batch(collection, w->documents, from, left < w->batch ? left : w->batch, options))
            w->failed = true;
    }
    bson_destroy(options);
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(w->pool, client);
    return NULL;
}

static bool insert_all(mongoc_client_pool_t *pool, const char *database, const struct documents *d, size_t threads,
                       size_t batch)
{
    struct work w = {.pool = pool, .database = database, .documents = d, .batch = batch};
    pthread_t running[THREADS_MOST];
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&running[i], NULL, insert_batches, &w) != 0)
            die("no thread can be started");
    for (size_t i = 0; i < threads; i++)
        pthread_join(running[i], NULL);
    return !w.failed;
}

/* Connections are made before the clock starts. */
static mongoc_client_pool_t *connect_all(const char *text, size_t threads)
{
    mongoc_uri_t *uri = text ? mongoc_uri_new(text) : NULL;
    mongoc_client_pool_t *pool = uri ? mongoc_client_pool_new(uri) : NULL;
    mongoc_client_t *clients[THREADS_MOST];
    bson_t *ping = BCON_NEW("ping", BCON_INT32(1));
    bson_error_t why;
    if (!pool)
        die("MONGODB_URI is no URI of a server");
    for (size_t i = 0; i < threads; i++) {
        clients[i] = mongoc_client_pool_pop(pool);
        if (!mongoc_client_command_simple(clients[i], "admin", ping, NULL, NULL, &why))
            die(why.message);
    }
    for (size_t i = 0; i < threads; i++)
        mongoc_client_pool_push(pool, clients[i]);
    bson_destroy(ping);
    mongoc_uri_destroy(uri);
    return pool;
}

int main(int argc, char **argv)
{
    size_t threads = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, batch = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    size_t files = argc > 4 ? (size_t)argc - 4 : 0;
    struct documents *all = calloc(files + 1, sizeof *all);
    mongoc_client_pool_t *pool;
    double start;
    bool ok = true;
    if (!all || !files || !batch || !threads || threads > THREADS_MOST)
        die("usage: bare_insert DATABASE THREADS BATCH FILE.bson...");
    for (size_t i = 0; i < files; i++)
        read_documents(argv[4 + i], &all[i]);
    mongoc_init();
    pool = connect_all(getenv("MONGODB_URI"), threads);
    start = clock_seconds();
    for (size_t i = 0; i < files && ok; i++)
        ok = insert_all(pool, argv[1], &all[i], threads, batch);
    printf("%.6f\n", clock_seconds() - start);
    mongoc_client_pool_destroy(pool);
    mongoc_cleanup();
    for (size_t i = 0; i < files; i++) {
        free(all[i].name);
        free(all[i].bytes);
        free(all[i].views);
    }
    free(all);
    return !ok;
}

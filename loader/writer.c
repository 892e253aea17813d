#include "loader/writer.h"
#include "loader/retry.h"
#include "loader/shard.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Two connections keep an engine busy on two cores; the queue holds a batch for each while the next is filled. */
enum { THREADS = 2, BATCHES = 2 * THREADS + 1 };

struct writer {
    const struct store *store;
    struct fileset *files;
    const char *import_id;
    struct buffer changed_keys[DIMENSION_COUNT]; /* guarded by the lock */
    atomic_uint_fast64_t totals[KIND_COUNT][FATE_COUNT];

    struct batch *filling;
    bson_t *doc; /* begun in `filling` */

    pthread_t threads[THREADS];
    int thread_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct batch *queue_head, *queue_tail; /* to be written */
    struct batch *idle;                    /* to be filled */
    int busy;                              /* batches being written */
    bool stop, failed;
    struct error failure;
};

static void add_fates(struct writer *w, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        atomic_fetch_add(&w->totals[batch->kind][batch->fates[i]], 1);
    for (size_t i = 0; i < batch->row_count; i++) {
        const struct batch_rows *rows = &batch->rows[i];
        struct tally *tally = &w->files->inputs[rows->file].tally;
        switch (batch->fates[rows->document]) {
        case FATE_INSERT:
            atomic_fetch_add(&tally->inserted, rows->rows);
            break;
        case FATE_UPDATE:
            atomic_fetch_add(&tally->updated, rows->rows);
            break;
        default:
            atomic_fetch_add(&tally->unchanged, rows->rows);
        }
    }
}

/* Notes which rows of a dimension are replaced. */
static void note_changed(struct writer *w, const struct batch *batch)
{
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < batch->count; i++) {
        struct text key;
        if (batch->fates[i] != FATE_UPDATE)
            continue;
        key = batch_key(batch, i);
        buffer_put(&w->changed_keys[batch->kind], key.bytes, key.n);
        buffer_char(&w->changed_keys[batch->kind], '\0');
        memory_check(&w->changed_keys[batch->kind]);
    }
    pthread_mutex_unlock(&w->lock);
}

/* A batch on its way, perhaps with several attempts. */
struct sending {
    struct batch *batch;
    mongoc_collection_t *collection;
    bool sent;                        /* once, so that it may be in the database, in part or as a whole */
    enum fate fates[BATCH_DOCUMENTS]; /* as they were before it was sent */
};

static bool send_batch(struct writer *w, struct sending *s, mongoc_client_t *client, bool *exists, struct error *err)
{
    bool router = w->store->router;
    *exists = false;
    return (!router || s->batch->kind != KIND_ORDER || shard_move(w->store, client, s->batch, err)) &&
           batch_send(s->batch, s->collection, router, exists, err);
}

static bool attempt(struct writer *w, struct sending *s, mongoc_client_t *client, struct error *err)
{
    struct batch *batch = s->batch;
    bool decided = (w->store->empty[batch->kind] || batch->kind == KIND_ORDER) && !s->sent;
    bool exists = false;
    if (!decided && !batch_look_up(batch, s->collection, err))
        return false;
    if (!s->sent)
        memcpy(s->fates, batch->fates, sizeof s->fates);
    if (w->store->dry_run)
        return true;
    if (!lock_held(w->store->lock, client, err))
        return false;
    s->sent = true;
    if (send_batch(w, s, client, &exists, err))
        return true;
    if (exists && batch_look_up(batch, s->collection, err) && send_batch(w, s, client, &exists, err))
        return true;
    if (exists)
        error_set(err, ERROR_INTERNAL, "something else writes the same documents; run the command again after it");
    return false;
}

static bool write_batch(struct writer *w, struct batch *batch, mongoc_client_t *client, struct error *err)
{
    struct sending sending = {.batch = batch, .collection = store_get(w->store, client, batch->kind)};
    struct retry retry = retry_for(w->store->retry_seconds);
    bool ok;
    do
        ok = attempt(w, &sending, client, err);
    while (!ok && retry_again(&retry, err));
    if (ok) {
        /* What an earlier attempt of this load has written is not unchanged. */
        memcpy(batch->fates, sending.fates, sizeof batch->fates);
        add_fates(w, batch);
    }
    if (ok && batch->kind < KIND_ORDER)
        note_changed(w, batch);
    mongoc_collection_destroy(sending.collection);
    return ok;
}

/* Takes the next batch off the queue, or NULL when the thread is to end. The lock is held. */
static struct batch *next_batch(struct writer *w)
{
    struct batch *batch;
    while (!w->queue_head && !w->stop)
        pthread_cond_wait(&w->changed, &w->lock);
    batch = w->queue_head;
    if (!batch)
        return NULL;
    w->queue_head = batch->next;
    if (!w->queue_head)
        w->queue_tail = NULL;
    w->busy++;
    return batch;
}

static void *write_batches(void *context)
{
    struct writer *w = context;
    struct error err = {0};
    struct batch *batch;
    mongoc_client_t *client = db_pop(w->store->brief, &err);
    bool ok = client;
    pthread_mutex_lock(&w->lock);
    while ((batch = next_batch(w))) {
        bool skip = w->failed;
        pthread_mutex_unlock(&w->lock);
        ok = ok && (skip || write_batch(w, batch, client, &err));
        batch_clear(batch);
        pthread_mutex_lock(&w->lock);
        if (!ok && !w->failed) {
            w->failed = true;
            w->failure = err;
        }
        batch->next = w->idle;
        w->idle = batch;
        w->busy--;
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->lock);
    db_push(w->store->brief, client);
    return NULL;
}

struct writer *writer_new(const struct store *store, struct fileset *files, const char *import_id, struct error *err)
{
    struct writer *w = memory_zeroed(1, sizeof *w);
    w->store = store;
    w->files = files;
    w->import_id = import_id;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    for (int i = 0; i < BATCHES; i++) {
        struct batch *batch = batch_new();
        batch->next = w->idle;
        w->idle = batch;
    }
    for (; w->thread_count < THREADS; w->thread_count++) {
        if (pthread_create(&w->threads[w->thread_count], NULL, write_batches, w) != 0) {
            error_set(err, ERROR_INTERNAL, "no thread can be started");
            writer_free(w);
            return NULL;
        }
    }
    return w;
}

/* Puts the batch that is being filled into the queue. */
static void hand_on(struct writer *w)
{
    struct batch *batch = w->filling;
    w->filling = NULL;
    pthread_mutex_lock(&w->lock);
    batch->next = NULL;
    if (w->queue_tail)
        w->queue_tail->next = batch;
    else
        w->queue_head = batch;
    w->queue_tail = batch;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static struct batch *take_idle(struct writer *w)
{
    struct batch *batch;
    pthread_mutex_lock(&w->lock);
    while (!w->idle)
        pthread_cond_wait(&w->changed, &w->lock);
    batch = w->idle;
    w->idle = batch->next;
    pthread_mutex_unlock(&w->lock);
    return batch;
}

bson_t *writer_begin(struct writer *w, enum kind kind)
{
    if (w->filling && w->filling->kind != kind)
        hand_on(w);
    if (!w->filling) {
        w->filling = take_idle(w);
        w->filling->kind = kind;
    }
    w->doc = batch_begin(w->filling);
    return w->doc;
}

void writer_count(struct writer *w, uint16_t file, uint32_t rows)
{
    struct batch *batch = w->filling;
    batch->rows = memory_grow(batch->rows, &batch->row_room, batch->row_count + 1, sizeof *batch->rows);
    batch->rows[batch->row_count++] = (struct batch_rows){(uint16_t)batch->count, file, rows};
}

static bool check(struct writer *w, struct error *err)
{
    bool ok;
    pthread_mutex_lock(&w->lock);
    ok = !w->failed;
    if (!ok)
        *err = w->failure;
    pthread_mutex_unlock(&w->lock);
    return ok;
}

/* Hands a full batch on. */
static bool ended(struct writer *w, struct error *err)
{
    w->doc = NULL;
    if (!batch_is_full(w->filling))
        return true;
    hand_on(w);
    return check(w, err);
}

bool writer_end(struct writer *w, struct error *err)
{
    batch_end(w->filling, w->doc, w->import_id);
    return ended(w, err);
}

bool writer_end_order(struct writer *w, const struct known_order *known, enum fate *fate, struct error *err)
{
    *fate = batch_end_order(w->filling, w->doc, w->import_id, known->exists ? &known->hash : NULL, known->first_order);
    if (*fate == FATE_UNCHANGED)
        atomic_fetch_add(&w->totals[KIND_ORDER][FATE_UNCHANGED], 1);
    return ended(w, err);
}

bool writer_flush(struct writer *w, struct error *err)
{
    if (w->filling)
        hand_on(w);
    pthread_mutex_lock(&w->lock);
    while (w->queue_head || w->busy)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return check(w, err);
}

void writer_free(struct writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    w->failed = true; /* what still waits is not written */
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    batch_free(w->filling);
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        buffer_release(&w->changed_keys[kind]);
    while (w->idle) {
        struct batch *batch = w->idle;
        w->idle = batch->next;
        batch_free(batch);
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

struct writer_totals writer_totals(const struct writer *w, enum kind kind)
{
    return (struct writer_totals){atomic_load(&w->totals[kind][FATE_INSERT]),
                                  atomic_load(&w->totals[kind][FATE_UPDATE]),
                                  atomic_load(&w->totals[kind][FATE_UNCHANGED])};
}

const struct buffer *writer_changed(const struct writer *w, enum kind kind)
{
    return &w->changed_keys[kind];
}

bool writer_any_change(const struct writer *w)
{
    for (int kind = 0; kind <= KIND_ORDER; kind++) {
        struct writer_totals totals = writer_totals(w, (enum kind)kind);
        if (totals.inserted || totals.updated)
            return true;
    }
    return false;
}

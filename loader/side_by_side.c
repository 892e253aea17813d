#include "loader/side_by_side.h"
#include "loader/stop.h"

#include <pthread.h>

struct side {
    struct db *db;
    side_by_side_work *work;
    void *context;
    size_t count;
    size_t next; /* atomic: the next number that nobody has begun */
    bool failed; /* atomic */
    struct error err;
    pthread_mutex_t lock; /* of err */
};

static void fail(struct side *side, const struct error *err)
{
    pthread_mutex_lock(&side->lock);
    if (!side->failed)
        side->err = *err;
    __atomic_store_n(&side->failed, true, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&side->lock);
}

static void do_things(struct side *side, mongoc_client_t *client)
{
    struct error err = {0};
    while (!__atomic_load_n(&side->failed, __ATOMIC_RELAXED)) {
        size_t number = __atomic_fetch_add(&side->next, 1, __ATOMIC_RELAXED);
        if (number >= side->count)
            return;
        if (stop_asked(&err) || !side->work(side->context, client, number, &err))
            fail(side, &err);
    }
}

/* Without a connection of its own it does nothing: then the other does it all. */
static void *help(void *context)
{
    struct side *side = context;
    struct error err;
    mongoc_client_t *client = db_pop(side->db, &err);
    if (client)
        do_things(side, client);
    db_push(side->db, client);
    return NULL;
}

bool side_by_side(struct db *db, mongoc_client_t *client, size_t count, side_by_side_work *work, void *context,
                  struct error *err)
{
    struct side side = {.db = db, .work = work, .context = context, .count = count};
    pthread_t helper;
    bool helped;
    pthread_mutex_init(&side.lock, NULL);
    helped = count > 1 && pthread_create(&helper, NULL, help, &side) == 0;
    do_things(&side, client);
    if (helped)
        pthread_join(helper, NULL);
    pthread_mutex_destroy(&side.lock);
    if (side.failed)
        *err = side.err;
    return !side.failed;
}

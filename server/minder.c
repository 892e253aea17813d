#include "server/minder.h"
#include "core/wait.h"
#include "server/flight.h"
#include "server/server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 1000 };

struct minder {
    struct server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
};

/* A request waits for a worker no longer than its pipeline may then take. */
static void look(struct server *server)
{
    uint64_t now_us = server_now_us(), patience_us = (uint64_t)server->config.query_timeout_s * 1000000;
    uint64_t since_us = now_us > patience_us ? now_us - patience_us : 0;
    flights_tend(server->flights); /* first: what nobody waits for any more is taken from the workers' queues */
    workers_tend(server->workers, since_us);
    workers_tend(server->exports, since_us);
    workers_tend(server->light, since_us);
    events_tend(server->events, now_us);
    clients_tend(server->clients, now_us);
    if (server->access && access_keys(server->access)) {
        keys_reload(access_keys(server->access), false);
        events_expel(server->events, access_keys(server->access));
    }
}

static void *mind(void *data)
{
    struct minder *minder = data;
    struct timespec until;
    pthread_mutex_lock(&minder->lock);
    while (!minder->stop) {
        pthread_mutex_unlock(&minder->lock);
        look(minder->server);
        pthread_mutex_lock(&minder->lock);
        until = wait_until(STEP_MS);
        if (!minder->stop)
            pthread_cond_timedwait(&minder->wake, &minder->lock, &until);
    }
    pthread_mutex_unlock(&minder->lock);
    return NULL;
}

struct minder *minder_start(struct server *server, struct error *err)
{
    struct minder *minder = calloc(1, sizeof *minder);
    int why;
    if (!minder) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    minder->server = server;
    pthread_mutex_init(&minder->lock, NULL);
    wait_init(&minder->wake);
    why = pthread_create(&minder->thread, NULL, mind, minder);
    if (!why)
        return minder;
    error_set(err, ERROR_INTERNAL, "a thread cannot be started: %s", strerror(why));
    pthread_cond_destroy(&minder->wake);
    pthread_mutex_destroy(&minder->lock);
    free(minder);
    return NULL;
}

void minder_stop(struct minder *minder)
{
    if (!minder)
        return;
    pthread_mutex_lock(&minder->lock);
    minder->stop = true;
    pthread_cond_signal(&minder->wake);
    pthread_mutex_unlock(&minder->lock);
    pthread_join(minder->thread, NULL);
    pthread_cond_destroy(&minder->wake);
    pthread_mutex_destroy(&minder->lock);
    free(minder);
}

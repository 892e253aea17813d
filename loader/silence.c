#include "loader/silence.h"
#include "core/wait.h"
#include "loader/arena.h"
#include "loader/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_MS = 10 * 1000 };

struct silence {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int64_t since_ms; /* 0: nobody waits */
    int64_t next_ms;  /* how long one has waited when it is said, the next time */
    bool stop;
};

static void say(int64_t waited_ms)
{
    fprintf(stderr,
            "%sthe database has not answered for %" PRId64 " s; the load waits for it, and SIGTERM ends the load\n",
            isatty(STDERR_FILENO) ? "\r\033[K" : "", waited_ms / 1000);
}

static void *listen_for_it(void *context)
{
    struct silence *s = context;
    pthread_mutex_lock(&s->mutex);
    while (!s->stop) {
        int64_t waited_ms = s->since_ms ? progress_now_ms() - s->since_ms : 0;
        struct timespec until;
        if (!s->since_ms) {
            pthread_cond_wait(&s->changed, &s->mutex);
        } else if (waited_ms < s->next_ms) {
            until = wait_until((int)(s->next_ms - waited_ms));
            pthread_cond_timedwait(&s->changed, &s->mutex, &until);
        } else {
            s->next_ms = 2 * waited_ms;
            pthread_mutex_unlock(&s->mutex);
            say(waited_ms); /* where nobody reads stderr, this may stand still: the beat of the lock must not */
            pthread_mutex_lock(&s->mutex);
        }
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static void release(struct silence *s)
{
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

struct silence *silence_new(void)
{
    struct silence *s = memory_zeroed(1, sizeof *s);
    wait_init(&s->changed);
    pthread_mutex_init(&s->mutex, NULL);
    if (pthread_create(&s->thread, NULL, listen_for_it, s) == 0)
        return s;
    release(s);
    return NULL;
}

void silence_free(struct silence *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->mutex);
    s->stop = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    release(s);
}

static void set(struct silence *s, int64_t since_ms)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->mutex);
    s->since_ms = since_ms;
    s->next_ms = FIRST_MS;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

void silence_begins(struct silence *s)
{
    set(s, progress_now_ms());
}

void silence_ends(struct silence *s)
{
    set(s, 0);
}

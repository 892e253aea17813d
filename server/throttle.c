#include "server/throttle.h"
#include "core/siphash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 4096, WAYS = 8, LOCKS = 64, CACHE_LINE = 64 };

/* A bucket is known by when it will be full again: each token that is taken moves that on by the time it takes to make
 * one, and there is none left when it is further away than all of them take (the generic cell rate algorithm). */
struct bucket {
    uint64_t tag; /* of the id */
    uint64_t full_ns;
};

struct lock {
    _Alignas(CACHE_LINE) pthread_mutex_t mutex;
};

struct throttle {
    struct lock locks[LOCKS]; /* each of every LOCKSth set */
    struct siphash_key key;   /* nobody can choose whose place he takes */
    uint64_t token_ns, all_ns;
    unsigned burst;
    struct bucket sets[SETS][WAYS];
};

struct throttle *throttle_new(unsigned rate, unsigned per_s, unsigned burst)
{
    struct throttle *throttle = aligned_alloc(CACHE_LINE, sizeof *throttle);
    if (!throttle)
        return NULL;
    memset(throttle, 0, sizeof *throttle);
    throttle->key = siphash_random_key();
    throttle->burst = burst;
    throttle->token_ns = (uint64_t)per_s * 1000000000 / rate;
    throttle->all_ns = throttle->token_ns * burst;
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&throttle->locks[i].mutex, NULL);
    return throttle;
}

void throttle_free(struct throttle *throttle)
{
    if (!throttle)
        return;
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&throttle->locks[i].mutex);
    free(throttle);
}

/* The bucket of the tag, or a full one in the place of the fullest. */
static struct bucket *find(struct bucket set[WAYS], uint64_t tag)
{
    struct bucket *fullest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].tag == tag)
            return &set[i];
        if (set[i].full_ns < fullest->full_ns)
            fullest = &set[i];
    }
    *fullest = (struct bucket){.tag = tag};
    return fullest;
}

static unsigned seconds_up(uint64_t ns)
{
    return (unsigned)((ns + 999999999) / 1000000000);
}

bool throttle_take(struct throttle *throttle, const void *id, size_t n, uint64_t now_us, struct throttle_state *state)
{
    uint64_t hash[2], now = now_us * 1000, away;
    struct bucket *bucket;
    pthread_mutex_t *mutex;
    bool taken;
    siphash(&throttle->key, id, n, hash);
    mutex = &throttle->locks[hash[1] % LOCKS].mutex;
    pthread_mutex_lock(mutex);
    bucket = find(throttle->sets[hash[1] % SETS], hash[0]);
    away = bucket->full_ns > now ? bucket->full_ns - now : 0;
    taken = away + throttle->token_ns <= throttle->all_ns;
    if (taken) {
        away += throttle->token_ns;
        bucket->full_ns = now + away;
    }
    pthread_mutex_unlock(mutex);
    if (state)
        *state = (struct throttle_state){
            .limit = throttle->burst,
            .remaining = (unsigned)((throttle->all_ns - away) / throttle->token_ns),
            .full_s = seconds_up(away),
            .retry_s = taken ? 0 : seconds_up(away + throttle->token_ns - throttle->all_ns),
        };
    return taken;
}

/* Random numbers that are the same on every machine: xoshiro256** seeded by splitmix64,
 * both by David Blackman and Sebastiano Vigna, public domain, https://prng.di.unimi.it/.
 *
 * A run uses many short streams, one for each order, customer or product, so that one of them can be made again
 * without the others. Integers only: nothing here depends on how a compiler handles floating point. */
#ifndef SAMPLE_RANDOM_H
#define SAMPLE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* What a stream is for. Part of the seed, so that order 7 and customer 7 have nothing in common; the numbers stay as
 * they are, since every byte of a sample hangs on them. */
enum stream {
    STREAM_SCHEDULE = 1,
    STREAM_HOUR = 2,
    STREAM_LOYALTY = 3,
    STREAM_ORDER = 4,
    STREAM_HOME = 5,
    STREAM_NAME = 6,
    STREAM_PRODUCT = 7,
    STREAM_POPULARITY = 8,
    STREAM_SELLER = 9,
    STREAM_PLACE = 10,
    STREAM_ORDER_EXTRA = 11,
    STREAM_HEX_ID = 13,
};

/* One step of splitmix64: moves *state on and returns a well mixed value. */
static inline uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Starts the stream of the index-th thing of its kind. */
static inline void rng_seed(struct rng *rng, uint64_t seed, enum stream stream, uint64_t index)
{
    uint64_t mix = seed;
    mix = splitmix64(&mix) + (uint64_t)stream;
    mix = splitmix64(&mix) + index;
    for (int i = 0; i < 4; i++)
        rng->state[i] = splitmix64(&mix);
}

/* The next 64 random bits. */
static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t product = s[1] * 5;
    uint64_t result = ((product << 7) | (product >> 57)) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* A number from 0 to below - 1; below must not be 0. */
static inline uint32_t rng_below(struct rng *rng, uint32_t below)
{
    return (uint32_t)(((rng_next(rng) >> 32) * below) >> 32);
}

/* A number from low to high, both possible. */
static inline int32_t rng_between(struct rng *rng, int32_t low, int32_t high)
{
    return low + (int32_t)rng_below(rng, (uint32_t)(high - low) + 1);
}

/* True in so many of ten thousand cases. */
static inline bool rng_chance(struct rng *rng, uint32_t per_10000)
{
    return rng_below(rng, 10000) < per_10000;
}

/* A long-tailed number of about this mean: halves in frequency with every step of 0.7 means. */
int64_t rng_tail(struct rng *rng, int64_t mean);

/* Draws an index with given weights in constant time (Walker's alias method, in integers). */
struct alias {
    uint32_t count;
    uint32_t *cut;
    uint32_t *other;
};

/* Prepares the draw. The weights must sum to more than 0 and less than 2^40, and count times any weight
 * must fit 64 bits. False when there is no memory. Release with alias_release(). */
bool alias_init(struct alias *alias, const uint64_t *weights, uint32_t count);
void alias_release(struct alias *alias); /* an alias of zeros is fine */

/* An index from 0 to count - 1. */
static inline uint32_t alias_draw(const struct alias *alias, struct rng *rng)
{
    uint64_t bits = rng_next(rng);
    uint32_t index = (uint32_t)(((bits >> 32) * alias->count) >> 32);
    return ((uint32_t)bits & 0xffffffu) < alias->cut[index] ? index : alias->other[index];
}

#endif

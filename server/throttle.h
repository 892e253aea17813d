/* Token buckets by id: how much each of many may do in a time. Bounded: a table of a fixed size forgets those who have
 * been quiet longest, whose buckets are as good as full. Any thread; those who ask about different ids mostly do not
 * wait for one another. */
#ifndef KPI_SERVER_THROTTLE_H
#define KPI_SERVER_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct throttle;

/* How a bucket stands after it was asked. */
struct throttle_state {
    unsigned limit, remaining; /* tokens: when it is full, and now */
    unsigned full_s;           /* until it is full again */
    unsigned retry_s;          /* until there is a token again; 0: there was one */
};

/* A bucket holds `burst` tokens, and gets `rate` in `per_s` seconds. NULL: out of memory. */
struct throttle *throttle_new(unsigned rate, unsigned per_s, unsigned burst);
void throttle_free(struct throttle *throttle); /* NULL is fine */

/* Takes a token from the bucket of the id. False: there is none. state may be NULL. */
bool throttle_take(struct throttle *throttle, const void *id, size_t n, uint64_t now_us, struct throttle_state *state);

#endif

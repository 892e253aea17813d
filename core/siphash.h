/* SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012): a hash whose results nobody can steer who does not know the
 * key. So a table under it has no bucket that fills on purpose, and two texts of one hash are not to be found. Any
 * thread. */
#ifndef KPI_CORE_SIPHASH_H
#define KPI_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t a, b;
};

/* A key that is different in every process. */
struct siphash_key siphash_random_key(void);

void siphash(const struct siphash_key *key, const void *bytes, size_t n, uint64_t out[2]);

#endif

#include "core/siphash.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct siphash_key siphash_random_key(void)
{
    struct siphash_key key;
    struct timespec now;
    if (getrandom(&key, sizeof key, 0) == (ssize_t)sizeof key)
        return key;
    clock_gettime(CLOCK_REALTIME, &now);
    key.a = (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec;
    key.b = (uint64_t)getpid() << 32 ^ (uint64_t)(uintptr_t)&key;
    return key;
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], int count)
{
    while (count--) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

/* Up to eight bytes, the first the lowest. */
static uint64_t word(const unsigned char *bytes, size_t n)
{
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++)
        x |= (uint64_t)bytes[i] << (8 * i);
    return x;
}

static void take(uint64_t v[4], uint64_t m)
{
    v[3] ^= m;
    rounds(v, 2);
    v[0] ^= m;
}

void siphash(const struct siphash_key *key, const void *bytes, size_t n, uint64_t out[2])
{
    const unsigned char *p = bytes;
    uint64_t v[4] = {key->a ^ 0x736f6d6570736575, key->b ^ 0x646f72616e646f6d ^ 0xee, key->a ^ 0x6c7967656e657261,
                     key->b ^ 0x7465646279746573};
    size_t left = n;
    for (; left >= 8; left -= 8, p += 8)
        take(v, word(p, 8));
    take(v, word(p, left) | (uint64_t)n << 56);
    v[2] ^= 0xee;
    rounds(v, 4);
    out[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    rounds(v, 4);
    out[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}

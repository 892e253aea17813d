#include "loader/content_hash.h"

#include <endian.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

/* Odd constants with as many ones as zeros: the first digits of pi, and of its continuation. */
static const uint64_t key_a = UINT64_C(0x243f6a8885a308d3), key_b = UINT64_C(0x13198a2e03707345),
                      key_c = UINT64_C(0xa4093822299f31d1);

/* Both halves of the product, folded: every bit of the input reaches every bit of the result. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const unsigned char *p, size_t n)
{
    uint64_t w = 0;
    memcpy(&w, p, n);
    return le64toh(w);
}

uint64_t content_hash(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h = key_a ^ n;
    size_t left = n;
    for (; left > 16; left -= 16, p += 16)
        h = fold(word(p, 8) ^ key_b, word(p + 8, 8) ^ h);
    if (left > 8)
        h = fold(word(p, 8) ^ key_b, word(p + 8, left - 8) ^ h ^ key_c);
    else
        h = fold((left ? word(p, left) : 0) ^ key_c, h ^ key_b);
    return fold(h ^ key_a, key_c ^ n);
}

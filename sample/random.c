#include "sample/random.h"

#include <stdlib.h>

int64_t rng_tail(struct rng *rng, int64_t mean)
{
    uint64_t bits = rng_next(rng);
    int64_t fraction = (int64_t)(bits >> 40);
    int64_t halvings = 0;
    while (halvings < 12 && (bits & 1)) {
        bits >>= 1;
        halvings++;
    }
    return (mean * halvings * 693 + ((mean * 693 * fraction) >> 24)) / 1000;
}

/* Fills up the cells below the average from those above it. scaled[] are the weights times their count, whose
 * average is total; small[] has room for all indices, and large[] too. */
static void alias_fill(struct alias *alias, uint64_t *scaled, uint64_t total, uint32_t *small, uint32_t *large)
{
    uint32_t small_count = 0, large_count = 0;
    for (uint32_t i = 0; i < alias->count; i++) {
        alias->cut[i] = 1u << 24;
        alias->other[i] = i;
        if (scaled[i] < total)
            small[small_count++] = i;
        else
            large[large_count++] = i;
    }
    while (small_count && large_count) {
        uint32_t s = small[--small_count];
        uint32_t l = large[large_count - 1];
        alias->cut[s] = (uint32_t)((scaled[s] << 24) / total);
        alias->other[s] = l;
        scaled[l] -= total - scaled[s];
        if (scaled[l] < total) {
            large_count--;
            small[small_count++] = l;
        }
    }
}

bool alias_init(struct alias *alias, const uint64_t *weights, uint32_t count)
{
    uint64_t total = 0;
    uint64_t *scaled = malloc(count * sizeof *scaled);
    uint32_t *small = malloc(count * sizeof *small);
    uint32_t *large = malloc(count * sizeof *large);
    alias->count = count;
    alias->cut = malloc(count * sizeof *alias->cut);
    alias->other = malloc(count * sizeof *alias->other);
    bool ok = scaled && small && large && alias->cut && alias->other;
    if (!ok)
        goto out;
    for (uint32_t i = 0; i < count; i++) {
        total += weights[i];
        scaled[i] = weights[i] * count;
    }
    alias_fill(alias, scaled, total, small, large);
out:
    free(scaled);
    free(small);
    free(large);
    if (!ok)
        alias_release(alias);
    return ok;
}

void alias_release(struct alias *alias)
{
    free(alias->cut);
    free(alias->other);
    alias->cut = NULL;
    alias->other = NULL;
}

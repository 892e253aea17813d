#include "loader/rollup_claims.h"
#include "loader/arena.h"

#include <stdlib.h>
#include <string.h>

struct claim_seen {
    uint32_t order, value;
};

size_t claims_add(struct claims *claims, size_t by, size_t dimension)
{
    for (size_t i = 0; i < claims->count; i++)
        if (claims->list[i].by == by && claims->list[i].dimension == dimension)
            return i;
    claims->list = memory_grow(claims->list, &claims->room, claims->count + 1, sizeof *claims->list);
    claims->list[claims->count] = (struct claim){.by = by, .dimension = dimension};
    return claims->count++;
}

static struct claim_seen *seen_of(struct claim *claim, uint32_t value)
{
    if (value >= claim->seen_count) {
        size_t wanted = (size_t)value + 1;
        claim->seen = memory_grow(claim->seen, &claim->seen_room, wanted, sizeof *claim->seen);
        memset(claim->seen + claim->seen_count, 0, (wanted - claim->seen_count) * sizeof *claim->seen);
        claim->seen_count = wanted;
    }
    return &claim->seen[value];
}

static void check(struct claim *claim, uint32_t order, int64_t day, const uint32_t *item)
{
    uint32_t value = item[claim->dimension];
    struct claim_seen *seen = seen_of(claim, item[claim->by]);
    if (seen->order == order && seen->value != value && (!claim->broken || day < claim->day)) {
        claim->broken = true;
        claim->day = day;
        claim->by_value = item[claim->by];
        claim->values[0] = seen->value;
        claim->values[1] = value;
    }
    *seen = (struct claim_seen){order, value};
}

void claims_check(struct claims *claims, uint32_t order, int64_t day, const uint32_t *item)
{
    for (size_t i = 0; i < claims->count; i++)
        check(&claims->list[i], order, day, item);
}

void claims_release(struct claims *claims)
{
    for (size_t i = 0; i < claims->count; i++)
        free(claims->list[i].seen);
    free(claims->list);
    *claims = (struct claims){0};
}

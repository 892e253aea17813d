#include "loader/rollup_cells.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 256 };

void cells_init(struct cells *c, struct dictionary **dictionaries, size_t dimension_count, size_t measure_count)
{
    *c = (struct cells){.dictionaries = dictionaries,
                        .dimension_count = dimension_count,
                        .measure_count = measure_count,
                        .slot_count = SLOTS_FIRST,
                        .slots = memory_zeroed(SLOTS_FIRST, sizeof *c->slots)};
}

void cells_release(struct cells *c)
{
    free(c->keys);
    free(c->sums);
    free(c->marks);
    free(c->order);
    free(c->slots);
    *c = (struct cells){0};
}

void cells_clear(struct cells *c)
{
    c->count = 0;
    memset(c->slots, 0, c->slot_count * sizeof *c->slots);
}

static uint64_t hash_of(const uint32_t *key, size_t n)
{
    uint64_t h = 0;
    for (size_t i = 0; i < n; i++)
        h = (h ^ key[i]) * UINT64_C(0x9e3779b97f4a7c15); /* an odd number close to 2^64 / the golden ratio */
    return h ^ h >> 32;
}

static void grow_slots(struct cells *c)
{
    free(c->slots);
    c->slot_count *= 2;
    c->slots = memory_zeroed(c->slot_count, sizeof *c->slots);
    for (size_t i = 0; i < c->count; i++) {
        size_t slot = hash_of(cells_key(c, i), c->dimension_count + 1) & (c->slot_count - 1);
        while (c->slots[slot])
            slot = (slot + 1) & (c->slot_count - 1);
        c->slots[slot] = (uint32_t)i + 1;
    }
}

static size_t add_cell(struct cells *c, const uint32_t *key)
{
    size_t width = c->dimension_count + 1, i = c->count++;
    c->keys = memory_grow(c->keys, &c->key_room, c->count * width, sizeof *c->keys);
    c->sums = memory_grow(c->sums, &c->sum_room, c->count * c->measure_count, sizeof *c->sums);
    c->marks = memory_grow(c->marks, &c->mark_room, c->count, sizeof *c->marks);
    memcpy(c->keys + i * width, key, width * sizeof *key);
    memset(cells_sums(c, i), 0, c->measure_count * sizeof *c->sums);
    c->marks[i] = 0;
    if (2 * c->count > c->slot_count)
        grow_slots(c);
    return i;
}

size_t cells_find(struct cells *c, const uint32_t *key)
{
    size_t width = c->dimension_count + 1, slot = hash_of(key, width) & (c->slot_count - 1);
    for (; c->slots[slot]; slot = (slot + 1) & (c->slot_count - 1))
        if (memcmp(cells_key(c, c->slots[slot] - 1), key, width * sizeof *key) == 0)
            return c->slots[slot] - 1;
    c->slots[slot] = (uint32_t)c->count + 1;
    return add_cell(c, key);
}

struct sum sum_of_count(int64_t count)
{
    return (struct sum){.coefficient = count, .known = true};
}

bool sum_read(const bson_iter_t *it, struct sum *out)
{
    struct decimal number;
    bson_decimal128_t decimal;
    *out = (struct sum){0};
    switch (bson_iter_type(it)) {
    case BSON_TYPE_NULL:
        return true;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        *out = sum_of_count(bson_iter_as_int64(it));
        return true;
    case BSON_TYPE_DECIMAL128:
        if (!bson_iter_decimal128(it, &decimal) || !decimal_from_bson(&decimal, &number))
            return false;
        *out = (struct sum){number.coefficient, number.scale, true, true};
        return true;
    default:
        return false;
    }
}

bool sum_add(struct sum *to, const struct sum *value)
{
    struct decimal sum;
    if (!value->known)
        return true;
    if (!decimal_add((struct decimal){to->coefficient, to->scale}, (struct decimal){value->coefficient, value->scale},
                     &sum))
        return false;
    *to = (struct sum){sum.coefficient, sum.scale, true, to->money || value->money};
    return true;
}

void sum_append(const struct sum *sum, bson_t *doc, const char *key, int n)
{
    bson_decimal128_t decimal;
    int64_t integer = (int64_t)sum->coefficient;
    if (!sum->known) {
        bson_append_null(doc, key, n);
    } else if (sum->money || integer != sum->coefficient) {
        decimal_to_bson(decimal_reduce((struct decimal){sum->coefficient, sum->scale}), &decimal);
        bson_append_decimal128(doc, key, n, &decimal);
    } else if (integer == (int32_t)integer) {
        bson_append_int32(doc, key, n, (int32_t)integer);
    } else {
        bson_append_int64(doc, key, n, integer);
    }
}

void cells_add(struct cells *to, const struct cells *from, const struct cells_part *part, cells_period_in *period_in)
{
    uint32_t key[to->dimension_count + 1];
    to->unfit |= from->unfit;
    for (size_t i = 0; i < from->count; i++) {
        struct sum *sums;
        key[0] = period_in(cells_key(from, i)[0]);
        for (size_t d = 0; d < to->dimension_count; d++)
            key[d + 1] = dictionary_translate(to->dictionaries[d], from->dictionaries[part->dimensions[d]],
                                              cells_key(from, i)[part->dimensions[d] + 1]);
        sums = cells_sums(to, cells_find(to, key));
        for (size_t m = 0; m < to->measure_count; m++)
            if (!sum_add(&sums[m], &cells_sums(from, i)[part->measures[m]]))
                to->unfit = true;
    }
}

/* What cells are compared by. */
struct sorting {
    const struct cells *cells;
    const uint32_t **ranks;
};

static int compare(const void *a, const void *b, void *context)
{
    const struct sorting *sorting = context;
    const uint32_t *x = cells_key(sorting->cells, *(const uint32_t *)a);
    const uint32_t *y = cells_key(sorting->cells, *(const uint32_t *)b);
    if (x[0] != y[0])
        return cells_day(x[0]) < cells_day(y[0]) ? -1 : 1;
    for (size_t d = 0; d < sorting->cells->dimension_count; d++)
        if (x[d + 1] != y[d + 1])
            return sorting->ranks[d][x[d + 1]] < sorting->ranks[d][y[d + 1]] ? -1 : 1;
    return 0;
}

const uint32_t *cells_sort(struct cells *c)
{
    const uint32_t *ranks[c->dimension_count + 1];
    struct sorting sorting = {c, ranks};
    for (size_t d = 0; d < c->dimension_count; d++)
        ranks[d] = dictionary_ranks(c->dictionaries[d]);
    c->order = memory_grow(c->order, &c->order_room, c->count, sizeof *c->order);
    for (size_t i = 0; i < c->count; i++)
        c->order[i] = (uint32_t)i;
    if (c->count)
        qsort_r(c->order, c->count, sizeof *c->order, compare, &sorting);
    return c->order;
}

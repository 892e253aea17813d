#include "loader/lookup.h"
#include "loader/content_hash.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_LEAST = 1024 };

struct lookup_row {
    const char *packed; /* the key and the values that are not summed */
    uint32_t hash;
    uint32_t size;
};

struct lookup {
    size_t count;                     /* of values a row */
    bool sums[LOOKUP_VALUES_MOST];    /* which of them are added up */
    size_t place[LOOKUP_VALUES_MOST]; /* of each value: among the sums, or behind the key among the packed */
    size_t sum_count, packed_count;
    struct arena arena;
    struct lookup_row *rows;
    size_t used, room;
    struct value *totals; /* sum_count for each row */
    size_t total_room;
    uint32_t *slots; /* open addressing: number of the row + 1, or 0 */
    size_t slot_count;
    struct buffer packing;
};

struct lookup *lookup_new(size_t count, const bool *sums)
{
    struct lookup *l = memory_zeroed(1, sizeof *l);
    l->count = count;
    for (size_t i = 0; i < count; i++) {
        l->sums[i] = sums[i];
        l->place[i] = sums[i] ? l->sum_count++ : ++l->packed_count;
    }
    l->slot_count = SLOTS_LEAST;
    l->slots = memory_zeroed(l->slot_count, sizeof *l->slots);
    return l;
}

void lookup_free(struct lookup *l)
{
    if (!l)
        return;
    arena_release(&l->arena);
    buffer_release(&l->packing);
    free(l->rows);
    free(l->totals);
    free(l->slots);
    free(l);
}

size_t lookup_count(const struct lookup *l)
{
    return l->used;
}

size_t lookup_bytes(const struct lookup *l)
{
    return l->arena.allocated + l->room * sizeof *l->rows + l->total_room * sizeof *l->totals +
           l->slot_count * sizeof *l->slots;
}

/* The slot of the key: that of its row, or the empty one where it would go. */
static uint32_t *find(const struct lookup *l, struct text key, uint32_t hash)
{
    size_t slot = hash & (l->slot_count - 1);
    for (; l->slots[slot]; slot = (slot + 1) & (l->slot_count - 1)) {
        const struct lookup_row *row = &l->rows[l->slots[slot] - 1];
        struct value first;
        if (row->hash != hash)
            continue;
        values_unpack(row->packed, &first, 1);
        if (text_equal(first.text, key))
            break;
    }
    return &l->slots[slot];
}

static void grow_slots(struct lookup *l)
{
    free(l->slots);
    l->slot_count *= 2;
    l->slots = memory_zeroed(l->slot_count, sizeof *l->slots);
    for (size_t i = 0; i < l->used; i++) {
        size_t slot = l->rows[i].hash & (l->slot_count - 1);
        while (l->slots[slot])
            slot = (slot + 1) & (l->slot_count - 1);
        l->slots[slot] = (uint32_t)i + 1;
    }
}

/* Adds the summed values to those of a row. */
static bool add_totals(struct lookup *l, size_t row, const struct value *values)
{
    bool ok = true;
    for (size_t i = 0; i < l->count; i++) {
        struct value *total;
        struct decimal sum;
        if (!l->sums[i] || values[i].type == VALUE_NULL)
            continue;
        total = &l->totals[row * l->sum_count + l->place[i]];
        sum = values[i].number;
        if (total->type != VALUE_NULL && !decimal_add(total->number, values[i].number, &sum))
            ok = false;
        else
            *total = value_number(sum);
    }
    return ok;
}

static void add_row(struct lookup *l, uint32_t hash, uint32_t *slot)
{
    struct text packed = arena_copy(&l->arena, (struct text){l->packing.bytes, l->packing.used});
    l->rows = memory_grow(l->rows, &l->room, l->used + 1, sizeof *l->rows);
    l->rows[l->used] = (struct lookup_row){packed.bytes, hash, (uint32_t)packed.n};
    if (l->sum_count) {
        l->totals = memory_grow(l->totals, &l->total_room, (l->used + 1) * l->sum_count, sizeof *l->totals);
        memset(&l->totals[l->used * l->sum_count], 0, l->sum_count * sizeof *l->totals);
    }
    *slot = (uint32_t)++l->used;
    if ((l->used + 1) * 3 > l->slot_count * 2)
        grow_slots(l);
}

enum lookup_result lookup_add(struct lookup *l, struct text key, const struct value *values)
{
    uint32_t hash = (uint32_t)content_hash(key.bytes, key.n), *slot = find(l, key, hash);
    struct value first = value_text(key);
    enum lookup_result result = LOOKUP_ADDED;
    size_t row = *slot ? *slot - 1 : l->used;
    l->packing.used = 0;
    values_pack(&l->packing, &first, 1);
    for (size_t i = 0; i < l->count; i++)
        if (!l->sums[i])
            values_pack(&l->packing, &values[i], 1);
    if (!*slot)
        add_row(l, hash, slot);
    else
        result = text_equal((struct text){l->rows[row].packed, l->rows[row].size},
                            (struct text){l->packing.bytes, l->packing.used})
                     ? LOOKUP_SAME
                     : LOOKUP_DIFFERS;
    return add_totals(l, row, values) ? result : LOOKUP_OVERFLOW;
}

struct value lookup_get(const struct lookup *l, struct text key, size_t number)
{
    struct value packed[LOOKUP_VALUES_MOST + 1];
    uint32_t row = *find(l, key, (uint32_t)content_hash(key.bytes, key.n));
    if (!row)
        return value_null();
    if (l->sums[number])
        return l->totals[(row - 1) * l->sum_count + l->place[number]];
    values_unpack(l->rows[row - 1].packed, packed, l->place[number] + 1);
    return packed[l->place[number]];
}

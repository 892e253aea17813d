#include "loader/dimension.h"
#include "loader/content_hash.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_LEAST = 1024 };

void dimension_init(struct dimension *d, enum kind kind)
{
    memset(d, 0, sizeof *d);
    d->kind = kind;
    d->slot_count = SLOTS_LEAST;
    d->slots = memory_zeroed(d->slot_count, sizeof *d->slots);
}

void dimension_release(struct dimension *d)
{
    arena_release(&d->arena);
    buffer_release(&d->packing);
    free(d->rows);
    free(d->slots);
    memset(d, 0, sizeof *d);
}

static uint32_t hash_key(struct text key)
{
    return (uint32_t)content_hash(key.bytes, key.n);
}

static struct text row_key(const struct dimension_row *row)
{
    struct value key;
    values_unpack(row->packed, &key, 1);
    return key.text;
}

static int64_t find(const struct dimension *d, struct text key, uint32_t hash)
{
    for (size_t slot = hash & (d->slot_count - 1); d->slots[slot]; slot = (slot + 1) & (d->slot_count - 1)) {
        const struct dimension_row *row = &d->rows[d->slots[slot] - 1];
        if (row->hash == hash && text_equal(row_key(row), key))
            return d->slots[slot] - 1;
    }
    return DIMENSION_NONE;
}

int64_t dimension_find(const struct dimension *d, struct text key)
{
    return find(d, key, hash_key(key));
}

static void fill_slot(struct dimension *d, size_t number)
{
    size_t slot = d->rows[number].hash & (d->slot_count - 1);
    while (d->slots[slot])
        slot = (slot + 1) & (d->slot_count - 1);
    d->slots[slot] = (uint32_t)number + 1;
}

static void grow_slots(struct dimension *d)
{
    free(d->slots);
    d->slot_count *= 2;
    d->slots = memory_zeroed(d->slot_count, sizeof *d->slots);
    for (size_t i = 0; i < d->count; i++)
        fill_slot(d, i);
}

struct text dimension_key(const struct dimension *d, int64_t number)
{
    return row_key(&d->rows[number]);
}

void dimension_values(const struct dimension *d, int64_t number, struct value *values)
{
    values_unpack(d->rows[number].packed, values, schema_kinds[d->kind].field_count);
}

static struct text pack(struct dimension *d, const struct value *values)
{
    d->packing.used = 0;
    values_pack(&d->packing, values, schema_kinds[d->kind].field_count);
    return (struct text){d->packing.bytes, d->packing.used};
}

static void set_row(struct dimension *d, struct dimension_row *row, struct text packed, uint16_t file)
{
    row->packed = arena_copy(&d->arena, packed).bytes;
    row->size = (uint32_t)packed.n;
    row->file = file;
}

enum dimension_result dimension_add(struct dimension *d, const struct value *values, uint16_t file, bool counted)
{
    uint32_t hash = hash_key(values[0].text);
    int64_t number = find(d, values[0].text, hash);
    struct text packed = pack(d, values);
    struct dimension_row *row = number == DIMENSION_NONE ? NULL : &d->rows[number];
    if (row && row->file != DIMENSION_STORED)
        return text_equal((struct text){row->packed, row->size}, packed) ? DIMENSION_SAME : DIMENSION_DIFFERS;
    if (!row) {
        d->rows = memory_grow(d->rows, &d->room, d->count + 1, sizeof *d->rows);
        row = &d->rows[d->count];
        row->hash = hash;
    }
    set_row(d, row, packed, file);
    row->counted = counted ? file : DIMENSION_STORED;
    row->said_before = row->filled = false;
    if (number == DIMENSION_NONE) {
        if ((d->count + 1) * 3 > d->slot_count * 2)
            grow_slots(d);
        fill_slot(d, d->count++);
    }
    return DIMENSION_ADDED;
}

void dimension_replace(struct dimension *d, const struct value *values, uint16_t file)
{
    int64_t number = find(d, values[0].text, hash_key(values[0].text));
    set_row(d, &d->rows[number], pack(d, values), file);
}

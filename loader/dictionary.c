#include "loader/dictionary.h"
#include "core/day.h"
#include "core/utf8.h"
#include "loader/content_hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 64 };

static uint32_t *find_slot(const struct dictionary *d, bson_type_t type, struct text bytes, uint32_t hash)
{
    size_t slot = hash & (d->slot_count - 1);
    for (; d->slots[slot]; slot = (slot + 1) & (d->slot_count - 1)) {
        const struct dictionary_value *value = &d->values[d->slots[slot] - 1];
        if (value->hash == hash && value->type == type && value->bytes.n == bytes.n &&
            memcmp(value->bytes.bytes, bytes.bytes, bytes.n) == 0)
            break;
    }
    return &d->slots[slot];
}

static void grow_slots(struct dictionary *d)
{
    free(d->slots);
    d->slot_count *= 2;
    d->slots = memory_zeroed(d->slot_count, sizeof *d->slots);
    for (size_t i = 0; i < d->count; i++) {
        size_t slot = d->values[i].hash & (d->slot_count - 1);
        while (d->slots[slot])
            slot = (slot + 1) & (d->slot_count - 1);
        d->slots[slot] = (uint32_t)i + 1;
    }
}

static uint32_t take(struct dictionary *d, bson_type_t type, struct text bytes)
{
    uint32_t hash = (uint32_t)content_hash(bytes.bytes, bytes.n) ^ (uint32_t)type;
    uint32_t *slot = find_slot(d, type, bytes, hash);
    if (*slot)
        return *slot - 1;
    d->values = memory_grow(d->values, &d->room, d->count + 1, sizeof *d->values);
    d->values[d->count] = (struct dictionary_value){arena_copy(&d->arena, bytes), hash, type};
    *slot = (uint32_t)++d->count;
    if (2 * d->count > d->slot_count)
        grow_slots(d);
    return (uint32_t)d->count - 1;
}

void dictionary_init(struct dictionary *d)
{
    *d = (struct dictionary){.slot_count = SLOTS_FIRST, .slots = memory_zeroed(SLOTS_FIRST, sizeof *d->slots)};
    take(d, BSON_TYPE_NULL, (struct text){"", 0});
}

void dictionary_release(struct dictionary *d)
{
    arena_release(&d->arena);
    free(d->values);
    free(d->slots);
    free(d->ranks);
    *d = (struct dictionary){0};
}

bool dictionary_take(struct dictionary *d, const bson_iter_t *it, uint32_t *number)
{
    bson_type_t type = bson_iter_type(it);
    union {
        int32_t int32;
        int64_t int64;
        double real;
        char flag;
    } value = {0};
    struct text bytes = {(const char *)&value, sizeof value.int64};
    uint32_t n;
    switch (type) {
    case BSON_TYPE_NULL:
        *number = DICTIONARY_NULL;
        return true;
    case BSON_TYPE_UTF8:
        bytes.bytes = bson_iter_utf8(it, &n);
        bytes.n = n;
        break;
    case BSON_TYPE_BOOL:
        value.flag = bson_iter_bool(it);
        bytes.n = sizeof value.flag;
        break;
    case BSON_TYPE_INT32:
        value.int32 = bson_iter_int32(it);
        bytes.n = sizeof value.int32;
        break;
    case BSON_TYPE_INT64:
        value.int64 = bson_iter_int64(it);
        break;
    case BSON_TYPE_DATE_TIME:
        value.int64 = bson_iter_date_time(it);
        break;
    case BSON_TYPE_DOUBLE:
        value.real = bson_iter_double(it);
        break;
    default:
        return false;
    }
    *number = take(d, type, bytes);
    return true;
}

uint32_t dictionary_translate(struct dictionary *d, const struct dictionary *other, uint32_t number)
{
    return d == other ? number : take(d, other->values[number].type, other->values[number].bytes);
}

static int64_t integer_of(const struct dictionary_value *value)
{
    int32_t int32;
    int64_t int64;
    if (value->type == BSON_TYPE_INT32) {
        memcpy(&int32, value->bytes.bytes, sizeof int32);
        return int32;
    }
    if (value->type == BSON_TYPE_BOOL)
        return value->bytes.bytes[0];
    memcpy(&int64, value->bytes.bytes, sizeof int64);
    return int64;
}

static double real_of(const struct dictionary_value *value)
{
    double real;
    memcpy(&real, value->bytes.bytes, sizeof real);
    return real;
}

void dictionary_append(const struct dictionary *d, uint32_t number, bson_t *doc, const char *key, int n)
{
    const struct dictionary_value *value = &d->values[number];
    switch (value->type) {
    case BSON_TYPE_UTF8:
        bson_append_utf8(doc, key, n, value->bytes.bytes, (int)value->bytes.n);
        break;
    case BSON_TYPE_BOOL:
        bson_append_bool(doc, key, n, integer_of(value) != 0);
        break;
    case BSON_TYPE_INT32:
        bson_append_int32(doc, key, n, (int32_t)integer_of(value));
        break;
    case BSON_TYPE_INT64:
        bson_append_int64(doc, key, n, integer_of(value));
        break;
    case BSON_TYPE_DATE_TIME:
        bson_append_date_time(doc, key, n, integer_of(value));
        break;
    case BSON_TYPE_DOUBLE:
        bson_append_double(doc, key, n, real_of(value));
        break;
    default:
        bson_append_null(doc, key, n);
    }
}

void dictionary_text(const struct dictionary *d, uint32_t number, char out[DICTIONARY_TEXT_MAX])
{
    const struct dictionary_value *value = &d->values[number];
    size_t n = value->bytes.n < DICTIONARY_TEXT_MAX ? value->bytes.n : DICTIONARY_TEXT_MAX - 1;
    char text[DICTIONARY_TEXT_MAX];
    switch (value->type) {
    case BSON_TYPE_UTF8:
        memcpy(text, value->bytes.bytes, n);
        text[n] = '\0';
        snprintf(out, DICTIONARY_TEXT_MAX, "'%.*s'", (int)utf8_cut(text, DICTIONARY_TEXT_MAX - 3), text);
        break;
    case BSON_TYPE_NULL:
        snprintf(out, DICTIONARY_TEXT_MAX, "null");
        break;
    case BSON_TYPE_DATE_TIME:
        day_text(day_from_ms(integer_of(value)), out);
        break;
    case BSON_TYPE_DOUBLE:
        snprintf(out, DICTIONARY_TEXT_MAX, "%.15g", real_of(value));
        break;
    default:
        snprintf(out, DICTIONARY_TEXT_MAX, "%lld", (long long)integer_of(value));
    }
}

static int compare_values(const struct dictionary_value *a, const struct dictionary_value *b)
{
    size_t n = a->bytes.n < b->bytes.n ? a->bytes.n : b->bytes.n;
    int order;
    if (a->type != b->type)
        return a->type == BSON_TYPE_NULL || (b->type != BSON_TYPE_NULL && a->type < b->type) ? -1 : 1;
    if (a->type == BSON_TYPE_DOUBLE)
        return real_of(a) < real_of(b) ? -1 : real_of(a) > real_of(b);
    if (a->type != BSON_TYPE_UTF8 && a->type != BSON_TYPE_NULL)
        return integer_of(a) < integer_of(b) ? -1 : integer_of(a) > integer_of(b);
    order = memcmp(a->bytes.bytes, b->bytes.bytes, n);
    return order ? order : (a->bytes.n > b->bytes.n) - (a->bytes.n < b->bytes.n);
}

static int compare_numbers(const void *a, const void *b, void *context)
{
    const struct dictionary *d = context;
    return compare_values(&d->values[*(const uint32_t *)a], &d->values[*(const uint32_t *)b]);
}

const uint32_t *dictionary_ranks(struct dictionary *d)
{
    uint32_t *sorted;
    if (d->ranked == d->count)
        return d->ranks;
    sorted = memory_zeroed(d->count, sizeof *sorted);
    for (size_t i = 0; i < d->count; i++)
        sorted[i] = (uint32_t)i;
    qsort_r(sorted, d->count, sizeof *sorted, compare_numbers, d);
    free(d->ranks);
    d->ranks = memory_zeroed(d->count, sizeof *d->ranks);
    for (size_t i = 0; i < d->count; i++)
        d->ranks[sorted[i]] = (uint32_t)i;
    d->ranked = d->count;
    free(sorted);
    return d->ranks;
}

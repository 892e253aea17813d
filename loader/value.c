#include "loader/value.h"

#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum { DAY_MS = 86400000 };

static bool is_moment(const struct value *value)
{
    return value->type == VALUE_TIME || value->type == VALUE_DAY;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (is_moment(a) && is_moment(b))
        return a->integer == b->integer;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_TEXT:
        return text_equal(a->text, b->text);
    case VALUE_NUMBER: {
        struct decimal x = decimal_reduce(a->number), y = decimal_reduce(b->number);
        return x.coefficient == y.coefficient && x.scale == y.scale;
    }
    default:
        return a->integer == b->integer;
    }
}

bool values_equal(const struct value *a, const struct value *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!value_equal(&a[i], &b[i]))
            return false;
    return true;
}

/* Seven bits a byte, the least first, and the top bit set on all but the last. Nearly all are of one to six bytes: the
 * width of 128 bits is for the few that need it. */
static char *put_varint(char *p, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        *p++ = (char)(value | 128);
    *p++ = (char)value;
    return p;
}

static char *put_wide(char *p, uint128 value)
{
    for (; value > UINT64_MAX; value >>= 7)
        *p++ = (char)(value | 128);
    return put_varint(p, (uint64_t)value);
}

static const char *get_varint(const char *p, uint64_t *value)
{
    uint64_t v = 0;
    int shift = 0;
    for (; *p & 128; shift += 7)
        v |= (uint64_t)(*p++ & 127) << shift;
    *value = v | (uint64_t)*p++ << shift;
    return p;
}

static const char *get_wide(const char *p, uint128 *value)
{
    uint64_t low = 0;
    uint128 v;
    int shift = 0;
    for (; *p & 128 && shift < 56; shift += 7)
        low |= (uint64_t)(*p++ & 127) << shift;
    v = low;
    for (; *p & 128; shift += 7)
        v |= (uint128)(*p++ & 127) << shift;
    *value = v | (uint128)*p++ << shift;
    return p;
}

/* Small magnitudes of either sign become small numbers. */
static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t u)
{
    return u & 1 ? -(int64_t)(u >> 1) - 1 : (int64_t)(u >> 1);
}

static uint128 zigzag_wide(int128 v)
{
    return v < 0 ? ((uint128) - (v + 1) << 1) + 1 : (uint128)v << 1;
}

static int128 unzigzag_wide(uint128 u)
{
    return u & 1 ? -(int128)(u >> 1) - 1 : (int128)(u >> 1);
}

void values_pack(struct buffer *to, const struct value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct value *v = &values[i];
        char bytes[32], *p = bytes;
        *p++ = (char)v->type;
        if (v->type == VALUE_NUMBER) {
            *p++ = (char)v->number.scale;
            p = put_wide(p, zigzag_wide(v->number.coefficient));
        } else if (v->type == VALUE_INTEGER || v->type == VALUE_TIME) {
            p = put_varint(p, zigzag(v->integer));
        } else if (v->type == VALUE_DAY) {
            p = put_varint(p, zigzag(v->integer / DAY_MS));
        } else if (v->type == VALUE_TEXT) {
            p = put_varint(p, v->text.n);
        }
        buffer_put(to, bytes, (size_t)(p - bytes));
        if (v->type == VALUE_TEXT)
            buffer_put(to, v->text.bytes, v->text.n);
    }
    memory_check(to);
}

const char *values_unpack(const char *p, struct value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct value *v = &values[i];
        uint64_t raw;
        uint128 wide;
        v->type = (enum value_type) * p++;
        switch (v->type) {
        case VALUE_NULL:
            break;
        case VALUE_TEXT:
            p = get_varint(p, &raw);
            v->text = (struct text){p, raw};
            p += v->text.n;
            break;
        case VALUE_NUMBER:
            v->number.scale = (unsigned char)*p++;
            p = get_wide(p, &wide);
            v->number.coefficient = unzigzag_wide(wide);
            break;
        default:
            p = get_varint(p, &raw);
            v->integer = unzigzag(raw) * (v->type == VALUE_DAY ? DAY_MS : 1);
        }
    }
    return p;
}

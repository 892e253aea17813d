#include "core/decimal.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

/* Decimal128 stores exponent + 6176 in 14 bits above a coefficient of 113 bits. */
enum { EXPONENT_BIAS = 6176, EXPONENT_SHIFT = 49 };

static int128 power_of_ten(int n)
{
    int128 p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

static bool fits(int128 coefficient)
{
    const int128 limit = (int128)100000000000000000 * 100000000000000000; /* 10^DECIMAL_DIGITS */
    return coefficient > -limit && coefficient < limit;
}

struct decimal decimal_from_int(int64_t value)
{
    return (struct decimal){value, 0};
}

struct decimal decimal_reduce(struct decimal a)
{
    int64_t narrow = (int64_t)a.coefficient; /* nearly always all of it, and far faster to divide */
    if (narrow == a.coefficient) {
        for (; a.scale > 0 && narrow % 10 == 0; narrow /= 10)
            a.scale--;
        a.coefficient = narrow;
        return a;
    }
    while (a.scale > 0 && a.coefficient % 10 == 0) {
        a.coefficient /= 10;
        a.scale--;
    }
    return a;
}

/* Moves the point by `exponent` places, as 1.5e3 asks for. */
static bool apply_exponent(struct decimal *a, int exponent)
{
    a->scale -= exponent;
    while (a->scale < 0 && fits(a->coefficient * 10)) {
        a->coefficient *= 10;
        a->scale++;
    }
    while (a->scale > DECIMAL_MAX_SCALE && a->coefficient % 10 == 0) {
        a->coefficient /= 10;
        a->scale--;
    }
    return a->scale >= 0 && a->scale <= DECIMAL_MAX_SCALE;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent of text[0..n) behind its "e"; false when it is no number of at most 4 digits. */
static bool parse_exponent(const char *text, size_t n, int *out)
{
    size_t i = 0;
    bool negative = false;
    int value = 0;
    if (n && (text[0] == '+' || text[0] == '-'))
        negative = text[i++] == '-';
    if (i == n || n - i > 4)
        return false;
    for (; i < n; i++) {
        if (!is_digit(text[i]))
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = negative ? -value : value;
    return true;
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one pass, with a branch for each kind of character. */
bool decimal_parse(const char *text, size_t n, struct decimal_format format, struct decimal *out)
{
    struct decimal a = {0, 0};
    size_t i = 0, digits = 0, in_group = 0;
    bool negative = false, grouped = false, point = false;
    int exponent = 0;

    if (n && (text[0] == '-' || text[0] == '+'))
        negative = text[i++] == '-';
    for (; i < n; i++) {
        char c = text[i];
        if (is_digit(c)) {
            if (!fits(a.coefficient * 10 + (c - '0')))
                return false;
            a.coefficient = a.coefficient * 10 + (c - '0');
            digits++;
            a.scale += point;
            in_group += !point;
        } else if (c == format.point && !point) {
            if (grouped && in_group != 3)
                return false;
            point = true;
        } else if (format.group && c == format.group && !point) {
            if (in_group == 0 || in_group > 3 || (grouped && in_group != 3))
                return false;
            grouped = true;
            in_group = 0;
        } else if ((c == 'e' || c == 'E') && digits) {
            if (!parse_exponent(text + i + 1, n - i - 1, &exponent))
                return false;
            break;
        } else {
            return false;
        }
    }
    if (!digits || (grouped && !point && in_group != 3))
        return false;
    if (negative)
        a.coefficient = -a.coefficient;
    if (a.coefficient == 0 && exponent > 0)
        exponent = 0;
    if (!apply_exponent(&a, exponent))
        return false;
    *out = a;
    return true;
}

/* Brings both to the larger scale; false when one no longer fits. */
static bool align(struct decimal *a, struct decimal *b)
{
    struct decimal *small = a->scale < b->scale ? a : b;
    int scale = a->scale < b->scale ? b->scale : a->scale;
    while (small->scale < scale) {
        if (!fits(small->coefficient * 10))
            return false;
        small->coefficient *= 10;
        small->scale++;
    }
    return true;
}

bool decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
    if (!align(&a, &b)) {
        a = decimal_reduce(a);
        b = decimal_reduce(b);
        if (!align(&a, &b))
            return false;
    }
    if (!fits(a.coefficient + b.coefficient))
        return false;
    *out = (struct decimal){a.coefficient + b.coefficient, a.scale};
    return true;
}

bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out)
{
    b.coefficient = -b.coefficient;
    return decimal_add(a, b, out);
}

static uint128 magnitude(int128 value)
{
    return value < 0 ? (uint128)-value : (uint128)value;
}

bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out)
{
    int128 product;
    a = decimal_reduce(a);
    b = decimal_reduce(b);
    if (__builtin_mul_overflow(a.coefficient, b.coefficient, &product) || !fits(product))
        return false;
    a = decimal_reduce((struct decimal){product, a.scale + b.scale});
    if (a.scale > DECIMAL_MAX_SCALE)
        return false;
    *out = a;
    return true;
}

/* n / d rounded half to even; d > 0. */
static int128 divide_half_even(int128 n, int128 d)
{
    int128 q = n / d, r = n % d;
    uint128 twice = 2 * magnitude(r);
    if (twice > (uint128)d || (twice == (uint128)d && q % 2 != 0))
        q += n < 0 ? -1 : 1;
    return q;
}

bool decimal_divide(struct decimal a, struct decimal b, int scale, struct decimal *out)
{
    int shift;
    a = decimal_reduce(a);
    b = decimal_reduce(b);
    if (b.coefficient == 0)
        return false;
    if (b.coefficient < 0) {
        a.coefficient = -a.coefficient;
        b.coefficient = -b.coefficient;
    }
    /* a.c/10^a.s ÷ b.c/10^b.s at `scale` digits is a.c × 10^shift ÷ b.c */
    shift = scale + b.scale - a.scale;
    for (; shift > 0; shift--)
        if (__builtin_mul_overflow(a.coefficient, (int128)10, &a.coefficient))
            return false;
    for (; shift < 0; shift++)
        if (__builtin_mul_overflow(b.coefficient, (int128)10, &b.coefficient))
            return false;
    a.coefficient = divide_half_even(a.coefficient, b.coefficient);
    if (!fits(a.coefficient))
        return false;
    *out = (struct decimal){a.coefficient, scale};
    return true;
}

struct decimal decimal_round(struct decimal a, int scale)
{
    if (a.scale <= scale)
        return a;
    if (a.scale - scale > DECIMAL_DIGITS)
        return (struct decimal){0, scale};
    return (struct decimal){divide_half_even(a.coefficient, power_of_ten(a.scale - scale)), scale};
}

int decimal_sign(struct decimal a)
{
    return (a.coefficient > 0) - (a.coefficient < 0);
}

void decimal_to_bson(struct decimal a, bson_decimal128_t *out)
{
    uint128 c = magnitude(a.coefficient);
    out->low = (uint64_t)c;
    out->high = (uint64_t)(c >> 64) | (uint64_t)(EXPONENT_BIAS - a.scale) << EXPONENT_SHIFT;
    if (a.coefficient < 0)
        out->high |= UINT64_C(1) << 63;
}

bool decimal_from_bson(const bson_decimal128_t *in, struct decimal *out)
{
    const uint64_t coefficient_mask = (UINT64_C(1) << EXPONENT_SHIFT) - 1;
    struct decimal a;
    /* 11 in the two bits below the sign: NaN, infinity, or a coefficient too large to be canonical. */
    if ((in->high >> 61 & 3) == 3)
        return false;
    a.coefficient = (int128)((uint128)(in->high & coefficient_mask) << 64 | in->low);
    a.scale = EXPONENT_BIAS - (int)(in->high >> EXPONENT_SHIFT & 0x3fff);
    if (!fits(a.coefficient))
        return false;
    if (a.coefficient == 0) {
        *out = (struct decimal){0, 0};
        return true;
    }
    if (in->high >> 63)
        a.coefficient = -a.coefficient;
    if (!apply_exponent(&a, 0))
        return false;
    *out = a;
    return true;
}

size_t decimal_text(struct decimal a, char text[DECIMAL_TEXT_MAX])
{
    char digits[DECIMAL_TEXT_MAX];
    int n = 0;
    char *p = text;
    uint128 c;

    a = decimal_reduce(a);
    c = magnitude(a.coefficient);
    /* Least digit first, with zeros up to the place before the point. */
    while (c || n <= a.scale) {
        digits[n++] = (char)('0' + (int)(c % 10));
        c /= 10;
    }
    if (a.coefficient < 0)
        *p++ = '-';
    while (n) {
        if (n == a.scale)
            *p++ = '.';
        *p++ = digits[--n];
    }
    *p = '\0';
    return (size_t)(p - text);
}

double decimal_to_double(struct decimal a)
{
    /* Powers of ten up to this one are doubles themselves, so that the division rounds once, as it should. */
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int128 most = (int128)1 << 53;
    char text[DECIMAL_TEXT_MAX];
    a = decimal_reduce(a);
    if (a.scale <= 22 && a.coefficient >= -most && a.coefficient <= most)
        return (double)a.coefficient / powers[a.scale];
    decimal_text(a, text);
    return strtod(text, NULL);
}

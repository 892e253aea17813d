/* Exact decimal numbers: coefficient × 10^-scale, up to 34 digits, as many as Decimal128 holds.
 *
 * Money goes from CSV text to BSON and from BSON to JSON text through this type and never through a double.
 * Plain values, no memory, any thread. A function that returns bool says false when the exact result does not fit;
 * *out is then unchanged.
 * The encoding is the binary integer one of IEEE 754-2008 (BID), as BSON stores it:
 * https://github.com/mongodb/specifications/blob/master/source/bson-decimal128/decimal128.md */
#ifndef KPI_CORE_DECIMAL_H
#define KPI_CORE_DECIMAL_H

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 int128;

enum {
    DECIMAL_DIGITS = 34,
    DECIMAL_MAX_SCALE = 34, /* parsing and arithmetic keep 0 <= scale <= this */
    DECIMAL_TEXT_MAX = 80,  /* a buffer for decimal_text(), with the final NUL */
};

struct decimal {
    int128 coefficient;
    int scale;
};

/* How numbers are written: the decimal point, and the character that groups thousands (0: none). */
struct decimal_format {
    char point;
    char group;
};

struct decimal decimal_from_int(int64_t value);

/* Reads the whole of text[0..n): sign, digits, grouping, point, exponent ("1.5e3"). False when it is anything else:
 * empty, spaces, a stray character, groups that are not of three digits, more than 34 digits. */
bool decimal_parse(const char *text, size_t n, struct decimal_format format, struct decimal *out);

bool decimal_add(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out);

/* a / b rounded half to even to `scale` digits after the point. False when b is 0 or the result does not fit. */
bool decimal_divide(struct decimal a, struct decimal b, int scale, struct decimal *out);

/* a rounded half to even to `scale` digits after the point; unchanged where it has no more digits than that. */
struct decimal decimal_round(struct decimal a, int scale);

/* -1, 0 or 1. */
int decimal_sign(struct decimal a);

/* The nearest double, as strtod() would read it. */
double decimal_to_double(struct decimal a);

/* Without trailing zeros after the point: 5.10 becomes 5.1. The value is the same. */
struct decimal decimal_reduce(struct decimal a);

void decimal_to_bson(struct decimal a, bson_decimal128_t *out);

/* False for NaN, the infinities, and exponents that do not fit this type. */
bool decimal_from_bson(const bson_decimal128_t *in, struct decimal *out);

/* Writes a as plain digits without an exponent and without trailing zeros, a valid JSON number; returns its length. */
size_t decimal_text(struct decimal a, char text[DECIMAL_TEXT_MAX]);

#endif

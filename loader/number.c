#include "loader/number.h"

#include <string.h>

enum { NUMBER_BYTES_MOST = 120 };

const struct number_format number_plain = {'.', 0, 0};

/* What decimal_parse() is given once the text is in our own form. */
static const struct decimal_format canonical = {'.', ','};

/* The characters of more than a byte that group thousands. */
static const struct {
    char group;
    const char *bytes;
} wide_groups[] = {{' ', "\xc2\xa0"}, {' ', "\xe2\x80\xaf"}, {' ', "\xe2\x80\x89"}, {'\'', "\xe2\x80\x99"}};

/* The length of the group character at text, or 0. */
static size_t group_at(struct text text, char group)
{
    if (text.bytes[0] == group)
        return 1;
    for (size_t i = 0; i < sizeof wide_groups / sizeof wide_groups[0]; i++) {
        size_t n = strlen(wide_groups[i].bytes);
        if (wide_groups[i].group == group && text.n >= n && memcmp(text.bytes, wide_groups[i].bytes, n) == 0)
            return n;
    }
    return 0;
}

/* Writes the text with '.' for points and ',' for groups; what is neither, nor a digit, stays what it is, but never
 * becomes a point or a group by that. Returns the length, or 0 when it does not fit. */
static size_t normalise(struct text text, const struct number_format *format, char out[NUMBER_BYTES_MOST])
{
    size_t n = 0;
    while (text.n) {
        size_t group = format->group ? group_at(text, format->group) : 0, used = group ? group : 1;
        char c = text.bytes[0];
        if (n == NUMBER_BYTES_MOST)
            return 0;
        if (group)
            out[n++] = ',';
        else if (c == format->point || (format->other_point && c == format->other_point))
            out[n++] = '.';
        else
            out[n++] = c == '.' || c == ',' ? '?' : c;
        text.bytes += used;
        text.n -= used;
    }
    return n;
}

/* Whether the text would be a number if it had fewer digits. */
static bool is_long_number(struct text text, const struct number_format *format)
{
    size_t digits = 0;
    while (text.n) {
        size_t used = format->group ? group_at(text, format->group) : 0;
        char c = text.bytes[0];
        bool digit = c >= '0' && c <= '9';
        if (!used && !digit && c != format->point && c != '-' && c != '+')
            return false;
        digits += digit;
        text.bytes += used ? used : 1;
        text.n -= used ? used : 1;
    }
    return digits > DECIMAL_DIGITS;
}

static bool refuse(struct text text, const struct number_format *format, struct fault *fault)
{
    if (is_long_number(text, format))
        return fault_set(fault, REASON_BAD_NUMBER, text, "has more than %d digits", DECIMAL_DIGITS);
    if (format->other_point)
        return fault_set(fault, REASON_BAD_NUMBER, text, "is not a number with '%c' or '%c' as its decimal point",
                         format->point, format->other_point);
    return fault_set(fault, REASON_BAD_NUMBER, text, "is not a number with '%c' as its decimal point", format->point);
}

bool number_read(struct text text, const struct number_format *format, struct decimal *out, struct fault *fault)
{
    char bytes[NUMBER_BYTES_MOST];
    size_t n;
    if (!format->other_point && format->group != ' ' && format->group != '\'') {
        struct decimal_format simple = {format->point, format->group};
        return decimal_parse(text.bytes, text.n, simple, out) || refuse(text, format, fault);
    }
    n = normalise(text, format, bytes);
    return decimal_parse(bytes, n, canonical, out) || refuse(text, format, fault);
}

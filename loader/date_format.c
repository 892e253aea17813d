#include "loader/date_format.h"
#include "core/day.h"

#include <string.h>

/* What the letters of a format become. */
static const struct part {
    const char *text;
    char letter;
} parts[] = {
    {"YYYY", 'Y'}, {"SSS", 'f'}, {"MM", 'M'}, {"DD", 'D'}, {"HH", 'H'}, {"SS", 'S'}, {"M", 'm'}, {"D", 'd'}, {"H", 'h'},
};

enum { PART_COUNT = sizeof parts / sizeof parts[0] };

static char part_at(const char *text, size_t *n)
{
    for (int i = 0; i < PART_COUNT; i++) {
        *n = strlen(parts[i].text);
        if (strncmp(text, parts[i].text, *n) == 0)
            return parts[i].letter;
    }
    *n = 1;
    return 0;
}

bool date_format_compile(const char *text, struct date_format *format, struct error *err)
{
    char seen[128] = {0};
    size_t n;
    memset(format, 0, sizeof *format);
    for (const char *p = text; *p; p += n) {
        char letter = part_at(p, &n);
        if (format->count == DATE_PARTS_MOST) {
            error_set(err, ERROR_INVALID, "the date format '%s' is too long", text);
            return false;
        }
        if ((letter == 'M' || letter == 'm') && (seen['H'] || seen['h']))
            letter = letter == 'M' ? 'N' : 'n';
        format->literal[format->count] = !letter;
        format->parts[format->count++] = (unsigned char)(letter ? letter : *p);
        if (letter && seen[(int)letter]++) {
            error_set(err, ERROR_INVALID, "the date format '%s' names a part twice", text);
            return false;
        }
    }
    format->has_time = seen['H'] || seen['h'];
    if (!seen['Y'] || !(seen['M'] || seen['m']) || !(seen['D'] || seen['d'])) {
        error_set(err, ERROR_INVALID, "the date format '%s' lacks YYYY, a month (MM or M) or a day (DD or D)", text);
        return false;
    }
    return true;
}

/* Reads from `least` to `most` digits; false when there are fewer. */
static bool read_digits(const char **p, const char *end, int least, int most, int *out)
{
    int n = 0;
    *out = 0;
    for (; n < most && *p < end && **p >= '0' && **p <= '9'; n++)
        *out = *out * 10 + (*(*p)++ - '0');
    return n >= least;
}

/* Milliseconds of a fraction's digits, cut. */
static bool read_fraction(const char **p, const char *end, int *out)
{
    int digit, n = 0;
    *out = 0;
    while (read_digits(p, end, 1, 1, &digit))
        if (n++ < 3)
            *out = *out * 10 + digit;
    for (int i = n; i < 3; i++)
        *out *= 10;
    return n > 0;
}

static bool valid_day(int year, int month, int day)
{
    struct civil back;
    if (year < 1000 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    back = day_to_civil(day_from_civil(year, month, day));
    return back.month == month && back.day == day;
}

bool date_format_read(const struct date_format *format, struct text text, struct value *out)
{
    const char *p = text.bytes, *end = text.bytes + text.n;
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
    int64_t time;
    for (int i = 0; i < format->count; i++) {
        unsigned char part = format->parts[i];
        bool ok;
        if (format->literal[i]) {
            if (p == end || (unsigned char)*p++ != part)
                return false;
            continue;
        }
        switch (part) {
        case 'Y':
            ok = read_digits(&p, end, 4, 4, &year);
            break;
        case 'M':
        case 'm':
            ok = read_digits(&p, end, part == 'M' ? 2 : 1, 2, &month);
            break;
        case 'D':
        case 'd':
            ok = read_digits(&p, end, part == 'D' ? 2 : 1, 2, &day);
            break;
        case 'H':
        case 'h':
            ok = read_digits(&p, end, part == 'H' ? 2 : 1, 2, &hour);
            break;
        case 'N':
        case 'n':
            ok = read_digits(&p, end, part == 'N' ? 2 : 1, 2, &minute);
            break;
        case 'S':
            ok = read_digits(&p, end, 2, 2, &second);
            break;
        default:
            ok = read_fraction(&p, end, &ms);
        }
        if (!ok)
            return false;
    }
    if (p != end || !valid_day(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return false;
    time = day_to_ms(day_from_civil(year, month, day));
    out->type = format->has_time ? VALUE_TIME : VALUE_DAY;
    out->integer = time + ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

#include "loader/date_format.h"
#include "core/day.h"

#include <string.h>

/* What the letters of a format become. */
static const struct part {
    const char *text;
    char letter;
} parts[] = {
    {"YYYY", 'Y'}, {"SSS", 'f'}, {"MM", 'M'}, {"DD", 'D'},  {"HH", 'H'},     {"SS", 'S'},    {"M", 'm'},
    {"D", 'd'},    {"H", 'h'},   {"Z", 'z'},  {"UTC", 'u'}, {"+HH:MM", 'o'}, {"+HHMM", 'p'}, {"+HH", 'q'},
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

/* Whether the parts that were seen make a day, or a time of one. */
static bool fits_together(const struct date_format *format, const char *text, const char *seen, struct error *err)
{
    int zones = seen['z'] + seen['u'] + seen['o'] + seen['p'] + seen['q'];
    const char *wrong = NULL;
    if (!seen['Y'] || !(seen['M'] || seen['m']) || !(seen['D'] || seen['d']))
        wrong = "lacks YYYY, a month (MM or M) or a day (DD or D)";
    else if (zones > 1)
        wrong = "says its time zone twice";
    else if (!format->has_time && zones)
        wrong = "says a time zone but no hour";
    else if (!format->has_time && (seen['S'] || seen['f']))
        wrong = "says seconds but no hour";
    if (wrong)
        error_set(err, ERROR_INVALID, "the date format '%s' %s", text, wrong);
    return !wrong;
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
    format->has_zone = seen['z'] || seen['u'] || seen['o'] || seen['p'] || seen['q'];
    return fits_together(format, text, seen, err);
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
    int64_t found;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    found = day_from_civil(year, month, day);
    back = day_to_civil(found);
    return back.month == month && back.day == day && found >= day_least && found <= day_most;
}

/* The parts of a date and time as they are read. */
struct parts_read {
    int year, month, day, hour, minute, second, ms;
    int east; /* of Greenwich, in minutes */
};

static bool take(const char **p, const char *end, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(end - *p) < n || memcmp(*p, word, n) != 0)
        return false;
    *p += n;
    return true;
}

/* +05:30, -0300 or +01 by the part's letter; Z is none. */
static bool read_offset(char part, const char **p, const char *end, int *east)
{
    bool west = take(p, end, "-");
    int hours, minutes = 0;
    if (!west && !take(p, end, "+"))
        return take(p, end, "Z");
    if (!read_digits(p, end, 2, 2, &hours) || (part == 'o' && !take(p, end, ":")) ||
        (part != 'q' && !read_digits(p, end, 2, 2, &minutes)))
        return false;
    *east = (west ? -1 : 1) * (hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

static bool read_part(char part, const char **p, const char *end, struct parts_read *r)
{
    switch (part) {
    case 'Y':
        return read_digits(p, end, 4, 4, &r->year);
    case 'M':
    case 'm':
        return read_digits(p, end, part == 'M' ? 2 : 1, 2, &r->month);
    case 'D':
    case 'd':
        return read_digits(p, end, part == 'D' ? 2 : 1, 2, &r->day);
    case 'H':
    case 'h':
        return read_digits(p, end, part == 'H' ? 2 : 1, 2, &r->hour);
    case 'N':
    case 'n':
        return read_digits(p, end, part == 'N' ? 2 : 1, 2, &r->minute);
    case 'S':
        return read_digits(p, end, 2, 2, &r->second);
    case 'z':
        return take(p, end, "Z");
    case 'u':
        return take(p, end, "UTC");
    case 'o':
    case 'p':
    case 'q':
        return read_offset(part, p, end, &r->east);
    default:
        return read_fraction(p, end, &r->ms);
    }
}

bool date_format_read(const struct date_format *format, struct text text, struct value *out)
{
    const char *p = text.bytes, *end = text.bytes + text.n;
    struct parts_read r = {0};
    for (int i = 0; i < format->count; i++) {
        if (!format->literal[i]) {
            if (!read_part((char)format->parts[i], &p, end, &r))
                return false;
        } else if (p == end || (unsigned char)*p++ != format->parts[i]) {
            return false;
        }
    }
    if (p != end || !valid_day(r.year, r.month, r.day) || r.hour > 23 || r.minute > 59 || r.second > 59)
        return false;
    out->type = format->has_time ? VALUE_TIME : VALUE_DAY;
    out->integer = day_to_ms(day_from_civil(r.year, r.month, r.day)) +
                   ((r.hour * 60 + r.minute - r.east) * 60 + r.second) * INT64_C(1000) + r.ms;
    return true;
}

#include "loader/zone.h"
#include "core/day.h"
#include "loader/arena.h"
#include "loader/zone_names.h"
#include "loader/zone_rule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Zone files have a few kilobytes. The rule of a file is worked out for as long as requests may reach. */
enum { FILE_BYTES_MOST = 1 << 20, HEADER_BYTES = 44, LAST_YEAR = 2200 };

/* A time in which the offset stays the same, up to the next span. */
struct span {
    int64_t from;       /* UTC */
    int64_t offset;     /* east of Greenwich */
    int64_t until_wall; /* by its own clock */
};

struct zone {
    char *name;
    struct span *spans; /* in milliseconds; the first is from the beginning of time */
    size_t count, room;
};

/* The number of the first span that ends after that wall time. */
static size_t span_of_wall(const struct zone *zone, int64_t wall_ms)
{
    size_t low = 0, high = zone->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (wall_ms < zone->spans[middle].until_wall)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int64_t zone_to_utc(const struct zone *zone, int64_t wall_ms)
{
    size_t i;
    int64_t utc;
    if (!zone)
        return wall_ms;
    i = span_of_wall(zone, wall_ms);
    utc = wall_ms - zone->spans[i].offset;
    /* The clock went from the span before past this time. */
    return i && utc < zone->spans[i].from ? wall_ms - zone->spans[i - 1].offset : utc;
}

int64_t zone_to_wall(const struct zone *zone, int64_t utc_ms)
{
    size_t low = 0, high;
    if (!zone)
        return utc_ms;
    high = zone->count - 1;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        if (utc_ms < zone->spans[middle].from)
            high = middle - 1;
        else
            low = middle;
    }
    return utc_ms + zone->spans[low].offset;
}

const char *zone_name(const struct zone *zone)
{
    return zone ? zone->name : "UTC";
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->name);
    free(zone->spans);
    free(zone);
}

/* Starts a span in seconds. One at the same time takes the place of the last; one that changes nothing is none. */
static void add_span(struct zone *zone, int64_t from, int64_t offset)
{
    const int64_t far = INT64_C(1) << 50;
    from = from < -far ? -far : from > far ? far : from;
    if (zone->count > 1 && zone->spans[zone->count - 1].from >= from * 1000)
        zone->count--;
    if (zone->count && zone->spans[zone->count - 1].offset == offset * 1000)
        return;
    zone->spans = memory_grow(zone->spans, &zone->room, zone->count + 1, sizeof *zone->spans);
    zone->spans[zone->count++] = (struct span){.from = from * 1000, .offset = offset * 1000};
}

/* A part of the file that is read from front to back. */
struct bytes {
    const unsigned char *at;
    size_t left;
};

static bool skip(struct bytes *b, size_t n)
{
    if (b->left < n)
        return false;
    b->at += n;
    b->left -= n;
    return true;
}

static int64_t big_endian(const unsigned char *p, int n)
{
    uint64_t v = *p & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

/* What a header counts, in its order. */
struct counts {
    uint32_t universal, standard, leaps, times, types, letters;
};

static bool read_header(struct bytes *b, struct counts *counts)
{
    uint32_t *out[] = {&counts->universal, &counts->standard, &counts->leaps,
                       &counts->times,     &counts->types,    &counts->letters};
    const unsigned char *p = b->at;
    if (!skip(b, HEADER_BYTES) || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    for (size_t i = 0; i < 6; i++) {
        *out[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
        if (*out[i] > FILE_BYTES_MOST)
            return false;
    }
    return true;
}

/* The bytes of the block behind a header, with times of `size` bytes. */
static size_t block_bytes(const struct counts *c, size_t size)
{
    return c->times * (size + 1) + c->types * (size_t)6 + c->letters + c->leaps * (size + 4) + c->standard +
           c->universal;
}

/* *last: when the table ends. */
static bool read_table(struct zone *zone, struct bytes *b, int64_t *last)
{
    struct counts c;
    const unsigned char *times, *numbers, *types;
    if (!read_header(b, &c) || c.types == 0 || c.leaps || b->left < block_bytes(&c, 8))
        return false;
    times = b->at;
    numbers = times + (size_t)c.times * 8;
    types = numbers + c.times;
    *last = INT64_MIN;
    add_span(zone, *last, big_endian(types, 4));
    for (size_t i = 0; i < c.times; i++) {
        if (numbers[i] >= c.types)
            return false;
        *last = big_endian(times + 8 * i, 8);
        add_span(zone, *last, big_endian(types + (size_t)6 * numbers[i], 4));
    }
    return skip(b, block_bytes(&c, 8));
}

/* Adds the changes behind the end of the table. */
static bool read_rule(struct zone *zone, struct bytes *b, int64_t known)
{
    char text[128];
    struct zone_rule rule;
    const unsigned char *end = b->left > 1 && *b->at == '\n' ? memchr(b->at + 1, '\n', b->left - 1) : NULL;
    size_t n = end ? (size_t)(end - b->at) - 1 : 0;
    if (!end || n >= sizeof text)
        return false;
    memcpy(text, b->at + 1, n);
    text[n] = '\0';
    if (n == 0)
        return true;
    if (!zone_rule_parse(text, &rule))
        return false;
    for (int year = 1970; rule.has_summer && year <= LAST_YEAR; year++) {
        int64_t start = zone_rule_start(&rule, year), stop = zone_rule_end(&rule, year);
        if (start < stop && start > known)
            add_span(zone, start, rule.summer);
        if (stop > known)
            add_span(zone, stop, rule.standard);
        if (start >= stop && start > known)
            add_span(zone, start, rule.summer);
    }
    return true;
}

static bool read_zone(struct zone *zone, const unsigned char *bytes, size_t n)
{
    struct bytes b = {bytes, n};
    struct counts first; /* of the block with times of four bytes, which is passed over */
    int64_t last;
    if (!read_header(&b, &first) || !skip(&b, block_bytes(&first, 4)) || !read_table(zone, &b, &last) ||
        !read_rule(zone, &b, last))
        return false;
    for (size_t i = 0; i + 1 < zone->count; i++)
        zone->spans[i].until_wall = zone->spans[i + 1].from + zone->spans[i].offset;
    return true;
}

/* The whole file; NULL when there is none. */
static unsigned char *read_file(const char *name, size_t *n)
{
    char path[1024];
    unsigned char *bytes = NULL;
    ssize_t got = 0;
    int fd;
    snprintf(path, sizeof path, "%s/%s", zone_folder(), name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    bytes = memory_zeroed(1, FILE_BYTES_MOST);
    for (*n = 0; *n < FILE_BYTES_MOST; *n += (size_t)got) {
        got = read(fd, bytes + *n, FILE_BYTES_MOST - *n);
        if (got < 0 && errno == EINTR)
            got = 0;
        else if (got <= 0)
            break;
    }
    close(fd);
    if (got < 0) { /* a folder, such as America */
        free(bytes);
        return NULL;
    }
    return bytes;
}

struct zone *zone_open(const char *name, struct error *err)
{
    struct zone *zone = memory_zeroed(1, sizeof *zone);
    bool is_utc = strcmp(name, "UTC") == 0;
    size_t n = 0;
    unsigned char *bytes = !is_utc && zone_name_is_valid(name) ? read_file(name, &n) : NULL;
    bool ok = is_utc || bytes;
    zone->name = memory_zeroed(strlen(name) + 1, 1);
    memcpy(zone->name, name, strlen(name));
    if (!ok)
        zone_unknown(name, err);
    else if (is_utc)
        add_span(zone, INT64_MIN, 0);
    else if (!read_zone(zone, bytes, n)) {
        error_set(err, ERROR_INVALID, "%s/%s is no zone file of this age, or damaged; install the package tzdata again",
                  zone_folder(), name);
        ok = false;
    }
    free(bytes);
    if (ok)
        return zone;
    zone_free(zone);
    return NULL;
}

bool zone_exists(const char *name, struct error *err)
{
    struct zone *zone = zone_open(name, err);
    zone_free(zone);
    return zone;
}

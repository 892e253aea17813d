#include "server/exposition.h"

#include <stdio.h>

static const uint64_t bounds_us[HISTOGRAM_BUCKETS] = {100,    500,    1000,   5000,    10000,   50000,
                                                      100000, 250000, 500000, 1000000, 5000000, 10000000};

static uint64_t get(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static double seconds(uint64_t microseconds)
{
    return (double)microseconds / 1e6;
}

void histogram_add(struct histogram *histogram, uint64_t microseconds)
{
    size_t bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS && microseconds > bounds_us[bucket])
        bucket++;
    __atomic_fetch_add(&histogram->buckets[bucket], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&histogram->microseconds, microseconds, __ATOMIC_RELAXED);
}

void expose_family(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void expose_label_text(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            buffer_text(out, "\\n");
        else if (*text == '"' || *text == '\\')
            buffer_printf(out, "\\%c", *text);
        else
            buffer_char(out, *text);
    }
}

/* The sample's name with its labels, and the space before its value. bound: of a bucket, or NULL. */
static void start_sample(struct buffer *out, const char *name, const char *suffix, const struct label *label,
                         const char *bound)
{
    buffer_printf(out, "%s%s", name, suffix);
    if (label) {
        buffer_printf(out, "{%s=\"", label->name);
        expose_label_text(out, label->value);
        buffer_char(out, '"');
    }
    if (bound)
        buffer_printf(out, "%sle=\"%s\"", label ? "," : "{", bound);
    buffer_text(out, label || bound ? "} " : " ");
}

void expose_number(struct buffer *out, const char *name, const struct label *label, int64_t value)
{
    start_sample(out, name, "", label, NULL);
    buffer_int(out, value);
    buffer_char(out, '\n');
}

void expose_seconds(struct buffer *out, const char *name, const struct label *label, double value)
{
    start_sample(out, name, "", label, NULL);
    buffer_printf(out, "%.6f\n", value);
}

void expose_histogram(struct buffer *out, const char *name, const struct label *label,
                      const struct histogram *histogram)
{
    uint64_t total = 0;
    for (size_t b = 0; b <= HISTOGRAM_BUCKETS; b++) {
        char bound[32] = "+Inf";
        if (b < HISTOGRAM_BUCKETS)
            snprintf(bound, sizeof bound, "%g", seconds(bounds_us[b]));
        total += get(&histogram->buckets[b]);
        start_sample(out, name, "_bucket", label, bound);
        buffer_printf(out, "%llu\n", (unsigned long long)total);
    }
    start_sample(out, name, "_sum", label, NULL);
    buffer_printf(out, "%.6f\n", seconds(get(&histogram->microseconds)));
    start_sample(out, name, "_count", label, NULL);
    buffer_printf(out, "%llu\n", (unsigned long long)total);
}

void expose_gauge(struct buffer *out, const char *name, const char *help, int64_t value)
{
    expose_family(out, name, "gauge", help);
    expose_number(out, name, NULL, value);
}

void expose_counter(struct buffer *out, const char *name, const char *help, uint64_t value)
{
    expose_family(out, name, "counter", help);
    expose_number(out, name, NULL, (int64_t)value);
}

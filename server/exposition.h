/* Prometheus' text format 0.0.4: families of samples, each told with its type and a sentence before its first sample.
 *
 * Names follow its conventions: base units (_seconds, _bytes), _total behind what only grows. */
#ifndef KPI_SERVER_EXPOSITION_H
#define KPI_SERVER_EXPOSITION_H

#include "core/buffer.h"

/* How long things took. Counted with atomic operations, by any thread; zeroed, it has counted nothing. */
enum { HISTOGRAM_BUCKETS = 12 };

struct histogram {
    uint64_t buckets[HISTOGRAM_BUCKETS + 1]; /* the last has no bound */
    uint64_t microseconds;
};

void histogram_add(struct histogram *histogram, uint64_t microseconds);

/* A label and its value, which may hold any text. */
struct label {
    const char *name, *value;
};

/* Says what the samples that follow are: type is "counter", "gauge" or "histogram", help a sentence. */
void expose_family(struct buffer *out, const char *name, const char *type, const char *help);

/* A sample of the family with one label, or with none (NULL). */
void expose_number(struct buffer *out, const char *name, const struct label *label, int64_t value);
void expose_seconds(struct buffer *out, const char *name, const struct label *label, double value);
void expose_histogram(struct buffer *out, const char *name, const struct label *label,
                      const struct histogram *histogram);

/* Appends text as what stands between the quotes of a label. */
void expose_label_text(struct buffer *out, const char *text);

/* A family of one sample without labels. */
void expose_gauge(struct buffer *out, const char *name, const char *help, int64_t value);
void expose_counter(struct buffer *out, const char *name, const char *help, uint64_t value);

#endif

/* A validated request for one KPI: the range, the filters, the order of rows, all checked and typed.
 *
 * The strings of a query belong to the raw parameters it was made from, which must live as long. Plain values
 * otherwise. */
#ifndef KPI_CORE_QUERY_H
#define KPI_CORE_QUERY_H

#include "core/buffer.h"
#include "core/catalog.h"
#include "core/dataset.h"

/* A parameter as it came, percent-decoded. */
struct raw_parameter {
    const char *name;
    const char *value; /* NULL where the request has no = */
};

/* More than any answer has, and one less than a number that a pipeline takes. */
enum { LIMIT_NONE = INT32_MAX - 1 };

struct filter_value {
    const struct parameter *parameter;
    const char *value;
};

struct query {
    const struct definition *definition;
    bool has_from, has_to; /* a bound that was asked for, by from, to, period or as_of */
    int64_t from, to;
    int64_t to_asked; /* the end before as_of cut it, where has_to; compare goes by it */
    enum period period;
    bool has_as_of;
    int64_t as_of;
    enum comparison compare;
    enum granularity granularity;
    enum format format;
    bool explain;
    int64_t parse_us; /* how long it took to read the request */
    size_t sort;      /* a column; column_count: no order of its own */
    bool descending;
    int32_t limit; /* LIMIT_NONE: every row */
    int32_t offset;
    struct filter_value filters[FILTER_VALUES_MOST]; /* in the order of the parameter table, then of the values */
    size_t filter_count;
};

/* Which parameter is wrong, for the answer. */
struct parameter_error {
    char parameter[64];
    char value[128];
    char detail[256];
    char accepted[400];
};

/* Fills *why: raw is wrong, what would be right, and a sentence (printf format). Always false, to return at once. */
bool parameter_refuse(struct parameter_error *why, const struct raw_parameter *raw, const char *accepted,
                      const char *detail, ...) __attribute__((format(printf, 4, 5)));

/* The same for a text that is empty, or longer than VALUE_BYTES_MOST. */
bool parameter_refuse_text(struct parameter_error *why, const struct raw_parameter *raw, int least);

/* Reads raw as a whole number without sign or spaces from least to most; false, with *why, when it is none. */
bool parameter_int(const struct raw_parameter *raw, long least, long most, int32_t *out, struct parameter_error *why);

/* Checks raw[0..count) against what the definition takes. dataset tells the newest day, from which period counts back.
 * False: *why says what is wrong. */
bool query_parse(struct query *query, const struct definition *definition, const struct dataset *dataset,
                 const struct raw_parameter *raw, size_t count, struct parameter_error *why);

/* The same for a request whose headers ask for a form: it is the one unless the parameter format says another. */
bool query_parse_as(enum format format, struct query *query, const struct definition *definition,
                    const struct dataset *dataset, const struct raw_parameter *raw, size_t count,
                    struct parameter_error *why);

/* Appends the parameters in effect as one JSON object. Two requests that mean the same give the same text. */
void query_json(const struct query *query, struct buffer *out);

#endif

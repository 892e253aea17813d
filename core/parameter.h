/* The parameters that a KPI can take: one table from which come their validation, their documentation and their place
 * in the OpenAPI document. A definition lists those it takes by name. Constant data, any thread. */
#ifndef KPI_CORE_PARAMETER_H
#define KPI_CORE_PARAMETER_H

#include "core/day.h"
#include <stddef.h>

enum parameter_kind {
    PARAMETER_FROM,
    PARAMETER_TO,
    PARAMETER_PERIOD,
    PARAMETER_AS_OF,
    PARAMETER_COMPARE, /* every KPI with a range takes it, without naming it */
    PARAMETER_FILTER,  /* exact match on the dimension of the same name; repeatable, any of the values */
    PARAMETER_GRANULARITY,
    PARAMETER_SORT,
    PARAMETER_LIMIT,
    PARAMETER_OFFSET,
    PARAMETER_FORMAT,  /* every KPI takes this */
    PARAMETER_EXPLAIN, /* and this, without naming them */
};

struct parameter {
    const char *name;
    enum parameter_kind kind;
    const char *example;
    const char *text; /* a sentence for people */
};

extern const struct parameter parameters[];
extern const size_t parameter_count;

/* The parameter of that name, or NULL. */
const struct parameter *parameter_find(const char *name);

enum {
    LIMIT_LEAST = 1,
    LIMIT_MOST = 10000,
    LIMIT_STREAM_MOST = 1000000, /* in the forms that are sent row by row */
    OFFSET_MOST = 10000000,
    FILTER_VALUES_MOST = 100, /* of all filters of one request together */
    /* Of a value that orders are filtered by: what is loaded, what menus offer and what requests say has at most so
     * many. Percent-encoded it is three times as long, and fits a URI. */
    VALUE_BYTES_MOST = 1024,
};

/* The forms of an answer. JSON is made whole; the others are rows alone, sent while they are read. */
enum format { FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON, FORMAT_COUNT };

extern const char *const format_names[FORMAT_COUNT];

/* The ranges that a range can be compared with. */
enum comparison { COMPARE_NONE = -1, COMPARE_PREVIOUS_PERIOD, COMPARE_PREVIOUS_YEAR, COMPARE_COUNT };

extern const char *const comparison_names[COMPARE_COUNT];

/* The periods that can be asked for by name, counted back from a day. */
enum period {
    PERIOD_NONE = -1,
    PERIOD_LAST_7_DAYS,
    PERIOD_LAST_30_DAYS,
    PERIOD_LAST_90_DAYS,
    PERIOD_THIS_MONTH,
    PERIOD_LAST_MONTH,
    PERIOD_THIS_QUARTER,
    PERIOD_LAST_QUARTER,
    PERIOD_THIS_YEAR,
    PERIOD_LAST_YEAR,
    PERIOD_ALL,
    PERIOD_COUNT
};

extern const char *const period_names[PERIOD_COUNT];

/* First and last day of a named period seen from the day as_of; "this" periods end on as_of. Not for PERIOD_ALL. */
void period_range(enum period period, int64_t as_of, int64_t *first, int64_t *last);

#endif

/* Queries from the text of a request, for unit tests. */
#ifndef KPI_TESTS_REQUEST_H
#define KPI_TESTS_REQUEST_H

#include "core/query.h"
#include "tests/unit/unit.h"

enum { REQUEST_PARAMETERS_MOST = 200, REQUEST_BYTES_MOST = 60000 };

static inline int64_t day_of(const char *text)
{
    int64_t first, last;
    ck_assert_msg(day_parse(text, &first, &last), "%s is no day", text);
    return first;
}

/* Data from first to last. */
static inline struct dataset dataset_of(const char *first, const char *last)
{
    return (struct dataset){
        .loaded = true, .has_days = true, .first_day = day_of(first), .last_day = day_of(last), .version = 7};
}

/* Parses "name=value&name=value"; a name without = has no value. No decoding: values hold no & here. The query points
 * into memory of this function: one request at a time. */
static inline bool request_parse(struct query *query, const struct definition *definition,
                                 const struct dataset *dataset, const char *text, struct parameter_error *why)
{
    static char bytes[REQUEST_BYTES_MOST];
    static struct raw_parameter raw[REQUEST_PARAMETERS_MOST];
    size_t count = 0;
    char *rest = NULL;
    snprintf(bytes, sizeof bytes, "%s", text);
    for (char *p = strtok_r(bytes, "&", &rest); p; p = strtok_r(NULL, "&", &rest)) {
        char *equals = strchr(p, '=');
        ck_assert_uint_lt(count, REQUEST_PARAMETERS_MOST);
        if (equals)
            *equals = '\0';
        raw[count++] = (struct raw_parameter){p, equals ? equals + 1 : NULL};
    }
    *why = (struct parameter_error){.parameter = "?"};
    return query_parse(query, definition, dataset, raw, count, why);
}

/* The same for a request that is good. */
static inline struct query request_of(const struct definition *definition, const struct dataset *dataset,
                                      const char *text)
{
    struct query query;
    struct parameter_error why;
    ck_assert_msg(request_parse(&query, definition, dataset, text, &why), "%s: %s: %s", text, why.parameter,
                  why.detail);
    return query;
}

/* The shipped definitions. */
static inline struct catalog *shipped_catalog(void)
{
    struct error err = {0};
    struct catalog *catalog = catalog_load("pipelines", &err);
    ck_assert_msg(catalog != NULL, "%s", err.message);
    return catalog;
}

#endif

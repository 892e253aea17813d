/* The shipped catalogue, and the parameters of a request made of bytes, for targets. */
#ifndef KPI_TESTS_FUZZ_REQUEST_H
#define KPI_TESTS_FUZZ_REQUEST_H

#include "core/query.h"
#include "core/rollup.h"
#include "tests/fuzz/fuzz.h"

/* As a request may have, and some more. */
enum { FUZZ_PARAMETERS_MOST = 210 };

struct fuzz_parameters {
    char *text; /* owns the others */
    struct raw_parameter list[FUZZ_PARAMETERS_MOST];
    size_t count;
    bool refused; /* the server refuses such a request before it looks at its parameters */
};

/* Read once; it lives as long as the program. */
static inline const struct catalog *fuzz_catalog(void)
{
    static struct catalog *catalog;
    struct error err = {0};
    if (!catalog)
        catalog = catalog_load("pipelines", &err);
    fuzz_require(catalog, "%s", err.message);
    return catalog;
}

static inline const struct definition *fuzz_definition(unsigned number)
{
    return fuzz_catalog()->definitions[number % fuzz_catalog()->definition_count];
}

static inline int fuzz_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Undoes %XX and +, in place; an escape that is none stays, as the library has it. */
static inline void fuzz_decode(char *text)
{
    char *to = text;
    for (const char *p = text; *p; p++) {
        int high = *p == '%' ? fuzz_digit(p[1]) : -1, low = high >= 0 ? fuzz_digit(p[2]) : -1;
        if (low >= 0) {
            *to++ = (char)(high * 16 + low);
            p += 2;
        } else {
            *to++ = *p == '+' ? ' ' : *p;
        }
    }
    *to = '\0';
}

/* Reads "name=value&name&…" as the HTTP library does, and holds the request to what the server asks of every one. */
static inline void fuzz_parameters_read(struct fuzz_parameters *sent, struct bytes query)
{
    char *rest = NULL;
    sent->count = 0;
    sent->text = bytes_text(query);
    sent->refused = strlen(sent->text) != query.n || strstr(sent->text, "%00");
    for (char *p = strtok_r(sent->text, "&", &rest); p; p = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(p, '=');
        if (sent->count == FUZZ_PARAMETERS_MOST)
            break;
        if (value)
            *value++ = '\0';
        fuzz_decode(p);
        if (value)
            fuzz_decode(value);
        sent->refused = sent->refused || !bson_utf8_validate(p, strlen(p), false) ||
                        (value && !bson_utf8_validate(value, strlen(value), false));
        sent->list[sent->count++] = (struct raw_parameter){p, value};
    }
}

/* Data of some years, of none, or of one day; with those rollups that the bits say. */
static inline struct dataset fuzz_dataset(unsigned kind, uint64_t rollups)
{
    const struct catalog *catalog = fuzz_catalog();
    struct dataset dataset = {
        .loaded = true, .version = 7, .has_days = kind % 4 != 1, .currency = "EUR", .timezone = "UTC"};
    dataset.first_day = kind % 4 == 2 ? day_least : 16000;
    dataset.last_day = kind % 4 == 2 ? day_most : kind % 4 == 3 ? 16000 : 17500;
    for (int i = 0; i < FEATURE_COUNT; i++)
        dataset.has[i] = kind & 4;
    for (size_t i = 0; i < catalog->rollup_count && dataset.has_days; i++) {
        struct dataset_rollup *rollup = &dataset.rollups[dataset.rollup_count];
        if (!(rollups >> i % 64 & 1))
            continue;
        snprintf(rollup->hash, sizeof rollup->hash, "%s", catalog->rollups[i]->hash);
        rollup->build = 1;
        rollup->rows = (int64_t)i;
        dataset.rollup_count++;
    }
    return dataset;
}

#endif

/* A rollup: sums of counted orders by day, month or over all days and by the values of some dimensions, which the
 * loader keeps in a collection of the rollup's name and the planner takes instead of the orders themselves.
 *
 * A file of pipelines/rollup declares one: grain, dimensions, measures. Where a dimension or a measure is found in an
 * order is what the base sources say.
 *
 * What is stored: a document holds rows of one day (of one month, of all days); where there are many rows, of several.
 *   day       the day, or the first of the month; not there where the grain is all
 *   build     the number under which this rollup was built from nothing (int64): see below
 *   from, to  the data versions that show it: from <= version < to (int64; INT64_MAX while it is current)
 *   rows      a list of {field: value, …}: a dimension under its field's name, a measure under its own
 * A measure is the sum of what is not null, null where all are; orders counts the distinct orders of a row, products
 * adds up the distinct products of each order within the row. A rollup with a dimension inside items leaves out orders
 * that have none; any other counts those too.
 *
 * The document of DATASET_ID lists the rollups that are whole at its version, as rollups.NAME: {hash, build, rows}: a
 * reader takes only a listed one whose hash is that of its own file, and of it only documents of the listed build.
 * So a rollup that is built from nothing lies beside the one that is in use, and a reader who has not yet seen the new
 * list goes on reading the old one. */
#ifndef KPI_CORE_ROLLUP_H
#define KPI_CORE_ROLLUP_H

#include "core/catalog.h"
#include "core/hash.h"

enum rollup_grain { ROLLUP_DAY, ROLLUP_MONTH, ROLLUP_ALL, ROLLUP_GRAIN_COUNT };

extern const char *const rollup_grain_names[ROLLUP_GRAIN_COUNT]; /* "day", "month", "all" */

/* How the measure of a row is made of the orders, or of the lines of an order, that belong to it. */
enum rollup_sum {
    ROLLUP_SUM,     /* the sum of what stands at the path */
    ROLLUP_ORDERS,  /* the number of distinct orders */
    ROLLUP_PRODUCTS /* for each order its distinct products within the row; outside of items what its path says */
};

struct rollup_measure {
    const char *name;
    const char *path; /* in an order; where in_items, in one of its lines behind "items."; NULL where only counted */
    enum rollup_sum sum;
};

/* Lines of one order that have the same product have the same category: what is determined need not be told apart when
 * orders are counted. A loader that finds it otherwise does not list the rollup. */
struct rollup_determines {
    size_t by, dimension; /* positions in dimensions */
};

struct rollup {
    const char *name; /* of the file without .json, and of the collection */
    const char *title;
    enum rollup_grain grain;
    struct field *dimensions; /* path: in an order, such as region or items.category; field: what rows call it */
    size_t dimension_count;
    struct rollup_measure *measures;
    size_t measure_count;
    bool in_items;               /* one of the dimensions is: rows are made of lines */
    const char *items;           /* then the list that they are in: "items" */
    const struct rollup *parent; /* added up from that one, which is before it in the catalogue; NULL: from orders */
    struct rollup_determines *determines;
    size_t determine_count;
    char hash[HASH_TEXT_MAX]; /* of the name and all that says what is stored, the parent's included */
    struct source source;     /* what the planner sees: paths are those of its own documents once unwound */
    json_t *json;             /* owns the strings above, but for name */
};

enum { ROLLUPS_MOST = 32 }; /* each costs time at every load */

/* What a file declares, with the places of dimensions and measures from the sources, which must outlive it. NULL when
 * something was added to mistakes. Takes the reference to json; name is copied. The caller frees. */
struct rollup *rollup_parse(json_t *json, const char *name, struct source *const *sources, size_t source_count,
                            struct mistakes *mistakes);
void rollup_free(struct rollup *rollup); /* NULL is fine */

/* Finds the parent that its file names among others (NULL for one that could not be used), which must outlive it; the
 * finer ones have found theirs. False when it has none to be added up from: that is added. */
bool rollup_link(struct rollup *rollup, struct rollup *const *others, size_t count, struct mistakes *mistakes);

/* Works out its hash from what it is now; rollup_parse() and rollup_link() do. */
bool rollup_hash(struct rollup *rollup, struct mistakes *mistakes);

/* By grain, finest first, so that a parent is before what is added up from it; then by name. For qsort(). */
int rollup_compare(const void *a, const void *b);

/* The dimension inside items that keeps rows from being added up where orders are counted, since an order may be in
 * several of them: one that is neither fixed nor determined by one that is. NULL where there is none. */
typedef bool rollup_is_fixed(const char *dimension, const void *context);
const struct field *rollup_counts_twice(const struct rollup *rollup, rollup_is_fixed *is_fixed, const void *context);

/* Whether the measure counts something of which rows may hold the same one twice. */
bool rollup_measure_counts(const char *measure);

#endif

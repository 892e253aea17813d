/* What is known of the loaded data as a whole: the document that the loader writes last, when all else is in place.
 * Plain values; copy them freely. */
#ifndef KPI_CORE_DATASET_H
#define KPI_CORE_DATASET_H

#include "core/error.h"
#include <mongoc/mongoc.h>

#define DATASET_COLLECTION "meta"
#define DATASET_ID         "data"
#define DATASET_WRITING    "writing"
#define DATASET_HOLDER     "holder"

/* What the sources of the data may or may not have told. */
enum feature {
    FEATURE_COST,
    FEATURE_DISCOUNT,
    FEATURE_HOUR,
    FEATURE_PAYMENTS,
    FEATURE_REVIEWS,
    FEATURE_SELLERS,
    FEATURE_DELIVERY,
    FEATURE_ESTIMATES,
    FEATURE_DISTANCES,
    FEATURE_CUSTOMERS,
    FEATURE_POINTS,
    FEATURE_FREIGHT,
    FEATURE_REGIONS,
    FEATURE_COUNTRIES,
    FEATURE_STATES,
    FEATURE_CITIES,
    FEATURE_SEGMENTS,
    FEATURE_CATEGORIES,
    FEATURE_SUBCATEGORIES,
    FEATURE_COUNT
};

extern const char *const feature_names[FEATURE_COUNT];

/* A sentence for `notes`: what an answer lacks when the data has no such feature. */
extern const char *const feature_notes[FEATURE_COUNT];

/* Whoever keeps answers may take the document that he has read for the newest for so long after he began to read it.
 * Whoever writes it waits as long before he says that he is done: then nobody answers with what was before. That there
 * are no data is not taken for the newest at all, so that the first load need not wait. */
enum { DATASET_LEASE_MS = 250 };

/* A rollup that is whole at the version of the data: see rollup.h. */
struct dataset_rollup {
    char hash[33]; /* of its declaration */
    int64_t build;
    int64_t rows;
};

enum { DATASET_ROLLUPS_MOST = 32 };

struct dataset {
    bool loaded;     /* false: nothing has been loaded yet, and the rest says nothing */
    bool writing;    /* a load changes orders in place, or ended in the midst of it: what rollups do not hold is of two
                      * versions until it, or the next load, publishes its own */
    int64_t version; /* grows with every load that changed something */
    int64_t first_day, last_day;
    bool has_days;     /* there is an order at all */
    int64_t loaded_ms; /* when that version was written, in milliseconds since 1970; 0: not told */
    char currency[8];
    char timezone[64];
    bool has[FEATURE_COUNT]; /* also of what the loader that wrote the document did not look for */
    uint64_t print; /* a hash of all but `writing`, `holder` and the rollups: with another one answers may be others */
    struct dataset_rollup rollups[DATASET_ROLLUPS_MOST];
    size_t rollup_count;
    int64_t read_us; /* when its reading began, by the stopwatch */
};

/* The rollup of that declaration, or NULL where it is not there to be read. */
const struct dataset_rollup *dataset_rollup(const struct dataset *dataset, const char *hash);

/* Reads the document. A database without one is no error: then loaded is false. So it is while the first load runs, and
 * the document has nothing but that load's mark. */
bool dataset_read(mongoc_client_t *client, const char *database, struct dataset *out, struct error *err);

#endif

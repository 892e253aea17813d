/* Answering a query: planned, run, and rendered as the JSON of the HTTP contract, or kept as BSON. */
#ifndef KPI_CORE_ANSWER_H
#define KPI_CORE_ANSWER_H

#include "core/costed.h"
#include "core/plan.h"
#include <mongoc/mongoc.h>

struct answer_limits {
    int64_t timeout_ms; /* maxTimeMS of the pipeline */
    size_t max_bytes;   /* of the rendered answer; more is ERROR_TOO_LARGE */
};

/* Appends the whole body of the answer to out. With false out is to be thrown away. *dirty: as in struct answer; then a
 * note says so. */
bool answer_json(mongoc_client_t *client, const char *database, const struct catalog *catalog,
                 const struct query *query, const struct dataset *dataset, const struct answer_limits *limits,
                 struct buffer *out, bool *dirty, struct error *err);

/* An answer that is read row by row, by what renders it. */
struct answer {
    mongoc_client_t *client;
    const char *database;
    const struct query *query;
    const struct dataset *dataset;
    struct plan plan;
    mongoc_cursor_t *cursor; /* NULL: nothing has been loaded yet, and there are no rows */
    int32_t rows;            /* handed out so far */
    bool more;               /* there are rows beyond the limit */
    bool dirty;              /* known behind the last row: it may hold writes of a load that was not published, so that
                              * it is of no version, and is not to be kept */
    struct costed costed;    /* of the rows handed out */
    int64_t plan_us, database_us,
        render_us; /* the time that each part has taken; rendering is its reader's to measure */
};

/* Plans and starts. Whether or not it succeeds, the caller ends with answer_release(). */
bool answer_start(struct answer *answer, mongoc_client_t *client, const char *database, const struct catalog *catalog,
                  const struct query *query, const struct dataset *dataset, int64_t timeout_ms, struct error *err);

/* The next row, as long as the answer lives and no other is asked for; NULL behind the last. False: err says why there
 * are no more. ERROR_CHANGED: loads have done away with rows of a rollup meanwhile, and what was read is of no use. */
bool answer_next(struct answer *answer, const bson_t **row, struct error *err);
void answer_release(struct answer *answer);

/* Why the answer has less than one might expect: what the data lack, a range beyond them, orders that do not count.
 * Sentences, constants. Returns how many. What only the rows tell, as `costed` of an answer, is not among them. */
enum { ANSWER_NOTES_MOST = FEATURE_COUNT + 2 };
size_t answer_notes(const struct query *query, const struct dataset *dataset, const char *notes[ANSWER_NOTES_MOST]);

/* Appends to `out` what answer_json() says, as BSON with the types that the database gave: parameters, currency,
 * last_day, source, data, and notes where there are some. A column that a row lacks is null. */
bool answer_document(mongoc_client_t *client, const char *database, const struct catalog *catalog,
                     const struct query *query, const struct dataset *dataset, int64_t timeout_ms, bson_t *out,
                     struct error *err);

#endif

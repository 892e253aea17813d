/* Answering a query: planned, run, and rendered as the JSON of the HTTP contract. */
#ifndef KPI_CORE_ANSWER_H
#define KPI_CORE_ANSWER_H

#include "core/plan.h"
#include <mongoc/mongoc.h>

struct answer_limits {
    int64_t timeout_ms; /* maxTimeMS of the pipeline */
    size_t max_bytes;   /* of the rendered answer; more is ERROR_TOO_LARGE */
};

/* Appends the whole body of the answer to out. With false out is to be thrown away. */
bool answer_json(mongoc_client_t *client, const char *database, const struct catalog *catalog,
                 const struct query *query, const struct dataset *dataset, const struct answer_limits *limits,
                 struct buffer *out, struct error *err);

#endif

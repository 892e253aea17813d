/* The rows of an answer as lines of CSV or NDJSON: gathered while they are few, else written into a stream while they
 * are read. One thread. */
#ifndef KPI_SERVER_ROWS_H
#define KPI_SERVER_ROWS_H

#include "core/answer.h"
#include "server/gzip.h"
#include "server/stream.h"

struct rows {
    const struct query *query;
    struct buffer text; /* what has been read and not sent */
    /* Where they go; stream NULL: they are gathered. */
    struct stream *stream;
    struct gzip *gzip; /* NULL: bytes go as they are; freed with the rows */
    bool gone;         /* nobody reads the stream any more */
    /* of rows.c */
    struct buffer compressed;
};

/* Begins with what stands before the rows, and with the row of nothing where the first that was read is NULL and there
 * has to be one. */
void rows_start(struct rows *rows, const struct query *query, const bson_t *first);
void rows_release(struct rows *rows);

/* Appends *row, which has been read, and those behind it to the text, up to the last, or until it is longer than most:
 * then *row has been read and is the next. False: err says why there are no more. */
bool rows_gather(struct rows *rows, struct answer *answer, const bson_t **row, size_t most, struct error *err);

/* Sends the text, *row and all behind it into the stream. False when it is not whole: err says why, or nobody reads. */
bool rows_send(struct rows *rows, struct answer *answer, const bson_t *row, struct error *err);

#endif

#include "core/log.h"
#include "server/flight.h"
#include "server/form.h"
#include "server/kpi_job.h"
#include "server/kpi_kept.h"
#include "server/rows.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void kpi_name_file(const struct query *query, const struct dataset *dataset, char *out, size_t room)
{
    char from[DAY_TEXT_MAX], to[DAY_TEXT_MAX];
    size_t n;
    snprintf(out, room - sizeof from - sizeof to - 16, "%s", query->definition->name);
    for (char *p = out; *p; p++) /* it stands in a header, between quotes */
        if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
            *p = '_';
    n = strlen(out);
    if (dataset->has_days || (query->has_from && query->has_to)) {
        day_text(query->has_from ? query->from : dataset->first_day, from);
        day_text(query->has_to ? query->to : dataset->last_day, to);
        n += (size_t)snprintf(out + n, room - n, "_%s_%s", from, to);
    }
    snprintf(out + n, room - n, ".%s", forms[query->format].extension);
}

static void log_break(const struct rows *rows, const struct error *err)
{
    const char *kpi = rows->query->definition->name;
    struct stream_reader reader;
    stream_describe_reader(rows->stream, &reader);
    if (reader.slow)
        log_event(LOG_WARN, "an answer was cut off, its client took it too slowly", LOG_STR("kpi", kpi),
                  LOG_STR("client", reader.address), LOG_INT("bytes", reader.taken));
    else if (rows->gone)
        log_event(LOG_DEBUG, "a client left before the end of its answer", LOG_STR("kpi", kpi));
    else
        log_event(LOG_WARN, "an answer was cut off", LOG_STR("kpi", kpi),
                  LOG_STR("reason", err->kind ? err->message : "out of memory"));
}

/* All that is left, to who reads the stream. False: it is not whole, which was logged. */
static bool send_rows(struct rows *rows, struct answer *answer, const bson_t *row, struct error *err)
{
    bool whole = rows_send(rows, answer, row, err);
    if (!whole)
        log_break(rows, err);
    return whole;
}

static void describe(struct response *response, const struct query *query, const struct dataset *dataset)
{
    response->status = HTTP_OK;
    response->content_type = forms[query->format].content_type;
    response->vary = kpi_vary;
    kpi_name_file(query, dataset, response->file_name, sizeof response->file_name);
}

/* The stream that the rows go to, or NULL. */
static struct stream *open_stream(struct server *server, struct rows *rows, bool gzip)
{
    rows->stream = stream_new(STREAM_ROOM);
    if (rows->stream)
        stream_set_pace(rows->stream, &server->config.pace);
    rows->gzip = gzip ? gzip_new() : NULL;
    if (rows->stream && (rows->gzip || !gzip))
        return rows->stream;
    if (rows->stream) {
        stream_end(rows->stream, false);
        stream_close(rows->stream);
    }
    return NULL;
}

/* Answers with the stream; the rows follow. */
static bool answer_with_stream(struct kpi_job *kpi, struct rows *rows)
{
    struct response *response = &kpi->job.response;
    kpi->stream = open_stream(kpi->server, rows, kpi->job.gzip);
    if (!kpi->stream) {
        response_problem(response, HTTP_INTERNAL_ERROR, "Out of memory.");
        return false;
    }
    describe(response, &kpi->query, &kpi->dataset);
    response->encoding = rows->gzip ? "gzip" : NULL;
    response->stream = kpi->stream;
    return workers_answer(&kpi->job);
}

void kpi_stream(struct kpi_job *kpi, mongoc_client_t *client)
{
    uint64_t started = server_now_us();
    struct answer answer;
    struct rows rows;
    struct error err = {0};
    const bson_t *row;
    /* What fails before the first row can still be said with a status. */
    bool ok = answer_start(&answer, client, db_name(kpi->server->db), kpi->library->catalog, &kpi->query, &kpi->dataset,
                           kpi->server->config.query_timeout_s * 1000LL, &err) &&
              answer_next(&answer, &row, &err);
    if (!ok)
        kpi_fail(kpi, &err);
    rows_start(&rows, &kpi->query, ok ? row : NULL);
    if (ok && answer_with_stream(kpi, &rows))
        kpi->whole = send_rows(&rows, &answer, row, &err);
    metrics_pipeline(&kpi->server->metrics, kpi->query.definition->name, !err.kind, server_now_us() - started);
    answer_release(&answer);
    rows_release(&rows);
}

void kpi_stream_abandon(struct job *job)
{
    struct kpi_job *kpi = (struct kpi_job *)job;
    stream_break(kpi->stream);
}

/* Makes the stream for an answer that is longer than what is kept, and hands it to one of those who wait. False: there
 * is nobody to read it, or err says why there is no stream. */
static bool hand_over(struct flight *flight, const struct data_view *view, struct rows *rows, struct error *err)
{
    struct response head = {0};
    bool gzip;
    flight->stream = open_stream(flight->server, rows, true);
    if (!flight->stream) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return false;
    }
    if (!workers_go_on(&flight->job)) {
        stream_close(flight->stream);
        error_set(err, ERROR_UNAVAILABLE, "the server is stopping");
        return false;
    }
    describe(&head, rows->query, &view->dataset);
    if (!view->dataset.writing)
        kpi_etag(flight->library->catalog, rows->query, &view->dataset, head.etag);
    if (!flight_hand_over(flight, &head, view->confirmed_us, &gzip))
        return false;
    if (!gzip) {
        gzip_free(rows->gzip);
        rows->gzip = NULL;
    }
    return true;
}

/* All rows, to be kept. NULL: they were sent, or err says why there are none. What befalls an answer that has begun
 * concerns its reader only: broken. */
static struct kept *keep_or_send(struct flight *flight, const struct data_view *view, struct rows *rows,
                                 struct answer *answer, struct error *err, struct error *broken)
{
    struct kept *kept = NULL;
    const bson_t *row;
    if (!answer_next(answer, &row, err))
        return NULL;
    rows_start(rows, answer->query, row);
    if (!rows_gather(rows, answer, &row, KEPT_ROWS_MOST, err))
        return NULL;
    if (!row)
        kept = kpi_keep(flight, answer->query, view, &rows->text, answer->dirty, err);
    else if (hand_over(flight, view, rows, err))
        flight->whole = send_rows(rows, answer, row, broken);
    return kept;
}

struct kept *kpi_rows(struct flight *flight, mongoc_client_t *client, const struct query *query,
                      const struct data_view *view, struct error *err)
{
    struct server *server = flight->server;
    uint64_t started = server_now_us();
    struct kept *kept = NULL;
    struct error broken = {0};
    struct answer answer;
    struct rows rows = {0};
    if (answer_start(&answer, client, db_name(server->db), flight->library->catalog, query, &view->dataset,
                     server->config.query_timeout_s * 1000LL, err))
        kept = keep_or_send(flight, view, &rows, &answer, err, &broken);
    metrics_pipeline(&server->metrics, query->definition->name, !err->kind && !broken.kind, server_now_us() - started);
    answer_release(&answer);
    rows_release(&rows);
    return kept;
}

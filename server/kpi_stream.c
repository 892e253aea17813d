#include "core/log.h"
#include "core/render.h"
#include "core/render_csv.h"
#include "server/form.h"
#include "server/gzip.h"
#include "server/kpi_job.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 32 * 1024 }; /* of text, before it is compressed and sent */

/* What turns rows into bytes of the stream. */
struct writer {
    const struct definition *definition;
    enum format format;
    struct stream *stream;
    struct gzip *gzip; /* NULL: bytes go as they are */
    struct buffer text, compressed;
    bool gone; /* nobody reads any more */
};

/* Sends the text so far. False: there is no use in going on. */
static bool flush(struct writer *writer, bool last)
{
    struct buffer *out = &writer->text;
    bool ok = !out->failed;
    if (ok && writer->gzip) {
        ok = gzip_put(writer->gzip, writer->text.bytes, writer->text.used, last, &writer->compressed);
        out = &writer->compressed;
    }
    if (ok && out->used) {
        ok = stream_write(writer->stream, out->bytes, out->used);
        writer->gone = !ok;
    }
    writer->text.used = writer->compressed.used = 0;
    return ok;
}

static bool put_row(struct writer *writer, const bson_t *row)
{
    if (writer->format == FORMAT_CSV) {
        render_csv_row(writer->definition, row, &writer->text);
    } else {
        render_row(writer->definition, row, &writer->text);
        buffer_char(&writer->text, '\n');
    }
    return writer->text.used < CHUNK || flush(writer, false);
}

static void put_empty_row(struct writer *writer)
{
    if (writer->format == FORMAT_CSV) {
        render_csv_empty_row(writer->definition, &writer->text);
    } else {
        render_empty_row(writer->definition, &writer->text);
        buffer_char(&writer->text, '\n');
    }
}

/* All rows from the first, which has been read. False when the stream is not whole: err says why, or nobody reads. */
static bool put_rows(struct writer *writer, struct answer *answer, const bson_t *row, struct error *err)
{
    if (writer->format == FORMAT_CSV)
        render_csv_header(writer->definition, &writer->text);
    if (!row && writer->definition->single_row)
        put_empty_row(writer);
    while (row)
        if (!put_row(writer, row) || !answer_next(answer, &row, err))
            return false;
    return flush(writer, true);
}

/* NAME_FROM_TO.csv, the days being those that the rows are of. */
static void name_file(const struct kpi_job *kpi, char *out, size_t room)
{
    const struct query *query = &kpi->query;
    const struct dataset *dataset = &kpi->dataset;
    char from[DAY_TEXT_MAX], to[DAY_TEXT_MAX];
    size_t n;
    snprintf(out, room - 2 * DAY_TEXT_MAX - 16, "%s", query->definition->name);
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

/* Answers with the stream; the rows follow. */
static bool answer_with_stream(struct kpi_job *kpi, struct writer *writer)
{
    struct response *response = &kpi->job.response;
    kpi->stream = writer->stream = stream_new(STREAM_ROOM);
    if (kpi->job.gzip)
        writer->gzip = gzip_new();
    if (kpi->stream)
        stream_set_pace(kpi->stream, &kpi->server->config.pace);
    if (!kpi->stream || (kpi->job.gzip && !writer->gzip)) {
        response_problem(response, HTTP_INTERNAL_ERROR, "Out of memory.");
        return false;
    }
    response->status = HTTP_OK;
    response->content_type = forms[kpi->query.format].content_type;
    response->encoding = writer->gzip ? "gzip" : NULL;
    name_file(kpi, response->file_name, sizeof response->file_name);
    response->stream = kpi->stream;
    return workers_answer(&kpi->job);
}

static void log_break(const struct kpi_job *kpi, const struct writer *writer, const struct error *err)
{
    struct stream_reader reader;
    stream_describe_reader(writer->stream, &reader);
    if (reader.slow)
        log_event(LOG_WARN, "an answer was cut off, its client took it too slowly",
                  LOG_STR("kpi", kpi->query.definition->name), LOG_STR("client", reader.address),
                  LOG_INT("bytes", reader.taken));
    else if (writer->gone)
        log_event(LOG_DEBUG, "a client left before the end of its answer", LOG_STR("kpi", kpi->query.definition->name));
    else
        log_event(LOG_WARN, "an answer was cut off", LOG_STR("kpi", kpi->query.definition->name),
                  LOG_STR("reason", err->kind ? err->message : "out of memory"));
}

void kpi_stream(struct kpi_job *kpi, mongoc_client_t *client)
{
    struct writer writer = {.definition = kpi->query.definition, .format = kpi->query.format};
    uint64_t started = server_now_us();
    struct answer answer;
    struct error err = {0};
    const bson_t *row;
    /* What fails before the first row can still be said with a status. */
    bool ok = answer_start(&answer, client, db_name(kpi->server->db), kpi->library->catalog, &kpi->query, &kpi->dataset,
                           kpi->server->config.query_timeout_s * 1000LL, &err) &&
              answer_next(&answer, &row, &err);
    if (!ok) {
        kpi_fail(kpi, &err);
    } else if (answer_with_stream(kpi, &writer)) {
        kpi->whole = put_rows(&writer, &answer, row, &err);
        if (!kpi->whole)
            log_break(kpi, &writer, &err);
    }
    metrics_pipeline(&kpi->server->metrics, kpi->query.definition->name, !err.kind, server_now_us() - started);
    answer_release(&answer);
    gzip_free(writer.gzip);
    buffer_release(&writer.text);
    buffer_release(&writer.compressed);
}

void kpi_stream_abandon(struct job *job)
{
    struct kpi_job *kpi = (struct kpi_job *)job;
    stream_break(kpi->stream);
}

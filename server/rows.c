#include "server/rows.h"
#include "core/render.h"
#include "core/render_csv.h"

enum { CHUNK = 32 * 1024 }; /* of text, before it is compressed and sent */

static void put_row(struct rows *rows, const bson_t *row)
{
    const struct definition *d = rows->query->definition;
    if (rows->query->format == FORMAT_CSV) {
        render_csv_row(d, row, &rows->text);
    } else {
        render_row(d, row, &rows->text);
        buffer_char(&rows->text, '\n');
    }
}

static void put_empty_row(struct rows *rows)
{
    const struct definition *d = rows->query->definition;
    if (rows->query->format == FORMAT_CSV) {
        render_csv_empty_row(d, &rows->text);
    } else {
        render_empty_row(d, &rows->text);
        buffer_char(&rows->text, '\n');
    }
}

void rows_start(struct rows *rows, const struct query *query, const bson_t *first)
{
    *rows = (struct rows){.query = query};
    if (query->format == FORMAT_CSV)
        render_csv_header(query->definition, &rows->text);
    if (!first && query->definition->single_row)
        put_empty_row(rows);
}

void rows_release(struct rows *rows)
{
    gzip_free(rows->gzip);
    buffer_release(&rows->text);
    buffer_release(&rows->compressed);
}

bool rows_gather(struct rows *rows, struct answer *answer, const bson_t **row, size_t most, struct error *err)
{
    while (*row && rows->text.used <= most) {
        put_row(rows, *row);
        if (!answer_next(answer, row, err))
            return false;
    }
    if (rows->text.failed)
        error_set(err, ERROR_INTERNAL, "out of memory");
    return !rows->text.failed;
}

/* Sends the text so far. False: there is no use in going on. */
static bool flush(struct rows *rows, bool last)
{
    struct buffer *out = &rows->text;
    bool ok = true;
    if (rows->gzip) {
        ok = gzip_put(rows->gzip, rows->text.bytes, rows->text.used, last, &rows->compressed);
        out = &rows->compressed;
    }
    if (ok && out->used) {
        ok = stream_write(rows->stream, out->bytes, out->used);
        rows->gone = !ok;
    }
    rows->text.used = rows->compressed.used = 0;
    return ok;
}

bool rows_send(struct rows *rows, struct answer *answer, const bson_t *row, struct error *err)
{
    while (row)
        if (!rows_gather(rows, answer, &row, CHUNK, err) || (row && !flush(rows, false)))
            return false;
    return flush(rows, true);
}

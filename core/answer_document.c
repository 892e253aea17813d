#include "core/answer.h"
#include "core/json.h"

#include <string.h>

static bool put_parameters(const struct query *query, bson_t *out, struct error *err)
{
    struct buffer text = {0};
    json_t *json = NULL;
    bool ok;
    query_json(query, &text);
    if (!text.failed)
        json = json_parse(text.bytes, text.used);
    ok = json && json_append(out, "parameters", json);
    if (!ok)
        error_set(err, ERROR_INTERNAL, "out of memory");
    json_decref(json);
    buffer_release(&text);
    return ok;
}

/* The row's columns in the order of the definition, and nothing besides. */
static void put_row(const struct definition *d, const bson_t *row, bson_t *out)
{
    bson_iter_t it;
    for (size_t i = 0; i < d->column_count; i++) {
        if (bson_iter_init_find(&it, row, d->columns[i].name))
            bson_append_iter(out, d->columns[i].name, -1, &it);
        else
            bson_append_null(out, d->columns[i].name, -1);
    }
}

static void put_empty_row(const struct definition *d, bson_t *out)
{
    for (size_t i = 0; i < d->column_count; i++) {
        if (d->columns[i].zero_if_none)
            bson_append_int32(out, d->columns[i].name, -1, 0);
        else
            bson_append_null(out, d->columns[i].name, -1);
    }
}

static void begin_row(bson_t *list, int32_t number, bson_t *row)
{
    char text[16];
    const char *key;
    size_t n = bson_uint32_to_string((uint32_t)number, &key, text, sizeof text);
    bson_append_document_begin(list, key, (int)n, row);
}

static bool put_rows(struct answer *answer, bson_t *out, struct error *err)
{
    const struct definition *d = answer->query->definition;
    const bson_t *row;
    bson_t list, member;
    bool ok;
    BSON_APPEND_ARRAY_BEGIN(out, "data", &list);
    while ((ok = answer_next(answer, &row, err)) && row) {
        begin_row(&list, answer->rows - 1, &member);
        put_row(d, row, &member);
        bson_append_document_end(&list, &member);
    }
    if (ok && !answer->rows && d->single_row) {
        begin_row(&list, 0, &member);
        put_empty_row(d, &member);
        bson_append_document_end(&list, &member);
    }
    bson_append_array_end(out, &list);
    return ok;
}

static void put_notes(const struct answer *answer, bson_t *out)
{
    const char *notes[ANSWER_NOTES_MOST + 1];
    char costed[COSTED_NOTE_MAX];
    size_t count = answer_notes(answer->query, answer->dataset, notes);
    bson_t list;
    if (costed_note(&answer->costed, costed))
        notes[count++] = costed;
    if (!count)
        return;
    BSON_APPEND_ARRAY_BEGIN(out, "notes", &list);
    for (size_t i = 0; i < count; i++) {
        char text[16];
        const char *key;
        size_t n = bson_uint32_to_string((uint32_t)i, &key, text, sizeof text);
        bson_append_utf8(&list, key, (int)n, notes[i], -1);
    }
    bson_append_array_end(out, &list);
}

bool answer_document(mongoc_client_t *client, const char *database, const struct catalog *catalog,
                     const struct query *query, const struct dataset *dataset, int64_t timeout_ms, bson_t *out,
                     struct error *err)
{
    struct answer answer;
    bool ok = answer_start(&answer, client, database, catalog, query, dataset, timeout_ms, err) &&
              put_parameters(query, out, err);
    if (ok) {
        BSON_APPEND_UTF8(out, "currency", dataset->currency);
        if (dataset->has_days)
            BSON_APPEND_DATE_TIME(out, "last_day", day_to_ms(dataset->last_day));
        else
            BSON_APPEND_NULL(out, "last_day");
        BSON_APPEND_UTF8(out, "source", answer.plan.source->name);
        ok = put_rows(&answer, out, err);
    }
    if (ok && answer.more)
        BSON_APPEND_INT64(out, "next_offset", (int64_t)query->offset + query->limit);
    if (ok)
        put_notes(&answer, out);
    answer_release(&answer);
    return ok;
}

#include "core/render.h"
#include "core/utf8.h"
#include "server/list_job.h"
#include "server/routes.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT = 20, LIMIT_ACCEPTED = 1000, BODY_BYTES_MOST = 64 << 20 };

static const struct list_form form = {.text = "kpi", .limit = LIMIT, .limit_most = LIMIT_ACCEPTED};

/* The columns of a kept answer, as it says them itself: the definition may have changed since. */
struct columns {
    const char *names[MAX_COLUMNS];
    enum column_type types[MAX_COLUMNS];
    size_t count;
};

static enum column_type type_named(const char *name)
{
    for (int i = 0; i < COLUMN_TYPE_COUNT; i++)
        if (strcmp(column_type_names[i], name) == 0)
            return (enum column_type)i;
    return COLUMN_TIME;
}

static void read_columns(const bson_t *doc, struct columns *columns)
{
    bson_iter_t it, column, name, type;
    columns->count = 0;
    if (!bson_iter_init_find(&it, doc, "columns") || !BSON_ITER_HOLDS_ARRAY(&it) || !bson_iter_recurse(&it, &column))
        return;
    while (columns->count < MAX_COLUMNS && bson_iter_next(&column)) {
        if (!bson_iter_recurse(&column, &name) || !bson_iter_find(&name, "name") || !BSON_ITER_HOLDS_UTF8(&name) ||
            !bson_iter_recurse(&column, &type) || !bson_iter_find(&type, "type") || !BSON_ITER_HOLDS_UTF8(&type))
            continue;
        columns->names[columns->count] = bson_iter_utf8(&name, NULL);
        columns->types[columns->count++] = type_named(bson_iter_utf8(&type, NULL));
    }
}

static enum column_type type_of(const struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->names[i], name) == 0)
            return columns->types[i];
    return COLUMN_TIME;
}

static void put_row(struct buffer *out, const bson_iter_t *row, const struct columns *columns)
{
    bson_iter_t cell;
    char separator = '{';
    if (!bson_iter_recurse(row, &cell))
        return;
    for (; bson_iter_next(&cell); separator = ',') {
        const char *name = bson_iter_key(&cell);
        buffer_char(out, separator);
        buffer_json_string(out, name, strlen(name));
        buffer_char(out, ':');
        render_value(&cell, type_of(columns, name), out);
    }
    buffer_text(out, separator == '{' ? "{}" : "}");
}

static void put_rows(struct buffer *out, const bson_t *doc)
{
    struct columns columns;
    bson_iter_t it, row;
    bool first = true;
    read_columns(doc, &columns);
    buffer_text(out, ",\n \"data\":[");
    if (bson_iter_init_find(&it, doc, "data") && BSON_ITER_HOLDS_ARRAY(&it) && bson_iter_recurse(&it, &row)) {
        for (; bson_iter_next(&row); first = false) {
            buffer_text(out, first ? "\n" : ",\n");
            put_row(out, &row, &columns);
        }
    }
    buffer_text(out, "\n ]");
}

/* As the KPI's own answer, but for the import that it was kept after. */
static bool put_analysis(struct list_job *list, mongoc_client_t *client, const bson_t *doc, struct buffer *out,
                         struct response *response)
{
    bson_iter_t it;
    (void)list;
    (void)client;
    buffer_text(out, "{\"kpi\":");
    if (bson_iter_init_find(&it, doc, "kpi"))
        render_value(&it, COLUMN_STRING, out);
    list_put_field(out, "title", doc, "title", COLUMN_STRING);
    list_put_field(out, "parameters", doc, "parameters", COLUMN_STRING);
    list_put_field(out, "currency", doc, "currency", COLUMN_STRING);
    list_put_field(out, "data_version", doc, "data_version", COLUMN_COUNT);
    list_put_field(out, "last_day", doc, "last_day", COLUMN_DAY);
    list_put_field(out, "source", doc, "source", COLUMN_STRING);
    list_put_field(out, "computed_at", doc, "computed_at", COLUMN_TIME);
    list_put_field(out, "import", doc, "import_id", COLUMN_STRING);
    put_rows(out, doc);
    if (bson_iter_init_find(&it, doc, "next_offset"))
        list_put_field(out, "next_offset", doc, "next_offset", COLUMN_COUNT);
    if (bson_iter_init_find(&it, doc, "notes"))
        list_put_field(out, "notes", doc, "notes", COLUMN_STRING);
    buffer_char(out, '}');
    if (out->used <= BODY_BYTES_MOST)
        return true;
    response_problem(response, HTTP_BAD_REQUEST, "The answer is larger than %d MiB; ask for fewer with limit.",
                     BODY_BYTES_MOST >> 20);
    return false;
}

/* The answers of one KPI, newest first. */
static mongoc_cursor_t *find_of_kpi(struct list_job *list, mongoc_client_t *client)
{
    bson_t *filter = BCON_NEW("kpi", BCON_UTF8(list->query.text));
    bson_t *options = BCON_NEW("sort", "{", "data_version", BCON_INT32(-1), "}", "skip", BCON_INT64(list->query.offset),
                               "limit", BCON_INT64(list->query.limit + 1));
    mongoc_cursor_t *cursor = list_find(list, client, "analyses", filter, options);
    bson_destroy(options);
    bson_destroy(filter);
    return cursor;
}

/* The newest answer of each KPI, by name: which they are is worked out on the few fields of the index, and only then
 * are they read. */
static mongoc_cursor_t *find_newest(struct list_job *list, mongoc_client_t *client)
{
    bson_t *pipeline = BCON_NEW(
        "0", "{", "$group", "{", "_id", "$kpi", "version", "{", "$max", "$data_version", "}", "}", "}", "1", "{",
        "$sort", "{", "_id", BCON_INT32(1), "}", "}", "2", "{", "$skip", BCON_INT64(list->query.offset), "}", "3", "{",
        "$limit", BCON_INT64(list->query.limit + 1), "}", "4", "{", "$project", "{", "analysis", "{", "$concat", "[",
        "$_id", "@", "{", "$toString", "$version", "}", "]", "}", "}", "}", "5", "{", "$lookup", "{", "from",
        BCON_UTF8("analyses"), "localField", BCON_UTF8("analysis"), "foreignField", BCON_UTF8("_id"), "as",
        BCON_UTF8("analysis"), "}", "}", "6", "{", "$unwind", BCON_UTF8("$analysis"), "}", "7", "{", "$replaceWith",
        BCON_UTF8("$analysis"), "}", "8", "{", "$sort", "{", "kpi", BCON_INT32(1), "}", "}");
    mongoc_cursor_t *cursor = list_aggregate(list, client, "analyses", pipeline);
    bson_destroy(pipeline);
    return cursor;
}

/* Why there is nothing: the KPI is not known, or it is not kept, or no load has kept it yet. */
static bool explain_nothing(struct list_job *list, mongoc_client_t *client, struct buffer *body,
                            struct response *response)
{
    const struct catalog *catalog = list->library->catalog;
    const char *name = list->query.text, *best;
    const struct definition *definition = *name ? catalog_find(catalog, name) : NULL;
    struct buffer note = {0};
    (void)client;
    if (*name && !definition) {
        best = catalog_nearest(catalog, name);
        if (best)
            response_problem(response, HTTP_NOT_FOUND, "There is no KPI '%s'; did you mean '%s'?", name, best);
        else
            response_problem(response, HTTP_NOT_FOUND, "There is no KPI '%s'; /v1/kpis lists them.", name);
        return false;
    }
    if (definition && !definition->keep)
        buffer_printf(&note, "%s is not kept after loads: its definition does not say so.", name);
    else
        buffer_text(&note, "No load has kept an answer yet: kpi-load does when it has changed something.");
    buffer_text(body, ",\n\"notes\":[");
    buffer_json_string(body, note.bytes ? note.bytes : "", note.used);
    buffer_char(body, ']');
    buffer_release(&note);
    return true;
}

static bool put_analyses(struct list_job *list, mongoc_client_t *client, struct buffer *body, struct response *response)
{
    static const struct list_page page = {"listing the analyses", put_analysis, explain_nothing};
    mongoc_cursor_t *cursor = *list->query.text ? find_of_kpi(list, client) : find_newest(list, client);
    return list_put_page(list, client, cursor, &page, body, response);
}

void handle_analyses(struct request *request)
{
    list_job_submit(request, &form, put_analyses);
}

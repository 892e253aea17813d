#include "server/kpi_list.h"
#include "core/buffer.h"
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

static void put_string(struct buffer *out, const char *before, const char *text)
{
    buffer_text(out, before);
    buffer_json_string(out, text, strlen(text));
}

static void put_column(struct buffer *out, const struct column *column)
{
    put_string(out, "{\"name\":", column->name);
    put_string(out, ",\"type\":", column_type_names[column->type]);
    put_string(out, ",\"text\":", column->text);
    if (column->unit)
        put_string(out, ",\"unit\":", column->unit);
    if (column->key)
        buffer_text(out, ",\"key\":true");
    buffer_text(out, column->sortable ? ",\"sortable\":true}" : ",\"sortable\":false}");
}

static void put_chart(struct buffer *out, const json_t *chart)
{
    char *text = chart ? json_write(chart, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    out->failed |= chart && !text;
    buffer_text(out, text ? text : "null");
    free(text);
}

static void put_definition(struct buffer *out, const struct definition *d)
{
    put_string(out, "{\"name\":", d->name);
    put_string(out, ",\"title\":", d->title);
    put_string(out, ",\"group\":", d->group);
    put_string(out, ",\"summary\":", d->summary);
    put_string(out, ",\"formula\":", d->formula);
    buffer_text(out, d->keep ? ",\"keep\":true" : ",\"keep\":false");
    buffer_text(out, ",\"parameters\":[");
    for (size_t i = 0; i < d->parameter_count; i++)
        put_string(out, i ? "," : "", d->parameters[i]->name);
    buffer_text(out, "],\"columns\":[");
    for (size_t i = 0; i < d->column_count; i++) {
        if (i)
            buffer_char(out, ',');
        put_column(out, &d->columns[i]);
    }
    buffer_text(out, "],\"chart\":");
    put_chart(out, json_object_get(d->json, "chart"));
    buffer_char(out, '}');
}

char *kpi_list_json(const struct catalog *catalog, size_t *size, struct error *err)
{
    struct buffer out = {0};
    char *bytes;
    buffer_text(&out, "{\"data\":[");
    for (size_t i = 0; i < catalog->definition_count; i++) {
        buffer_text(&out, i ? ",\n" : "\n");
        put_definition(&out, catalog->definitions[i]);
    }
    buffer_text(&out, "\n]}\n");
    bytes = buffer_take(&out, size);
    if (!bytes)
        error_set(err, ERROR_INTERNAL, "out of memory");
    return bytes;
}

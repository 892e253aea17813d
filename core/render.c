#include "core/render.h"
#include "core/day.h"
#include "core/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS_PER_SECOND = 1000 };

/* 0000-01-01 and 9999-12-31: other years have no text of four digits. */
enum { DAY_FIRST = -719528, DAY_LAST = 2932896 };

void render_double(double value, struct buffer *out)
{
    char text[40];
    if (!isfinite(value)) {
        buffer_text(out, "null");
        return;
    }
    if (value == 0) /* -0 too */
        value = 0;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buffer_text(out, text);
}

static void render_decimal(const bson_iter_t *value, struct buffer *out)
{
    bson_decimal128_t bson;
    struct decimal decimal;
    char text[DECIMAL_TEXT_MAX > BSON_DECIMAL128_STRING ? DECIMAL_TEXT_MAX : BSON_DECIMAL128_STRING];
    if (!bson_iter_decimal128(value, &bson)) {
        buffer_text(out, "null");
        return;
    }
    if (decimal_from_bson(&bson, &decimal)) {
        buffer_put(out, text, decimal_text(decimal, text));
        return;
    }
    /* An exponent out of all proportion, which reads as a JSON number too; or no number. */
    bson_decimal128_to_string(&bson, text);
    buffer_text(out, strchr(text, 'N') || strchr(text, 'I') ? "null" : text);
}

static void render_date(int64_t ms, enum column_type type, struct buffer *out)
{
    int64_t day = day_from_ms(ms), rest;
    char text[DAY_TEXT_MAX];
    int second;
    if (day < DAY_FIRST || day > DAY_LAST) {
        buffer_text(out, "null");
        return;
    }
    rest = ms - day_to_ms(day);
    second = (int)(rest / MS_PER_SECOND);
    day_text(day, text);
    if (type == COLUMN_DAY) {
        buffer_printf(out, "\"%s\"", text);
        return;
    }
    buffer_printf(out, "\"%sT%02d:%02d:%02d", text, second / 3600, second / 60 % 60, second % 60);
    if (rest % MS_PER_SECOND)
        buffer_printf(out, ".%03d", (int)(rest % MS_PER_SECOND));
    buffer_text(out, "Z\"");
}

static void render_members(const bson_iter_t *value, enum column_type type, struct buffer *out)
{
    bool array = BSON_ITER_HOLDS_ARRAY(value), first = true;
    bson_iter_t child;
    buffer_char(out, array ? '[' : '{');
    if (bson_iter_recurse(value, &child)) {
        while (bson_iter_next(&child)) {
            if (!first)
                buffer_char(out, ',');
            first = false;
            if (!array) {
                buffer_json_string(out, bson_iter_key(&child), strlen(bson_iter_key(&child)));
                buffer_char(out, ':');
            }
            render_value(&child, type, out);
        }
    }
    buffer_char(out, array ? ']' : '}');
}

void render_value(const bson_iter_t *value, enum column_type type, struct buffer *out)
{
    char oid[25];
    uint32_t n;
    const char *text;
    switch (bson_iter_type(value)) {
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(value, &n);
        buffer_json_string(out, text, n);
        break;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        buffer_int(out, bson_iter_as_int64(value));
        break;
    case BSON_TYPE_DOUBLE:
        render_double(bson_iter_double(value), out);
        break;
    case BSON_TYPE_DECIMAL128:
        render_decimal(value, out);
        break;
    case BSON_TYPE_BOOL:
        buffer_text(out, bson_iter_bool(value) ? "true" : "false");
        break;
    case BSON_TYPE_DATE_TIME:
        render_date(bson_iter_date_time(value), type, out);
        break;
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        render_members(value, type, out);
        break;
    case BSON_TYPE_OID:
        bson_oid_to_string(bson_iter_oid(value), oid);
        buffer_printf(out, "\"%s\"", oid);
        break;
    default:
        buffer_text(out, "null");
    }
}

static void put_column_name(const struct definition *d, size_t i, struct buffer *out)
{
    buffer_char(out, i ? ',' : '{');
    buffer_json_string(out, d->columns[i].name, strlen(d->columns[i].name));
    buffer_char(out, ':');
}

void render_find(const struct definition *d, const bson_t *doc, struct cell cells[MAX_COLUMNS])
{
    bson_iter_t it;
    size_t next = 0; /* documents mostly have the columns in their order */
    for (size_t i = 0; i < d->column_count; i++)
        cells[i].found = false;
    if (!bson_iter_init(&it, doc))
        return;
    while (bson_iter_next(&it)) {
        const char *key = bson_iter_key(&it);
        for (size_t tried = 0; tried < d->column_count; tried++, next++) {
            if (next >= d->column_count)
                next = 0;
            if (strcmp(d->columns[next].name, key) == 0) {
                cells[next].value = it;
                cells[next].found = true;
                break;
            }
        }
    }
}

void render_row(const struct definition *d, const bson_t *doc, struct buffer *out)
{
    struct cell cells[MAX_COLUMNS];
    render_find(d, doc, cells);
    for (size_t i = 0; i < d->column_count; i++) {
        put_column_name(d, i, out);
        if (cells[i].found)
            render_value(&cells[i].value, d->columns[i].type, out);
        else
            buffer_text(out, "null");
    }
    buffer_char(out, '}');
}

void render_empty_row(const struct definition *d, struct buffer *out)
{
    for (size_t i = 0; i < d->column_count; i++) {
        put_column_name(d, i, out);
        buffer_text(out, d->columns[i].zero_if_none ? "0" : "null");
    }
    buffer_char(out, '}');
}

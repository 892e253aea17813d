#include "core/render_csv.h"
#include "core/render.h"

#include <string.h>

static const char line_end[] = "\r\n";

static bool holds_any(const char *text, size_t n, const char *set)
{
    for (; *set; set++)
        if (memchr(text, *set, n))
            return true;
    return false;
}

/* Spreadsheets take the full-width signs of East Asian keyboards for the plain ones. */
static bool looks_like_formula(const char *text, size_t n)
{
    static const char *const wide[] = {"\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"}; /* = + - @ */
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (n >= strlen(wide[i]) && memcmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    return n && memchr("=+-@\t\r\n", *text, 7);
}

static void put_text(const char *text, size_t n, struct buffer *out)
{
    bool quoted = !n || holds_any(text, n, "\",\r\n");
    if (quoted)
        buffer_char(out, '"');
    if (looks_like_formula(text, n))
        buffer_char(out, '\'');
    while (n) {
        const char *quote = memchr(text, '"', n);
        size_t run = quote ? (size_t)(quote - text) : n;
        buffer_utf8(out, text, run);
        if (quote)
            buffer_text(out, "\"\"");
        run += quote != NULL;
        text += run;
        n -= run;
    }
    if (quoted)
        buffer_char(out, '"');
}

/* A value that JSON writes as one word: a date without its quotes, nothing for null. */
static void put_word(const bson_iter_t *value, enum column_type type, struct buffer *out)
{
    size_t start = out->used, n;
    render_value(value, type, out);
    n = out->used - start;
    if (n == 4 && memcmp(out->bytes + start, "null", 4) == 0) {
        out->used = start;
    } else if (n >= 2 && out->bytes[start] == '"') {
        memmove(out->bytes + start, out->bytes + start + 1, n - 2);
        out->used -= 2;
    }
}

static void put_cell(const bson_iter_t *value, enum column_type type, struct buffer *out)
{
    struct buffer json = {0};
    const char *text;
    uint32_t n;
    switch (bson_iter_type(value)) {
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(value, &n);
        put_text(text, n, out);
        break;
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        render_value(value, type, &json);
        put_text(json.bytes ? json.bytes : "", json.used, out);
        out->failed = out->failed || json.failed;
        buffer_release(&json);
        break;
    default:
        put_word(value, type, out);
    }
}

void render_csv_header(const struct definition *d, struct buffer *out)
{
    for (size_t i = 0; i < d->column_count; i++) {
        if (i)
            buffer_char(out, ',');
        put_text(d->columns[i].name, strlen(d->columns[i].name), out);
    }
    buffer_text(out, line_end);
}

void render_csv_row(const struct definition *d, const bson_t *doc, struct buffer *out)
{
    struct cell cells[MAX_COLUMNS];
    render_find(d, doc, cells);
    for (size_t i = 0; i < d->column_count; i++) {
        if (i)
            buffer_char(out, ',');
        if (cells[i].found)
            put_cell(&cells[i].value, d->columns[i].type, out);
    }
    buffer_text(out, line_end);
}

void render_csv_empty_row(const struct definition *d, struct buffer *out)
{
    for (size_t i = 0; i < d->column_count; i++) {
        if (i)
            buffer_char(out, ',');
        if (d->columns[i].zero_if_none)
            buffer_char(out, '0');
    }
    buffer_text(out, line_end);
}

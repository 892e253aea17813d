/* Rows of the database as JSON, NDJSON and CSV: whatever they hold, JSON can be read, a line is a line, and a cell is
 * no formula.
 *
 * Input: which definition, and whether the rest is BSON as it stands or says how to make some. */
#include "core/render.h"
#include "core/render_csv.h"
#include "tests/fuzz/request.h"

enum { DEPTH_MOST = 20 };

/* The next member's name: mostly that of a column. */
static void next_key(struct bytes *in, const struct definition *d, char key[64])
{
    unsigned which = bytes_next(in);
    if (which < 200) {
        snprintf(key, 64, "%s", d->columns[which % d->column_count].name);
        return;
    }
    for (unsigned i = 0; i < which % 8; i++)
        key[i] = (char)(bytes_next(in) | 1); /* no NUL */
    key[which % 8] = '\0';
}

static void append_members(bson_t *doc, struct bytes *in, const struct definition *d, int depth);

static void append_text(bson_t *doc, const char *key, struct bytes *in)
{
    unsigned length = bytes_next(in) % 48;
    struct bytes text = {in->at, length < in->n ? length : in->n};
    in->at += text.n;
    in->n -= text.n;
    bson_append_utf8(doc, key, -1, text.n ? (const char *)text.at : "", (int)text.n);
}

static void append_decimal(bson_t *doc, const char *key, struct bytes *in)
{
    bson_decimal128_t decimal;
    decimal.low = bytes_number(in);
    decimal.high = bytes_number(in);
    bson_append_decimal128(doc, key, -1, &decimal);
}

static void append_double(bson_t *doc, const char *key, struct bytes *in)
{
    uint64_t bits = bytes_number(in);
    double number;
    memcpy(&number, &bits, sizeof number);
    bson_append_double(doc, key, -1, number);
}

static void append_nested(bson_t *doc, const char *key, struct bytes *in, const struct definition *d, int depth)
{
    bson_t child;
    bool array = bytes_next(in) & 1;
    if (array)
        bson_append_array_begin(doc, key, -1, &child);
    else
        bson_append_document_begin(doc, key, -1, &child);
    append_members(&child, in, d, depth + 1);
    if (array)
        bson_append_array_end(doc, &child);
    else
        bson_append_document_end(doc, &child);
}

static void append_rare(bson_t *doc, const char *key, struct bytes *in)
{
    static const uint8_t oid_bytes[12] = "\x01\xfe.........";
    bson_oid_t oid;
    switch (bytes_next(in) % 7) {
    case 0:
        bson_oid_init_from_data(&oid, oid_bytes);
        bson_append_oid(doc, key, -1, &oid);
        break;
    case 1:
        bson_append_binary(doc, key, -1, BSON_SUBTYPE_BINARY, oid_bytes, sizeof oid_bytes);
        break;
    case 2:
        bson_append_regex(doc, key, -1, "a", "i");
        break;
    case 3:
        bson_append_timestamp(doc, key, -1, 1, 2);
        break;
    case 4:
        bson_append_code(doc, key, -1, "x()");
        break;
    case 5:
        bson_append_minkey(doc, key, -1);
        break;
    default:
        bson_append_undefined(doc, key, -1);
    }
}

static void append_member(bson_t *doc, const char *key, struct bytes *in, const struct definition *d, int depth)
{
    switch (bytes_next(in) % 10) {
    case 0:
    case 1:
        append_text(doc, key, in);
        break;
    case 2:
        append_decimal(doc, key, in);
        break;
    case 3:
        append_double(doc, key, in);
        break;
    case 4:
        bson_append_int64(doc, key, -1, (int64_t)bytes_number(in));
        break;
    case 5:
        bson_append_int32(doc, key, -1, (int32_t)bytes_number(in));
        break;
    case 6:
        bson_append_date_time(doc, key, -1, (int64_t)bytes_number(in));
        break;
    case 7:
        bson_append_bool(doc, key, -1, bytes_next(in) & 1);
        break;
    case 8:
        if (depth < DEPTH_MOST)
            append_nested(doc, key, in, d, depth);
        break;
    default:
        append_rare(doc, key, in);
    }
}

static void append_members(bson_t *doc, struct bytes *in, const struct definition *d, int depth)
{
    for (unsigned left = bytes_next(in) % 16; left && in->n; left--) {
        char key[64];
        next_key(in, d, key);
        append_member(doc, key, in, d, depth);
    }
}

static void check_json(const struct definition *d, const bson_t *doc)
{
    struct buffer out = {0};
    render_row(d, doc, &out);
    fuzz_require(!out.failed, "no memory");
    fuzz_require_json(out.bytes, out.used);
    fuzz_require_utf8(out.bytes, out.used);
    for (size_t i = 0; i < out.used; i++) /* so that a row is a line */
        fuzz_require((unsigned char)out.bytes[i] >= ' ', "a control character in %s", out.bytes);
    buffer_release(&out);
}

/* What a spreadsheet makes a formula of. Numbers begin with a minus too, but they are none. */
static void check_cell(const struct cell *cell, const char *text, size_t n)
{
    static const char *const wide[] = {"\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
    bool is_text = cell->found && (BSON_ITER_HOLDS_UTF8(&cell->value) || BSON_ITER_HOLDS_DOCUMENT(&cell->value) ||
                                   BSON_ITER_HOLDS_ARRAY(&cell->value));
    for (size_t i = 0; i < 4 && is_text; i++)
        fuzz_require(n < 3 || memcmp(text, wide[i], 3) != 0, "a formula: %.*s", (int)n, text);
    fuzz_require(!n || !is_text || !strchr("=+-@\t\r\n", *text), "a formula: %.*s", (int)n, text);
    fuzz_require(!n || is_text || !strchr("=+@\t\r\n", *text), "a formula: %.*s", (int)n, text);
}

/* Reads one cell of a line of RFC 4180 into text, without its quotes; returns the place behind it. */
static const char *read_cell(const char *p, const char *end, struct buffer *text)
{
    bool quoted = p < end && *p == '"';
    p += quoted;
    for (; p < end; p++) {
        if (quoted && *p == '"' && !(p + 1 < end && p[1] == '"'))
            break;
        if (!quoted && *p == ',')
            break;
        fuzz_require(quoted || !strchr("\"\r\n", *p), "%c outside of quotes", *p);
        p += quoted && *p == '"';
        buffer_char(text, *p);
    }
    fuzz_require(!quoted || p < end, "a quote is not closed");
    return p + quoted;
}

static void check_csv(const struct definition *d, const bson_t *doc)
{
    struct buffer out = {0}, text = {0};
    struct cell cells[MAX_COLUMNS];
    const char *p, *end;
    render_csv_row(d, doc, &out);
    fuzz_require(!out.failed && out.used >= 2 && memcmp(out.bytes + out.used - 2, "\r\n", 2) == 0, "no line");
    fuzz_require_utf8(out.bytes, out.used);
    render_find(d, doc, cells);
    p = out.bytes;
    end = out.bytes + out.used - 2;
    for (size_t i = 0; i < d->column_count; i++) {
        text.used = 0;
        p = read_cell(p, end, &text);
        check_cell(&cells[i], text.bytes ? text.bytes : "", text.used);
        fuzz_require(i + 1 == d->column_count ? p == end : p < end && *p == ',', "cell %zu ends at %s", i, p);
        p++;
    }
    buffer_release(&out);
    buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    const struct definition *d = fuzz_definition(bytes_next(&in));
    bson_t doc;
    if (bytes_next(&in) & 1) {
        if (!bson_init_static(&doc, in.at, in.n))
            return 0;
    } else {
        bson_init(&doc);
        append_members(&doc, &in, d, 0);
    }
    check_json(d, &doc);
    check_csv(d, &doc);
    bson_destroy(&doc);
    return 0;
}

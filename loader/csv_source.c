#include "loader/csv_source.h"
#include "loader/csv_raw.h"
#include "loader/encoding.h"

#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, RECORD_MOST = 64 << 20, FIELD_STEP = 256 << 10 };

/* Where a field lies in `cells`; the buffer may still move while a record is read. */
struct span {
    size_t at, n;
};

struct csv_source {
    const char *path;
    int fd;
    enum encoding encoding;
    char delimiter;
    char line_end; /* '\n', or '\r' in files without line feeds */
    uint64_t size;
    uint64_t next; /* the byte to be read into chunk[end] */
    struct csv_parser parser;
    bool parser_ready;

    char *chunk; /* bytes read and not yet parsed: chunk[start..end) */
    size_t start, end, room;
    bool at_end;        /* of the file */
    uint64_t offset;    /* of chunk[start] */
    uint64_t line;      /* number of the line at chunk[start] */
    struct buffer utf8; /* a line that had to be converted */

    struct buffer cells; /* the fields of the record, one behind the other */
    struct span *spans;
    size_t span_room, count;
    struct text *fields;
    size_t field_room;
    size_t expected;     /* fields of a record; 0: not known */
    uint64_t cut_offset; /* of the last record of which only the first line was taken */
    bool complete;       /* libcsv has seen the record's end */
    bool stray;          /* something came behind the record's end on the same line */
};

static void on_field(void *bytes, size_t n, void *context)
{
    struct csv_source *s = context;
    if (s->complete) {
        s->stray = true;
        return;
    }
    s->spans = memory_grow(s->spans, &s->span_room, s->count + 1, sizeof *s->spans);
    s->spans[s->count++] = (struct span){s->cells.used, n};
    buffer_put(&s->cells, bytes, n);
}

static void on_record(int terminator, void *context)
{
    struct csv_source *s = context;
    (void)terminator;
    s->complete = true;
}

/* libcsv would trim fields; we do it where it can be counted. */
static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static bool fill(struct csv_source *s, struct error *err)
{
    size_t wanted = s->size - s->next < CHUNK ? (size_t)(s->size - s->next) : CHUNK;
    ssize_t n;
    if (s->start) {
        memmove(s->chunk, s->chunk + s->start, s->end - s->start);
        s->end -= s->start;
        s->start = 0;
    }
    s->chunk = memory_grow(s->chunk, &s->room, s->end + CHUNK, 1);
    do
        n = pread(s->fd, s->chunk + s->end, wanted, (off_t)s->next);
    while (n < 0 && errno == EINTR);
    if (n < 0 || (n == 0 && wanted)) {
        error_set(err, ERROR_INVALID, "%s %s%s", s->path, n < 0 ? "cannot be read: " : "",
                  n < 0 ? strerror(errno) : "was truncated while it was read; load it again once it is complete");
        return false;
    }
    s->end += (size_t)n;
    s->next += (uint64_t)n;
    s->at_end = s->next == s->size;
    return true;
}

/* CR ends lines in a file whose first line has one that no LF follows. */
static char find_line_end(const char *bytes, size_t n)
{
    const char *lf = memchr(bytes, '\n', n), *cr = memchr(bytes, '\r', n);
    if (cr && (!lf || cr < lf) && cr + 1 < bytes + n && cr[1] != '\n')
        return '\r';
    return '\n';
}

static bool start_reading(struct csv_source *s, char delimiter, struct error *err)
{
    if (!fill(s, err))
        return false;
    if (s->end >= 3 && memcmp(s->chunk, "\xef\xbb\xbf", 3) == 0) {
        s->encoding = ENCODING_UTF8;
        s->start = 3;
        s->offset = 3;
    }
    if (s->end >= 2 && (memcmp(s->chunk, "\xff\xfe", 2) == 0 || memcmp(s->chunk, "\xfe\xff", 2) == 0)) {
        error_set(err, ERROR_INVALID, "%s is UTF-16; save it as UTF-8 and load it again", s->path);
        return false;
    }
    s->line_end = find_line_end(s->chunk + s->start, s->end - s->start);
    s->line = 1;
    s->cut_offset = UINT64_MAX;
    if (csv_init(&s->parser, 0) != 0) {
        error_set(err, ERROR_INTERNAL, "libcsv does not start");
        return false;
    }
    s->parser_ready = true;
    csv_set_delim(&s->parser, (unsigned char)delimiter);
    s->delimiter = delimiter;
    csv_set_space_func(&s->parser, no_space);
    csv_set_blk_size(&s->parser, FIELD_STEP); /* else a long field is copied again for every 128 bytes */
    return true;
}

struct csv_source *csv_source_open(int fd, const char *path, enum encoding encoding, char delimiter, struct error *err)
{
    struct csv_source *s;
    struct stat info;
    if (fstat(fd, &info) != 0) {
        error_set(err, ERROR_INVALID, "%s cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    s = memory_zeroed(1, sizeof *s);
    s->path = path;
    s->fd = fd;
    s->encoding = encoding;
    s->size = (uint64_t)info.st_size;
    if (!start_reading(s, delimiter, err)) {
        csv_source_free(s);
        return NULL;
    }
    return s;
}

void csv_source_seek(struct csv_source *s, uint64_t offset, uint64_t line)
{
    csv_fini(&s->parser, NULL, NULL, NULL); /* forgets a record that was begun */
    s->start = s->end = 0;
    s->next = s->offset = offset < s->size ? offset : s->size;
    s->at_end = false;
    s->line = line;
}

void csv_source_finish(struct csv_source *s)
{
    if (s->parser_ready)
        csv_free(&s->parser);
    s->parser_ready = false;
    buffer_release(&s->utf8);
    buffer_release(&s->cells);
    free(s->chunk);
    free(s->spans);
    free(s->fields);
    s->chunk = NULL;
    s->spans = NULL;
    s->fields = NULL;
    s->start = s->end = s->room = s->span_room = s->field_room = 0;
}

void csv_source_free(struct csv_source *s)
{
    if (!s)
        return;
    csv_source_finish(s);
    free(s);
}

uint64_t csv_source_position(const struct csv_source *s)
{
    return s->offset;
}

uint64_t csv_source_line(const struct csv_source *s)
{
    return s->line;
}

uint64_t csv_source_size(const struct csv_source *s)
{
    return s->size;
}

/* The next line with its end, or an empty text at the end of the file. */
static bool next_line(struct csv_source *s, struct text *line, struct error *err)
{
    size_t searched = 0;
    for (;;) {
        const char *at = s->chunk + s->start;
        size_t n = s->end - s->start;
        const char *found = n > searched ? memchr(at + searched, s->line_end, n - searched) : NULL;
        if (found || (s->at_end && n)) {
            *line = (struct text){at, found ? (size_t)(found - at) + 1 : n};
            return true;
        }
        if (s->at_end) {
            *line = (struct text){"", 0};
            return true;
        }
        if (n > RECORD_MOST) {
            error_set(err, ERROR_INVALID, "%s: line %llu is longer than %d MiB; is this a CSV file?", s->path,
                      (unsigned long long)s->line, RECORD_MOST >> 20);
            return false;
        }
        searched = n;
        if (!fill(s, err))
            return false;
    }
}

static bool is_blank(struct text line)
{
    for (size_t i = 0; i < line.n; i++)
        if (!strchr(" \t\r\n", line.bytes[i]) || !line.bytes[i])
            return false;
    return true;
}

static bool feed(struct csv_source *s, struct text line, struct csv_record *record, struct error *err)
{
    if (!text_is_ascii(line)) {
        s->utf8.used = 0;
        if (s->encoding == ENCODING_UTF8) {
            record->bad_encoding |= !text_is_utf8(line);
        } else {
            record->bad_encoding |= !text_to_utf8(s->encoding, line, &s->utf8);
            line = (struct text){s->utf8.bytes, s->utf8.used};
        }
    }
    if (csv_parse(&s->parser, line.bytes, line.n, on_field, on_record, s) != line.n || s->cells.failed ||
        s->utf8.failed) {
        error_set(err, ERROR_INTERNAL, "%s: line %llu: %s", s->path, (unsigned long long)s->line,
                  csv_strerror(csv_error(&s->parser)));
        return false;
    }
    return true;
}

/* Ends the record that the file's end has cut short: libcsv takes a line end as such, unless a quote is open. */
static bool end_of_file(struct csv_source *s, struct csv_record *record, struct error *err)
{
    if (!feed(s, text_of("\n"), record, err))
        return false;
    if (!s->complete) {
        record->malformed = "a quote is opened and never closed";
        csv_fini(&s->parser, on_field, on_record, s);
        s->complete = true;
    }
    return true;
}

/* Points the record's fields into `cells`, which moves no more until the next record. */
static void set_fields(struct csv_source *s, struct csv_record *record)
{
    s->fields = memory_grow(s->fields, &s->field_room, s->count + 1, sizeof *s->fields);
    for (size_t i = 0; i < s->count; i++)
        s->fields[i] = (struct text){s->spans[i].n ? s->cells.bytes + s->spans[i].at : "", s->spans[i].n};
    record->fields = s->fields;
    record->count = s->count;
    if (s->stray)
        record->malformed = "a carriage return stands within the line";
}

void csv_source_expect(struct csv_source *s, size_t fields)
{
    s->expected = fields;
}

static void begin_record(struct csv_source *s, struct csv_record *record)
{
    *record = (struct csv_record){.offset = s->offset, .line = s->line};
    s->cells.used = 0;
    s->count = 0;
    s->complete = s->stray = false;
}

static void pass_line(struct csv_source *s, struct text line)
{
    s->start += line.n;
    s->offset += line.n;
    s->line++;
}

/* Whether a record of several lines is one: a stray quote would make one of all lines up to the next quote. */
static bool is_whole(const struct csv_source *s, const struct csv_record *record)
{
    size_t n = (size_t)(s->offset - record->offset);
    char *raw;
    ssize_t got;
    bool right;
    if (record->malformed || (s->expected && s->count != s->expected))
        return false;
    raw = memory_zeroed(n, 1);
    got = pread(s->fd, raw, n, (off_t)record->offset);
    right = got != (ssize_t)n || csv_raw_quotes_are_right(raw, n, s->delimiter);
    free(raw);
    return right;
}

/* Goes back to the record's first line and takes it alone, so that the others are read as records of their own. */
static bool take_first_line(struct csv_source *s, struct csv_record *record, struct error *err)
{
    struct text line;
    csv_source_seek(s, record->offset, record->line);
    begin_record(s, record);
    if (!next_line(s, &line, err) || !feed(s, line, record, err))
        return false;
    if (!s->complete)
        csv_fini(&s->parser, on_field, on_record, s);
    s->complete = true;
    pass_line(s, line);
    s->cut_offset = record->offset;
    record->malformed = "a quote is opened and not closed where its field ends";
    return true;
}

/* Feeds lines until the record is complete. *too_long: it is not within what a record may have. */
static bool read_record(struct csv_source *s, struct csv_record *record, bool *too_long, struct error *err)
{
    struct text line;
    while (!s->complete) {
        if (!next_line(s, &line, err))
            return false;
        if (line.n == 0)
            return end_of_file(s, record, err);
        if (!feed(s, line, record, err))
            return false;
        pass_line(s, line);
        *too_long = s->offset - record->offset > RECORD_MOST;
        if (*too_long && !s->complete) {
            csv_fini(&s->parser, on_field, on_record, s);
            return true;
        }
    }
    return true;
}

enum csv_result csv_source_next(struct csv_source *s, struct csv_record *record, struct error *err)
{
    bool too_long = false;
    struct text line;
    for (;;) {
        if (!next_line(s, &line, err))
            return CSV_FAILED;
        if (line.n == 0)
            return CSV_END;
        if (!is_blank(line))
            break;
        pass_line(s, line);
    }
    begin_record(s, record);
    if (!read_record(s, record, &too_long, err))
        return CSV_FAILED;
    if (s->line - record->line > 1 && (too_long || !is_whole(s, record)) && !take_first_line(s, record, err))
        return CSV_FAILED;
    set_fields(s, record);
    return CSV_RECORD;
}

void csv_source_excerpt(const struct csv_source *s, uint64_t offset, size_t most, struct buffer *to)
{
    struct csv_place place = {s->fd, offset, s->line_end, offset == s->cut_offset};
    csv_raw_excerpt(&place, s->encoding, most, to);
}

bool csv_source_raw(const struct csv_source *s, uint64_t offset, struct buffer *to)
{
    struct csv_place place = {s->fd, offset, s->line_end, offset == s->cut_offset};
    return csv_raw_append(&place, RECORD_MOST, to);
}

char csv_source_line_end(const struct csv_source *s)
{
    return s->line_end;
}

/* A CSV file, record by record, as UTF-8; with the physical line and the byte at which each record starts.
 *
 * libcsv is fed line by line, so that line and place of a record are known. Line ends are LF, CRLF, or CR alone when
 * the first line ends so. Blank lines are skipped. A byte order mark is skipped and says UTF-8 whatever the layout.
 * Not for use by two threads at once. */
#ifndef KPI_LOADER_CSV_SOURCE_H
#define KPI_LOADER_CSV_SOURCE_H

#include "core/buffer.h"
#include "core/error.h"
#include "loader/arena.h"
#include "loader/layout.h"

struct csv_source;

struct csv_record {
    struct text *fields; /* not trimmed; valid until the next call */
    size_t count;
    uint64_t offset; /* of its first byte in the file */
    uint64_t line;   /* on which it starts; the first is 1 */
    bool bad_encoding;
    const char *malformed; /* NULL, or what is wrong with its form */
};

enum csv_result { CSV_RECORD, CSV_END, CSV_FAILED };

/* Reads the regular file fd, which stays the caller's and must outlive the source; its position does not matter and is
 * left alone, so that one file can have many sources. What is appended from now on is not read. path is for messages
 * and must outlive the source too. NULL: err says why it cannot be read. */
struct csv_source *csv_source_open(int fd, const char *path, enum encoding encoding, char delimiter, struct error *err);
void csv_source_free(struct csv_source *source); /* NULL is fine */

/* Goes on at that byte, where a record starts on that line: with what was appended to a file, after its header. */
void csv_source_seek(struct csv_source *source, uint64_t offset, uint64_t line);

enum csv_result csv_source_next(struct csv_source *source, struct csv_record *record, struct error *err);

/* How many fields a record is to have: then a quote that is not closed where its field ends costs the line on which it
 * is opened and no other. Without it, or 0, only where the quotes themselves show that they are wrong. */
void csv_source_expect(struct csv_source *source, size_t fields);

/* The byte at which the next record is looked for, and all bytes of the file. */
uint64_t csv_source_position(const struct csv_source *source);
uint64_t csv_source_size(const struct csv_source *source);

/* The number of the line at that byte. */
uint64_t csv_source_line(const struct csv_source *source);

/* Appends the record that starts at offset as the file has it, without its line end, as UTF-8 with U+FFFD for what is
 * none, cut to `most` bytes. Nothing when it cannot be read again. */
void csv_source_excerpt(const struct csv_source *source, uint64_t offset, size_t most, struct buffer *to);

/* Appends the bytes of the record that starts at offset, or of the header (offset 0, without a byte order mark), as
 * they are in the file, without the line end. False when they cannot be read again. */
bool csv_source_raw(const struct csv_source *source, uint64_t offset, struct buffer *to);

/* What ends lines: "\n" or "\r". */
char csv_source_line_end(const struct csv_source *source);

/* Gives the reading buffers back; only csv_source_excerpt() and csv_source_raw() may be called from then on. */
void csv_source_finish(struct csv_source *source);

#endif

/* The collection `file_records`: what each file said when it was loaded last, as digests of its records. Of a file that
 * has changed since, only what is new or changed is its word of today; what it said before leaves alone what other
 * files have said later of the same keys.
 *
 *     _id        the beginning of a digest of `file`, the import and a number: "5f0c…-000007-9a1b2c3d4e5f-000000"
 *     file       where it lay: the _id of `files`, whose `records` name the imports that count
 *     import_id  of the load that wrote it
 *     digests    binary: 64-bit digests, least byte first, up to FILE_RECORDS_DIGESTS of them
 *
 * What a load writes here counts when `files` names its import. One thread. */
#ifndef KPI_LOADER_FILE_RECORDS_H
#define KPI_LOADER_FILE_RECORDS_H

#include "loader/fileset.h"
#include "loader/store.h"
#include "loader/value.h"

enum { FILE_RECORDS_DIGESTS = 65536 };

struct file_records;

/* Nothing of the arguments is owned. */
struct file_records *file_records_new(const struct store *store, const struct fileset *files, const char *import_id);
void file_records_free(struct file_records *records); /* NULL is fine */

/* Fetches what a file said before it has changed or grown. Before its first record is noted. */
bool file_records_fetch(struct file_records *records, uint16_t file, struct error *err);

/* A digest of a record's values, of which references are still texts. It is stored: it must stay the same from release
 * to release. */
uint64_t file_records_digest(struct file_records *records, enum kind kind, const struct value *values);

/* Whether the file has said the same before. */
bool file_records_said(const struct file_records *records, uint16_t file, uint64_t digest);

/* Notes that the file says a record, which was not rejected, to be known by the next load. A failure to write is told
 * by file_records_write(). */
void file_records_note(struct file_records *records, uint16_t file, uint64_t digest);

/* Writes what is not written yet. */
bool file_records_write(struct file_records *records, struct error *err);

/* Writes what a file says that was loaded as the words of another one of the same content, too. */
bool file_records_copy(const struct store *store, const char *from, const char *to, const char *import_id,
                       struct error *err);

/* Deletes what earlier loads have written for a file, but for the imports of the array `keep`, or with NULL for all
 * files but what this import has written. */
bool file_records_forget(const struct store *store, const char *origin, const bson_t *keep, const char *import_id,
                         struct error *err);

#endif

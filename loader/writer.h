/* Writing documents: batches are filled by one thread and sent by others, so that reading and writing overlap.
 *
 * Documents are told apart by _id and by a hash of their content, kept in the document: into a collection that was
 * empty at the start they are inserted; else each batch looks up which are there, inserts the new, replaces the
 * changed and leaves the unchanged alone. Sending a batch twice does no harm. */
#ifndef KPI_LOADER_WRITER_H
#define KPI_LOADER_WRITER_H

#include "core/db.h"
#include "loader/fileset.h"

struct writer;

/* NULL: err says why. Looks whether the collections are empty. files, whose tallies it keeps, and import_id must
 * outlive the writer. */
struct writer *writer_new(struct db *db, struct fileset *files, const char *import_id, struct error *err);

/* Starts a document for the collection of a dimension or of orders; the caller appends its fields to it. */
bson_t *writer_begin(struct writer *writer, enum kind kind);

/* Says that `rows` rows of the file became part of the document that was begun. */
void writer_count(struct writer *writer, uint16_t file, uint32_t rows);

/* Ends the document: hash and import_id are appended, and a full batch is handed on. False once a write has failed. */
bool writer_end(struct writer *writer, struct error *err);

/* Sends what is left and waits until all is written. Everything of a kind is written before anything that comes after
 * the call. */
bool writer_flush(struct writer *writer, struct error *err);

/* Stops the threads; what was not flushed is dropped. NULL is fine. */
void writer_free(struct writer *writer);

struct writer_totals {
    uint64_t inserted, updated, unchanged; /* documents */
};
struct writer_totals writer_totals(const struct writer *writer, enum kind kind);
bool writer_any_change(const struct writer *writer); /* whether a document was inserted or updated */
bool writer_found_empty(const struct writer *writer, enum kind kind);

#endif

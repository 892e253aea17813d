/* Writing documents: batches are filled by one thread and sent by others, so that reading and writing overlap.
 *
 * Documents are told apart by _id and by a hash of their content, kept in the document: into a collection that was
 * empty at the start they are inserted; else each batch looks up which are there, inserts the new, replaces the
 * changed and leaves the unchanged alone. Sending a batch twice does no harm: while the database is away, a batch is
 * sent again and again for as long as the store says. With --dry-run batches are looked up and not sent. */
#ifndef KPI_LOADER_WRITER_H
#define KPI_LOADER_WRITER_H

#include "loader/batch.h"
#include "loader/store.h"

struct writer;

/* NULL: err says why. store, files, whose tallies it keeps, and import_id must outlive the writer. */
struct writer *writer_new(const struct store *store, struct fileset *files, const char *import_id, struct error *err);

/* Starts a document for the collection of a dimension or of orders; the caller appends its fields to it. */
bson_t *writer_begin(struct writer *writer, enum kind kind);

/* Says that `rows` rows of the file became part of the document that was begun, and share its fate. */
void writer_count(struct writer *writer, uint16_t file, uint32_t rows);

/* Ends the document: hash and import_id are appended, and a full batch is handed on. False once a write has failed. */
bool writer_end(struct writer *writer, struct error *err);

/* What the database holds of an order, and what is appended to it besides. */
struct known_order {
    bool exists;
    int64_t hash;
    bool first_order;
};

/* The same for an order; *fate says what becomes of it. */
bool writer_end_order(struct writer *writer, const struct known_order *known, enum fate *fate, struct error *err);

/* Sends what is left and waits until all is written. Everything of a kind is written before anything that comes after
 * the call. */
bool writer_flush(struct writer *writer, struct error *err);

/* Stops the threads; what was not flushed is dropped. NULL is fine. */
void writer_free(struct writer *writer);

struct writer_totals {
    uint64_t inserted, updated, unchanged; /* documents */
};
struct writer_totals writer_totals(const struct writer *writer, enum kind kind);

/* The keys of dimension rows that were there and are replaced, one NUL-ended text behind the other, in no order: what
 * copies from them has to follow. To be asked after writer_flush(). */
const struct buffer *writer_changed(const struct writer *writer, enum kind kind);
bool writer_any_change(const struct writer *writer); /* whether a document was inserted or updated */

#endif

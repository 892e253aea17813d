/* A batch of documents for one collection, in one run of memory, and how it is written. */
#ifndef KPI_LOADER_BATCH_H
#define KPI_LOADER_BATCH_H

#include "core/db.h"
#include "loader/fate.h"
#include "loader/fileset.h"

/* Large enough that the engine is not asked for every few documents, small enough that several fit into memory. */
enum { BATCH_DOCUMENTS = 5000, BATCH_BYTES = 4 << 20 };

/* How many rows of a file a document is made of. */
struct batch_rows {
    uint16_t document, file;
    uint32_t rows;
};

struct batch {
    struct batch *next; /* in a queue */
    enum kind kind;
    uint8_t *bytes;
    size_t room;
    bson_writer_t *writer;
    size_t starts[BATCH_DOCUMENTS];
    int64_t hashes[BATCH_DOCUMENTS];
    enum fate fates[BATCH_DOCUMENTS];
    size_t count;
    struct batch_rows *rows;
    size_t row_count, row_room;
};

struct batch *batch_new(void);
void batch_free(struct batch *batch); /* NULL is fine */
void batch_clear(struct batch *batch);

bson_t *batch_begin(struct batch *batch);

/* Appends hash and import_id to the document that was begun, and ends it. Its fate is open until batch_look_up(). */
void batch_end(struct batch *batch, bson_t *doc, const char *import_id);

/* The same for an order: the database is known to hold it with *known_hash, or not to hold it (NULL). One that is
 * unchanged is taken back out of the batch. Returns its fate. */
enum fate batch_end_order(struct batch *batch, bson_t *doc, const char *import_id, const int64_t *known_hash,
                          bool first_order);
/* The _id of a document. */
struct text batch_key(const struct batch *batch, size_t number);

/* A view of a document, which lives as long as the batch is not changed. It must stay where it is: a bson_t points into
 * itself. */
void batch_view(const struct batch *batch, size_t number, bson_t *doc);

/* The batch's documents by key: number + 1 in a table of open addressing. */
enum { BATCH_SLOTS = 16384 };
struct batch_index {
    uint16_t slots[BATCH_SLOTS];
};
void batch_index_make(struct batch_index *index, const struct batch *batch);

/* The number of the document of that key; batch->count: there is none. */
size_t batch_index_find(const struct batch_index *index, const struct batch *batch, struct text key);

bool batch_is_full(const struct batch *batch);

/* Sets each document's fate from what the collection holds: to be called where it is open, and when documents may have
 * been written already. */
bool batch_look_up(struct batch *batch, mongoc_collection_t *collection, struct error *err);

/* Inserts and replaces by the fates. Behind a router orders are found by their day too: see shard.h. *exists: an insert
 * failed because the key is there already, and err is not set. */
bool batch_send(struct batch *batch, mongoc_collection_t *collection, bool router, bool *exists, struct error *err);

#endif

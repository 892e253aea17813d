/* A batch of documents for one collection, in one run of memory, and how it is written. */
#ifndef KPI_LOADER_BATCH_H
#define KPI_LOADER_BATCH_H

#include "core/db.h"
#include "loader/fileset.h"

enum { BATCH_DOCUMENTS = 1000, BATCH_BYTES = 8 << 20 };

/* What happens to a document. */
enum fate { FATE_INSERT, FATE_UPDATE, FATE_UNCHANGED, FATE_COUNT };

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

/* Appends hash and import_id to the document that was begun, and ends it. */
void batch_end(struct batch *batch, bson_t *doc, const char *import_id);
bool batch_is_full(const struct batch *batch);

/* Sets each document's fate from what the collection holds. */
bool batch_look_up(struct batch *batch, mongoc_collection_t *collection, struct error *err);

/* Inserts and replaces by the fates. *exists: an insert failed because the key is there already, and err is not set. */
bool batch_send(struct batch *batch, mongoc_collection_t *collection, bool *exists, struct error *err);

#endif

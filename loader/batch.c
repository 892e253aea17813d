#include "loader/batch.h"
#include "loader/content_hash.h"
#include "loader/shard.h"
#include "loader/store.h"

#include <stdlib.h>
#include <string.h>

enum { CODE_DUPLICATE_KEY = 11000 };

/* One byte more than it is asked for: where 5 are left of a buffer, bson_writer_begin() of libbson 1.23 clears 6. */
static void *grow(void *bytes, size_t n, void *context)
{
    return bson_realloc_ctx(bytes, n + 1, context);
}

static bson_writer_t *write_anew(struct batch *batch)
{
    return bson_writer_new(&batch->bytes, &batch->room, 0, grow, NULL);
}

struct batch *batch_new(void)
{
    struct batch *batch = memory_zeroed(1, sizeof *batch);
    batch->writer = write_anew(batch);
    return batch;
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    bson_writer_destroy(batch->writer);
    bson_free(batch->bytes);
    free(batch->rows);
    free(batch);
}

void batch_clear(struct batch *batch)
{
    bson_writer_destroy(batch->writer);
    batch->writer = write_anew(batch);
    batch->count = batch->row_count = 0;
}

bson_t *batch_begin(struct batch *batch)
{
    bson_t *doc;
    batch->starts[batch->count] = bson_writer_get_length(batch->writer);
    if (!bson_writer_begin(batch->writer, &doc))
        abort();
    return doc;
}

/* What documents are told apart by: without the length in front and the final 0, which say nothing of the content. */
static int64_t hash_of(const bson_t *doc)
{
    return (int64_t)content_hash(bson_get_data(doc) + 4, doc->len - 5);
}

static void append_origin(bson_t *doc, int64_t hash, const char *import_id)
{
    bson_append_int64(doc, "hash", 4, hash);
    bson_append_utf8(doc, "import_id", 9, import_id, -1);
}

void batch_end(struct batch *batch, bson_t *doc, const char *import_id)
{
    int64_t hash = hash_of(doc);
    append_origin(doc, hash, import_id);
    batch->fates[batch->count] = FATE_INSERT;
    batch->hashes[batch->count++] = hash;
    bson_writer_end(batch->writer);
}

enum fate batch_end_order(struct batch *batch, bson_t *doc, const char *import_id, const int64_t *known_hash,
                          bool first_order)
{
    int64_t hash = hash_of(doc);
    if (known_hash && *known_hash == hash) {
        bson_writer_rollback(batch->writer);
        return FATE_UNCHANGED;
    }
    append_origin(doc, hash, import_id);
    /* No part of the content: it follows from the other orders of the customer. */
    bson_append_bool(doc, "first_order", 11, first_order);
    batch->fates[batch->count] = known_hash ? FATE_UPDATE : FATE_INSERT;
    batch->hashes[batch->count] = hash;
    bson_writer_end(batch->writer);
    return batch->fates[batch->count++];
}

bool batch_is_full(const struct batch *batch)
{
    return batch->count == BATCH_DOCUMENTS || bson_writer_get_length(batch->writer) >= BATCH_BYTES;
}

void batch_view(const struct batch *batch, size_t number, bson_t *doc)
{
    const uint8_t *start = batch->bytes + batch->starts[number];
    uint32_t length;
    memcpy(&length, start, 4);
    if (!bson_init_static(doc, start, BSON_UINT32_FROM_LE(length)))
        abort();
}

/* The _id of a document, which is a string and comes first. */
static struct text document_id(const bson_t *doc)
{
    bson_iter_t it;
    uint32_t n = 0;
    const char *id = NULL;
    if (bson_iter_init_find(&it, doc, "_id") && BSON_ITER_HOLDS_UTF8(&it))
        id = bson_iter_utf8(&it, &n);
    return (struct text){id, n};
}

struct text batch_key(const struct batch *batch, size_t number)
{
    bson_t doc;
    batch_view(batch, number, &doc);
    return document_id(&doc);
}

void batch_index_make(struct batch_index *index, const struct batch *batch)
{
    memset(index, 0, sizeof *index);
    for (size_t i = 0; i < batch->count; i++) {
        struct text key = batch_key(batch, i);
        size_t slot = content_hash(key.bytes, key.n) % BATCH_SLOTS;
        while (index->slots[slot])
            slot = (slot + 1) % BATCH_SLOTS;
        index->slots[slot] = (uint16_t)(i + 1);
    }
}

size_t batch_index_find(const struct batch_index *index, const struct batch *batch, struct text key)
{
    size_t slot = content_hash(key.bytes, key.n) % BATCH_SLOTS;
    for (; index->slots[slot]; slot = (slot + 1) % BATCH_SLOTS)
        if (text_equal(batch_key(batch, index->slots[slot] - 1u), key))
            return index->slots[slot] - 1u;
    return batch->count;
}

static void set_fate(struct batch *batch, const struct batch_index *index, const bson_t *found)
{
    size_t i = batch_index_find(index, batch, document_id(found));
    bson_iter_t it;
    bool has_hash = bson_iter_init_find(&it, found, "hash") && BSON_ITER_HOLDS_INT64(&it);
    if (i < batch->count)
        batch->fates[i] = has_hash && bson_iter_int64(&it) == batch->hashes[i] ? FATE_UNCHANGED : FATE_UPDATE;
}

bool batch_look_up(struct batch *batch, mongoc_collection_t *collection, struct error *err)
{
    struct batch_index index;
    struct text keys[BATCH_DOCUMENTS];
    mongoc_cursor_t *cursor;
    const bson_t *found;
    bson_error_t why;
    bool ok;
    for (size_t i = 0; i < batch->count; i++) {
        keys[i] = batch_key(batch, i);
        batch->fates[i] = FATE_INSERT;
    }
    batch_index_make(&index, batch);
    cursor = store_find(collection, keys, batch->count, "hash");
    while (mongoc_cursor_next(cursor, &found))
        set_fate(batch, &index, found);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "looking up what is loaded already", err);
    mongoc_cursor_destroy(cursor);
    return ok;
}

/* What finds the document that this one takes the place of. */
static void append_filter(const struct batch *batch, const bson_t *doc, bool router, bson_t *filter)
{
    struct text key = document_id(doc);
    if (router && batch->kind == KIND_ORDER)
        shard_filter(filter, doc);
    else
        bson_append_utf8(filter, "_id", 3, key.bytes, (int)key.n);
}

static bool add_operations(const struct batch *batch, mongoc_bulk_operation_t *bulk, bool router, size_t *operations,
                           bson_error_t *why)
{
    /* What is read is checked to be UTF-8, and keys are ours: no need to validate again. */
    bson_t *trusted = BCON_NEW("validate", BCON_BOOL(false));
    bson_t *upsert = BCON_NEW("validate", BCON_BOOL(false), "upsert", BCON_BOOL(true));
    bool ok = true;
    *operations = 0;
    for (size_t i = 0; i < batch->count && ok; i++) {
        bson_t doc;
        if (batch->fates[i] == FATE_UNCHANGED)
            continue;
        batch_view(batch, i, &doc);
        if (batch->fates[i] == FATE_INSERT) {
            ok = mongoc_bulk_operation_insert_with_opts(bulk, &doc, trusted, why);
        } else {
            bson_t filter = BSON_INITIALIZER;
            append_filter(batch, &doc, router, &filter);
            ok = mongoc_bulk_operation_replace_one_with_opts(bulk, &filter, &doc, upsert, why);
            bson_destroy(&filter);
        }
        ++*operations;
    }
    bson_destroy(upsert);
    bson_destroy(trusted);
    return ok;
}

bool batch_send(struct batch *batch, mongoc_collection_t *collection, bool router, bool *exists, struct error *err)
{
    bson_t *options = BCON_NEW("ordered", BCON_BOOL(false));
    mongoc_bulk_operation_t *bulk = mongoc_collection_create_bulk_operation_with_opts(collection, options);
    bson_error_t why;
    size_t operations;
    bool ok = add_operations(batch, bulk, router, &operations, &why);
    *exists = false;
    if (ok && operations)
        ok = mongoc_bulk_operation_execute(bulk, NULL, &why);
    if (!ok && why.code == CODE_DUPLICATE_KEY)
        *exists = true;
    else if (!ok)
        db_error(&why, "writing a batch of documents", err);
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(options);
    return ok;
}

#include "loader/rollup_book.h"
#include "core/dataset.h"
#include "core/day.h"

#include <string.h>

static const char READING[] = "reading the state of the rollups", WRITING[] = "writing the state of the rollups";

/* A copy of the list or object under key, or an empty one. */
static bson_t *copy_of(const bson_t *doc, const char *key)
{
    bson_iter_t it;
    const uint8_t *bytes;
    uint32_t n;
    if (!doc || !bson_iter_init_find(&it, doc, key))
        return bson_new();
    if (BSON_ITER_HOLDS_DOCUMENT(&it))
        bson_iter_document(&it, &n, &bytes);
    else if (BSON_ITER_HOLDS_ARRAY(&it))
        bson_iter_array(&it, &n, &bytes);
    else
        return bson_new();
    return bson_new_from_data(bytes, n);
}

static void read_days(const bson_t *doc, const char *key, struct touched_days *days)
{
    bson_iter_t it, day;
    if (!doc || !bson_iter_init_find(&it, doc, key) || !BSON_ITER_HOLDS_ARRAY(&it) || !bson_iter_recurse(&it, &day))
        return;
    while (bson_iter_next(&day))
        if (BSON_ITER_HOLDS_DATE_TIME(&day))
            touched_add(days, day_from_ms(bson_iter_date_time(&day)));
}

static bool read_document(mongoc_client_t *client, const char *database, const char *id, bson_t **doc,
                          struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(id));
    bool ok = db_first(client, database, DATASET_COLLECTION, filter, NULL, doc, READING, err);
    bson_destroy(filter);
    return ok;
}

bool rollup_book_read(mongoc_client_t *client, const char *database, struct rollup_book *book, struct error *err)
{
    bson_t *data = NULL, *own = NULL;
    bson_iter_t it;
    bool ok;
    rollup_book_release(book);
    ok = read_document(client, database, DATASET_ID, &data, err) &&
         read_document(client, database, ROLLUPS_ID, &own, err);
    book->listed = copy_of(data, "rollups");
    book->collections = copy_of(own, "collections");
    book->last_build = own ? db_number(own, "last_build") : 0;
    book->old_builds = own && bson_iter_init_find(&it, own, "old_builds") && bson_iter_as_bool(&it);
    read_days(own, "closed_days", &book->closed);
    bson_destroy(data);
    bson_destroy(own);
    return ok;
}

void rollup_book_release(struct rollup_book *book)
{
    bson_destroy(book->listed);
    bson_destroy(book->collections);
    touched_release(&book->closed);
    *book = (struct rollup_book){0};
}

bool rollup_book_find(const struct rollup_book *book, const char *name, struct listed_rollup *listed)
{
    bson_iter_t it;
    bson_t entry;
    const uint8_t *bytes;
    uint32_t n;
    if (!bson_iter_init_find(&it, book->listed, name) || !BSON_ITER_HOLDS_DOCUMENT(&it))
        return false;
    bson_iter_document(&it, &n, &bytes);
    if (!bson_init_static(&entry, bytes, n))
        return false;
    db_text(&entry, "hash", listed->hash, sizeof listed->hash);
    listed->build = db_number(&entry, "build");
    listed->rows = db_number(&entry, "rows");
    return true;
}

void rollup_book_append(bson_t *list, const char *name, const struct listed_rollup *listed)
{
    bson_t entry;
    BSON_APPEND_DOCUMENT_BEGIN(list, name, &entry);
    BSON_APPEND_UTF8(&entry, "hash", listed->hash);
    BSON_APPEND_INT64(&entry, "build", listed->build);
    BSON_APPEND_INT64(&entry, "rows", listed->rows);
    bson_append_document_end(list, &entry);
}

bool rollup_book_owns(const struct rollup_book *book, const char *name)
{
    bson_iter_t it;
    if (!bson_iter_init(&it, book->collections))
        return false;
    while (bson_iter_next(&it))
        if (BSON_ITER_HOLDS_UTF8(&it) && strcmp(bson_iter_utf8(&it, NULL), name) == 0)
            return true;
    return false;
}

bool rollup_book_write(mongoc_client_t *client, const char *database, const struct rollup_book *book, struct error *err)
{
    bson_t *doc = BCON_NEW("_id", BCON_UTF8(ROLLUPS_ID), "last_build", BCON_INT64(book->last_build), "old_builds",
                           BCON_BOOL(book->old_builds), "collections", BCON_ARRAY(book->collections));
    bson_t days;
    bool ok;
    BSON_APPEND_ARRAY_BEGIN(doc, "closed_days", &days);
    for (size_t i = 0; i < book->closed.count; i++) {
        char number[16];
        const char *key;
        size_t n = bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        bson_append_date_time(&days, key, (int)n, day_to_ms(book->closed.days[i]));
    }
    bson_append_array_end(doc, &days);
    ok = db_put(client, database, DATASET_COLLECTION, doc, WRITING, err);
    bson_destroy(doc);
    return ok;
}

bool rollup_book_orders(mongoc_client_t *client, const char *database, int64_t *orders, struct error *err)
{
    bson_t *data = NULL;
    bson_iter_t it, child;
    bool ok = read_document(client, database, DATASET_ID, &data, err);
    *orders = data && bson_iter_init(&it, data) && bson_iter_find_descendant(&it, "counts.orders", &child)
                  ? bson_iter_as_int64(&child)
                  : 0;
    bson_destroy(data);
    return ok;
}

bool rollup_book_list(mongoc_client_t *client, const char *database, const bson_t *listed, struct error *err)
{
    mongoc_collection_t *meta = mongoc_client_get_collection(client, database, DATASET_COLLECTION);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(DATASET_ID));
    bson_t *update = BCON_NEW("$set", "{", "rollups", BCON_DOCUMENT(listed), "}");
    bson_error_t why;
    bool ok = mongoc_collection_update_one(meta, filter, update, NULL, NULL, &why);
    if (!ok)
        db_error(&why, WRITING, err);
    bson_destroy(update);
    bson_destroy(filter);
    mongoc_collection_destroy(meta);
    return ok;
}

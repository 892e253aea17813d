#include "loader/rollup_book.h"
#include "core/dataset.h"
#include "core/day.h"
#include "loader/fence.h"

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
    book->left_out = copy_of(own, "left_out");
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
    bson_destroy(book->left_out);
    touched_release(&book->closed);
    *book = (struct rollup_book){0};
}

/* What a list says of a rollup; it lives as long as the list. */
static bool find_entry(const bson_t *list, const char *name, bson_t *entry)
{
    bson_iter_t it;
    const uint8_t *bytes;
    uint32_t n;
    if (!bson_iter_init_find(&it, list, name) || !BSON_ITER_HOLDS_DOCUMENT(&it))
        return false;
    bson_iter_document(&it, &n, &bytes);
    return bson_init_static(entry, bytes, n);
}

bool rollup_book_find(const struct rollup_book *book, const char *name, struct listed_rollup *listed)
{
    bson_t entry;
    if (!find_entry(book->listed, name, &entry))
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

bool rollup_book_find_left_out(const struct rollup_book *book, const char *name, struct left_out *left_out)
{
    bson_t entry;
    bson_iter_t it;
    *left_out = (struct left_out){.version = 0};
    if (!find_entry(book->left_out, name, &entry))
        return false;
    db_text(&entry, "hash", left_out->hash, sizeof left_out->hash);
    left_out->version = db_number(&entry, "version");
    left_out->flaw.is = true;
    left_out->flaw.has_day = bson_iter_init_find(&it, &entry, "day") && BSON_ITER_HOLDS_DATE_TIME(&it);
    if (left_out->flaw.has_day)
        left_out->flaw.day = day_from_ms(bson_iter_date_time(&it));
    db_text(&entry, "why", left_out->flaw.why, sizeof left_out->flaw.why);
    return true;
}

void rollup_book_append_left_out(bson_t *list, const char *name, const struct left_out *left_out)
{
    bson_t entry;
    BSON_APPEND_DOCUMENT_BEGIN(list, name, &entry);
    BSON_APPEND_UTF8(&entry, "hash", left_out->hash);
    BSON_APPEND_INT64(&entry, "version", left_out->version);
    if (left_out->flaw.has_day)
        BSON_APPEND_DATE_TIME(&entry, "day", day_to_ms(left_out->flaw.day));
    BSON_APPEND_UTF8(&entry, "why", left_out->flaw.why);
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

bool rollup_book_write(mongoc_client_t *client, const char *database, struct lock *lock, const struct rollup_book *book,
                       struct error *err)
{
    bson_t *doc = BCON_NEW("_id", BCON_UTF8(ROLLUPS_ID), "last_build", BCON_INT64(book->last_build), "old_builds",
                           BCON_BOOL(book->old_builds), "collections", BCON_ARRAY(book->collections), "left_out",
                           BCON_DOCUMENT(book->left_out));
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
    ok = lock_confirm(lock, client, err) && db_put(client, database, DATASET_COLLECTION, doc, WRITING, err);
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

bool rollup_book_list(mongoc_client_t *client, const char *database, const struct lock *lock, const bson_t *listed,
                      struct error *err)
{
    bson_t *set = BCON_NEW("rollups", BCON_DOCUMENT(listed));
    bool ok = fence_set(lock, client, database, set, err);
    bson_destroy(set);
    return ok;
}

#include "loader/fence.h"
#include "core/dataset.h"

enum { CODE_DUPLICATE_KEY = 11000 };

static const char RAISING[] = "saying who writes the state of the data";

static mongoc_collection_t *meta_of(mongoc_client_t *client, const char *database)
{
    return mongoc_client_get_collection(client, database, DATASET_COLLECTION);
}

void fence_match(bson_t *filter, const struct lock *lock)
{
    BSON_APPEND_UTF8(filter, "_id", DATASET_ID);
    BSON_APPEND_UTF8(filter, DATASET_HOLDER, lock_token(lock));
}

/* *matched says whether there was such a document. */
static bool set_where(mongoc_client_t *client, const char *database, const bson_t *filter, const bson_t *set,
                      bool *matched, const char *what, struct error *err)
{
    mongoc_collection_t *meta = meta_of(client, database);
    bson_t update = BSON_INITIALIZER, reply;
    bson_iter_t it;
    bson_error_t why;
    bool ok;
    BSON_APPEND_DOCUMENT(&update, "$set", set);
    ok = mongoc_collection_update_one(meta, filter, &update, NULL, &reply, &why);
    if (!ok)
        db_error(&why, what, err);
    *matched = ok && bson_iter_init_find(&it, &reply, "matchedCount") && bson_iter_as_int64(&it) == 1;
    bson_destroy(&reply);
    bson_destroy(&update);
    mongoc_collection_destroy(meta);
    return ok;
}

bool fence_set(const struct lock *lock, mongoc_client_t *client, const char *database, const bson_t *set,
               struct error *err)
{
    bson_t filter = BSON_INITIALIZER;
    bool ok, matched;
    fence_match(&filter, lock);
    ok = set_where(client, database, &filter, set, &matched, "writing the state of the data", err);
    bson_destroy(&filter);
    return ok && (matched || lock_was_lost(err));
}

/* Puts the token where there is no document. */
static bool insert(const struct lock *lock, mongoc_client_t *client, const char *database, bool *done,
                   struct error *err)
{
    mongoc_collection_t *meta = meta_of(client, database);
    bson_t doc = BSON_INITIALIZER;
    bson_error_t why;
    bool ok;
    fence_match(&doc, lock);
    *done = mongoc_collection_insert_one(meta, &doc, NULL, NULL, &why);
    ok = *done || why.code == CODE_DUPLICATE_KEY;
    if (!ok)
        db_error(&why, RAISING, err);
    bson_destroy(&doc);
    mongoc_collection_destroy(meta);
    return ok;
}

/* Puts the token in place of the one that was read. */
static bool replace(const struct lock *lock, mongoc_client_t *client, const char *database, const bson_t *before,
                    bool *done, struct error *err)
{
    bson_t filter = BSON_INITIALIZER, *set = BCON_NEW(DATASET_HOLDER, BCON_UTF8(lock_token(lock)));
    bson_iter_t it;
    bool ok;
    BSON_APPEND_UTF8(&filter, "_id", DATASET_ID);
    if (bson_iter_init_find(&it, before, DATASET_HOLDER))
        bson_append_iter(&filter, DATASET_HOLDER, -1, &it);
    else
        BSON_APPEND_NULL(&filter, DATASET_HOLDER); /* that is: no such field */
    ok = set_where(client, database, &filter, set, done, RAISING, err);
    bson_destroy(set);
    bson_destroy(&filter);
    return ok;
}

/* The lock is ours after the token before ours was read, so that it is not the one of a load that has taken over from
 * us; and it is ours after our token was written, so that no load has come and gone in between. */
bool fence_raise(struct lock *lock, mongoc_client_t *client, const char *database, struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(DATASET_ID));
    bool ok = true, done = false;
    while (ok && !done) {
        bson_t *doc = NULL;
        ok = db_first(client, database, DATASET_COLLECTION, filter, NULL, &doc, RAISING, err) &&
             lock_confirm(lock, client, err) &&
             (doc ? replace(lock, client, database, doc, &done, err) : insert(lock, client, database, &done, err));
        bson_destroy(doc);
    }
    bson_destroy(filter);
    return ok && lock_confirm(lock, client, err);
}

bool fence_lower(const struct lock *lock, mongoc_client_t *client, const char *database)
{
    mongoc_collection_t *meta = meta_of(client, database);
    bson_t ours = BSON_INITIALIZER, nothing_else = BSON_INITIALIZER;
    bson_t *update = BCON_NEW("$unset", "{", DATASET_HOLDER, BCON_UTF8(""), "}");
    bool ok;
    fence_match(&ours, lock);
    fence_match(&nothing_else, lock);
    BSON_APPEND_NULL(&nothing_else, "version");
    ok = mongoc_collection_delete_one(meta, &nothing_else, NULL, NULL, NULL) &&
         mongoc_collection_update_one(meta, &ours, update, NULL, NULL, NULL);
    bson_destroy(update);
    bson_destroy(&ours);
    bson_destroy(&nothing_else);
    mongoc_collection_destroy(meta);
    return ok;
}

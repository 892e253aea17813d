/* The database that a load writes to: its collections, and what is in them at the start.
 *
 * With --replace a load fills collections of its own, next_orders and its like, which take the place of the others when
 * all is in them: readers never see half of it. With --dry-run nothing is written at all. */
#ifndef KPI_LOADER_STORE_H
#define KPI_LOADER_STORE_H

#include "core/db.h"
#include "core/options.h"
#include "loader/arena.h"
#include "loader/lock.h"
#include "loader/schema.h"

struct store {
    struct db *db;           /* whose commands may compute for minutes */
    struct db *brief;        /* the same database: for commands that never take long */
    mongoc_client_t *client; /* of the main thread */
    bool replace, dry_run;
    bool router; /* the server is mongos: see shard.h */
    long retry_seconds;
    struct lock *lock;      /* not owned; NULL with --dry-run */
    bool empty[KIND_COUNT]; /* the kind's collection holds nothing at the start, or is to be replaced */
};

/* Connects to the database that the options name, and takes from them how it is to be written. False: err says what
 * helps, and the store is empty. */
bool store_reach(struct store *store, const struct options *options, struct error *err);
void store_leave(struct store *store); /* an empty store is fine */

/* Looks what is there; with --replace drops what an earlier attempt left. */
bool store_open(struct store *store, struct error *err);

/* Makes those collections that are not there, so that pipelines may join with a kind of which there is none. */
bool store_create(const struct store *store, struct error *err);

/* Removes all documents of what was empty at the start. */
bool store_clear(const struct store *store, struct error *err);

/* The collection that documents of a kind go to. */
const char *store_collection(const struct store *store, enum kind kind);
mongoc_collection_t *store_get(const struct store *store, mongoc_client_t *client, enum kind kind);

/* Puts those new collections that are there into the places of the old ones: all of them, or what a load that ended in
 * the midst of it has left to do. May be repeated. */
bool store_swap(const struct store *store, struct error *err);

/* Appends {field: {$in: […]}}. */
void store_filter(bson_t *filter, const char *field, const struct text *keys, size_t count);

/* A find by keys, of a few thousand at most; with only _id and the field `projection`, or with all (NULL). The caller
 * destroys the cursor. */
mongoc_cursor_t *store_find(mongoc_collection_t *collection, const struct text *keys, size_t count,
                            const char *projection);

#endif

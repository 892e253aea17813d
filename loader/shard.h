/* A sharded cluster: its router (mongos) is told to spread the orders over the shards, by day and _id.
 *
 * Of all collections only that of the orders grows without end; the others stay whole. In it an _id is unique on each
 * shard only, an upsert must name the whole key, and a document whose key changes may have to move to another shard. So
 * behind a router an order is replaced by its day and _id, and one that was there under another day is taken away from
 * there in the same transaction that writes it anew: at no moment is it missing, or there twice. */
#ifndef KPI_LOADER_SHARD_H
#define KPI_LOADER_SHARD_H

#include "loader/batch.h"
#include "loader/store.h"

/* Sets store->router. With `wanted`, which is --shard, it is an error when the server is none. */
bool shard_look(struct store *store, bool wanted, struct error *err);

/* Spreads the collection that orders go to, when that is wanted, or was so before and the collection is replaced.
 * Sharding what is sharded by the same key changes nothing. */
bool shard_orders(const struct store *store, bool wanted, struct error *err);

/* Brings the orders of a batch that are stored under another day to the day that they have now. Behind a router, before
 * the batch is sent; any thread. */
bool shard_move(const struct store *store, mongoc_client_t *client, const struct batch *batch, struct error *err);

/* The commands, which the caller destroys. */
bson_t *shard_enable_command(const char *database);
bson_t *shard_index_command(const char *collection);
bson_t *shard_collection_command(const char *database, const char *collection);

/* Appends what finds an order on its shard: its day and its _id. */
void shard_filter(bson_t *filter, const bson_t *order);

#endif

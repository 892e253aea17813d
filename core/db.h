/* The MongoDB connection: a pool of libmongoc clients with time limits that suit a server.
 *
 * A pool may be used from any thread; a client by one thread at a time, between db_pop() and db_push(). */
#ifndef KPI_CORE_DB_H
#define KPI_CORE_DB_H

#include "core/error.h"
#include <mongoc/mongoc.h>

struct db;

struct db_config {
    const char *uri;
    const char *name;          /* the database */
    const char *app_name;      /* as the server's logs show it; must live as long as the pool */
    unsigned pool_size;        /* clients at most */
    unsigned pool_least;       /* that are needed at once: a URI whose maxPoolSize is less cannot be used */
    unsigned query_timeout_ms; /* the longest that one command may take; the socket's limit is a second more */
};

/* For mongoc_log_set_handler(): the driver's own messages are for those who debug; what failed is said by its caller.
 */
void db_driver_says(mongoc_log_level_t level, const char *domain, const char *message, void *unused);

/* Checks URI and database name and makes the pool; does not connect. NULL: err says what is wrong, without the URI's
 * password. mongoc_init() must have been called. The caller frees with db_free(), after all clients came back. */
struct db *db_new(const struct db_config *config, struct error *err);
void db_free(struct db *db); /* NULL is fine */

const char *db_name(const struct db *db);

/* A client, or NULL when none came free within 5 s. */
mongoc_client_t *db_pop(struct db *db, struct error *err);
void db_push(struct db *db, mongoc_client_t *client); /* NULL is fine */

/* A client beside the pool, for one thread, whose commands wait for their answers no longer than that, and which has
 * one connection and nothing that runs in the background. The caller destroys it before the pool. NULL with err. */
mongoc_client_t *db_client_new(const struct db *db, unsigned timeout_ms, struct error *err);

/* How many clients are out, how many there may be, and how often none came free, for metrics. */
struct db_pool_counts {
    unsigned in_use, most;
    uint64_t timeouts;
};
struct db_pool_counts db_pool_counts(const struct db *db);

/* Asks the server for a ping. False with ERROR_UNAVAILABLE when it does not answer within 2 s or so. */
bool db_ping(struct db *db, struct error *err);

/* A copy of the first document that matches, which the caller destroys; NULL where there is none. options (sort,
 * projection) may be NULL. `what` as in db_error(). */
bool db_first(mongoc_client_t *client, const char *database, const char *collection, const bson_t *filter,
              const bson_t *options, bson_t **found, const char *what, struct error *err);

/* A field of a document: its text, cut to the room, or ""; its number, or 0. */
void db_text(const bson_t *doc, const char *name, char *out, size_t room);
int64_t db_number(const bson_t *doc, const char *name);

/* Replaces the document of that _id in the collection, or inserts it. `what` as in db_error(). */
bool db_put(mongoc_client_t *client, const char *database, const char *collection, const bson_t *doc, const char *what,
            struct error *err);

/* Translates a driver's error: the kind from its domain and code, a sentence that is safe to show; the driver's own
 * words go to the log. `what` names the action: "reading orders". */
void db_error(const bson_error_t *from, const char *what, struct error *err);

#endif

/* What `meta` says of rollups: the list of those that are whole, in the document of the data, for readers; and a
 * document of the loader's own, which says what collections it has made for rollups and how often one was built. */
#ifndef KPI_LOADER_ROLLUP_BOOK_H
#define KPI_LOADER_ROLLUP_BOOK_H

#include "core/rollup.h"
#include "loader/lock.h"
#include "loader/touched.h"

#define ROLLUPS_ID "rollups" /* in `meta` */

/* One that is listed. */
struct listed_rollup {
    char hash[HASH_TEXT_MAX];
    int64_t build;
    int64_t rows;
};

/* Why a rollup must not be read, though it was built. Zeroed: it may be. */
struct rollup_flaw {
    bool is;
    bool has_day; /* an order of that day is the reason: as long as the day is not touched it stays one */
    int64_t day;
    char why[400]; /* a sentence without its full stop */
};

/* One that was built and must not be read; nothing but another declaration or other data changes that. */
struct left_out {
    char hash[HASH_TEXT_MAX];
    int64_t version; /* of the data that it was found out by */
    struct rollup_flaw flaw;
};

struct rollup_book {
    bson_t *listed;             /* {NAME: {hash, build, rows}}, empty where `meta` lists none; owned */
    bson_t *collections;        /* [NAME, …]; owned */
    bson_t *left_out;           /* {NAME: {hash, version, day, why}}; owned */
    int64_t last_build;         /* numbers up to this one are used */
    bool old_builds;            /* there may be some that nobody reads */
    struct touched_days closed; /* days of which the last load that touched any has closed rows */
};

/* The caller releases the book, also when it cannot be read. */
bool rollup_book_read(mongoc_client_t *client, const char *database, struct rollup_book *book, struct error *err);
void rollup_book_release(struct rollup_book *book);

/* Whether a rollup of that name is listed, and how. */
bool rollup_book_find(const struct rollup_book *book, const char *name, struct listed_rollup *listed);

void rollup_book_append(bson_t *list, const char *name, const struct listed_rollup *listed);

/* The same of those that must not be read. */
bool rollup_book_find_left_out(const struct rollup_book *book, const char *name, struct left_out *left_out);
void rollup_book_append_left_out(bson_t *list, const char *name, const struct left_out *left_out);

/* Whether the loader has made a collection of that name. */
bool rollup_book_owns(const struct rollup_book *book, const char *name);

/* Writes the loader's own document, before a collection is made or a build begun; not when the lock is lost. */
bool rollup_book_write(mongoc_client_t *client, const char *database, struct lock *lock, const struct rollup_book *book,
                       struct error *err);

/* How many orders there are, as `meta` says; 0 where it does not. */
bool rollup_book_orders(mongoc_client_t *client, const char *database, int64_t *orders, struct error *err);

/* Writes the list alone, where the version of the data stays the same; not when another load has taken over (fence.h).
 */
bool rollup_book_list(mongoc_client_t *client, const char *database, const struct lock *lock, const bson_t *listed,
                      struct error *err);

#endif

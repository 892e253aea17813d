/* What `meta` says of rollups: the list of those that are whole, in the document of the data, for readers; and a
 * document of the loader's own, which says what collections it has made for rollups and how often one was built. */
#ifndef KPI_LOADER_ROLLUP_BOOK_H
#define KPI_LOADER_ROLLUP_BOOK_H

#include "core/db.h"
#include "core/rollup.h"
#include "loader/touched.h"

#define ROLLUPS_ID "rollups" /* in `meta` */

/* One that is listed. */
struct listed_rollup {
    char hash[HASH_TEXT_MAX];
    int64_t build;
    int64_t rows;
};

struct rollup_book {
    bson_t *listed;             /* {NAME: {hash, build, rows}}, empty where `meta` lists none; owned */
    bson_t *collections;        /* [NAME, …]; owned */
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

/* Whether the loader has made a collection of that name. */
bool rollup_book_owns(const struct rollup_book *book, const char *name);

/* Writes the loader's own document, before a collection is made or a build begun. */
bool rollup_book_write(mongoc_client_t *client, const char *database, const struct rollup_book *book,
                       struct error *err);

/* How many orders there are, as `meta` says; 0 where it does not. */
bool rollup_book_orders(mongoc_client_t *client, const char *database, int64_t *orders, struct error *err);

/* Writes the list alone, where the version of the data stays the same. */
bool rollup_book_list(mongoc_client_t *client, const char *database, const bson_t *listed, struct error *err);

#endif

/* What a load writes down about itself: its document in `imports`, and the state of the data in `meta`, which is
 * written last, so that a reader who sees a new version sees all of it. */
#ifndef KPI_LOADER_RECORD_BOOK_H
#define KPI_LOADER_RECORD_BOOK_H

#include "loader/assemble.h"

enum { IMPORT_ID_MAX = 40 };

struct import {
    char id[IMPORT_ID_MAX]; /* the version that it makes, and a digest of what it loads: a load that is repeated after
                             * it ended half-way has the same */
    char content[65];       /* SHA-256 of the files' digests and of how they are read */
    int64_t target_version; /* of the data, if the load changes anything */
    int attempts;           /* how often it was begun, this time included */
    bool started_empty;     /* no order was there before it */
    bool wrote;             /* it has begun to write documents */
    bool listing;           /* it is done, and its files are not all written down in `files` (unlisted.h) */
    bool swapping;          /* of --replace: it has begun to put its collections in place of the old; not when done */
    int64_t started_ms;
    const char *timezone;
    const struct fileset *files;
    const struct cleaning *cleaning;
    const struct rejects *rejects;
    int64_t data_version; /* 0: not known yet */
};

/* Names the import of these files: `version` is that of the data before it. */
void import_begin(struct import *import, const char *reading, bool replace, int64_t version);

/* Writes the import's document: running, done, or failed with the error's sentence. False also when another load has
 * taken the very import up since: then its document is left. */
bool import_write(const struct import *import, mongoc_client_t *client, const char *database, const char *status,
                  const char *sentence, struct error *err);

/* What a load makes of the data. */
struct meta_change {
    const struct writer *writer;
    const struct facts *facts;
    const char *currency, *zone;
    int64_t target_version;
    const bson_t *rollups; /* the list of those that the new version may be answered from */
    bool unfinished;       /* it may have repeated a load that left something behind (unfinished.h) */
    bool recount;          /* the documents are counted, whatever `meta` says */
    bool replaced; /* what `meta` says of the data is of other data: this load, or one before that did not come to its
                    * end, has replaced all. `facts` are of all orders */
};

/* Brings `meta` up to date after a load that changed something, or that repeats one that may have: the data then has
 * the target version. *version is that which there is now. May be repeated. Nothing is changed when another load has
 * taken over (fence.h), however late this one notices. */
bool meta_write(const struct store *store, const struct meta_change *change, int64_t *version, struct error *err);

/* Says in `meta` that what comes next changes orders in place; meta_write() says that it has ended. Where there is no
 * `meta` yet nobody reads them. May be repeated. */
bool meta_say_writing(const struct store *store, struct error *err);

#endif

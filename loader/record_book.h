/* What a load writes down about itself: its document in `imports`, and the state of the data in `meta`, which is
 * written last, so that a reader who sees a new version sees all of it. */
#ifndef KPI_LOADER_RECORD_BOOK_H
#define KPI_LOADER_RECORD_BOOK_H

#include "loader/assemble.h"

enum { IMPORT_ID_MAX = 40 };

struct import {
    char id[IMPORT_ID_MAX]; /* YYYYMMDDTHHMMSSZ- and six digits that tell loads of one second apart */
    int64_t started_ms, finished_ms;
    const char *timezone;
    const struct fileset *files;
    const struct cleaning *cleaning;
    const struct rejects *rejects;
    int64_t data_version; /* 0: not known yet */
};

void import_begin(struct import *import);

/* Writes the import's document: running, done, or failed with the error's sentence. */
bool import_write(const struct import *import, mongoc_client_t *client, const char *database, const char *status,
                  const char *sentence, struct error *err);

/* Brings `meta` up to date after a load that changed something, or that repeats one that may have (unfinished.h), and
 * says the version of the data; *version is that which was there when nothing changed. */
bool meta_write(mongoc_client_t *client, const char *database, const struct writer *writer, const struct facts *facts,
                const char *currency, const char *zone, bool unfinished, int64_t *version, struct error *err);

#endif

/* The star schema for BI tools: a table of facts and its dimensions, kept up to date from what is loaded.
 *
 * Its state is a document of `meta`, which says the version of the data that the tables are of, and nothing while they
 * are being written. When that is not the version which the load found, or the definitions have changed, all is
 * computed again: so a load that was killed, or that ran without the star schema, leaves nothing wrong for long. */
#ifndef KPI_LOADER_STAR_H
#define KPI_LOADER_STAR_H

#include "loader/lock.h"
#include "loader/touched.h"

#define STAR_ID "star" /* in `meta` */

struct star_summary {
    bool written; /* something was to be done */
    bool whole;   /* all was computed again */
    size_t days;  /* else how many days of facts were */
};

/* Brings the tables up to date. To be called when dimensions and orders are written and before `meta` is. import_id:
 * what the documents carry that this load wrote; version: what `meta` is going to say if anything was touched. False:
 * the database is away, a definition is wrong, or another load has taken the lock over. */
bool star_update(mongoc_client_t *client, const char *database, struct lock *lock, const char *pipelines_dir,
                 const char *import_id, int64_t version, const struct touched_days *touched,
                 struct star_summary *summary, struct error *err);

/* The version of the data that the tables have stayed at, in *version, when it is another than the one given; 0 when
 * there are none or they are up to date. */
void star_is_behind(mongoc_client_t *client, const char *database, int64_t data_version, int64_t *version);

#endif

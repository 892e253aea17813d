/* One database, one time zone and one currency: days and hours that are stored by the clock of one zone do not mix with
 * those of another, nor do amounts. */
#ifndef KPI_LOADER_DATASET_CHECK_H
#define KPI_LOADER_DATASET_CHECK_H

#include "core/dataset.h"
#include "core/error.h"
#include <mongoc/mongoc.h>
#include <stdbool.h>

/* Whether what the database holds was loaded in that zone and currency; else err says in which, and what to do. A load
 * that did not end counts too: part of it may be there. Not to be asked by a load that starts over (--replace). */
bool dataset_check(mongoc_client_t *client, const char *database, const struct dataset *dataset, const char *zone,
                   const char *currency, struct error *err);

#endif

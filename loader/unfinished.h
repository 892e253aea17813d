/* Loads that ended before they wrote what they changed into `meta`: killed, failed, or stopped half-way.
 *
 * What such a load has written is in the collections, and the load that repeats it finds it "unchanged". So an import
 * says whether meta accounts for it ("settled"), and the next load that ends well makes a new version for those that it
 * finds unsettled. No clock is compared. */
#ifndef KPI_LOADER_UNFINISHED_H
#define KPI_LOADER_UNFINISHED_H

#include "core/error.h"
#include <mongoc/mongoc.h>

/* Before a load writes its own import: those still marked running are marked interrupted. *found says whether any
 * import is unsettled. */
bool unfinished_find(mongoc_client_t *client, const char *database, bool *found, struct error *err);

/* After meta was written: it accounts for all of them now. */
bool unfinished_settle(mongoc_client_t *client, const char *database, struct error *err);

#endif

/* Loads that ended before they wrote what they changed into `meta`: killed, failed, or stopped half-way.
 *
 * What such a load has written is in the collections, and the load that repeats it finds it "unchanged". So an import
 * says whether meta accounts for it ("settled"), and the next load that ends well makes a new version for those that it
 * finds unsettled. No clock is compared: whoever holds the lock is the only load. */
#ifndef KPI_LOADER_UNFINISHED_H
#define KPI_LOADER_UNFINISHED_H

#include "loader/record_book.h"

struct unfinished {
    bool same;   /* an earlier attempt at this very import: its id and target version are the import's now */
    bool others; /* loads of something else */
    bool same_started_empty;
    bool replaced; /* one of the others has put its collections in place of the old (--replace): `meta` says nothing of
                    * them */
};

/* Before a load looks at anything: where one with --replace ended while it put its collections in place of the old, of
 * which some refer to others, the rest of them are put there too, and `meta` says how they are to be read. *completed
 * says that it was so. May be repeated. */
bool unfinished_complete_swap(const struct store *store, bool *completed, struct error *err);

/* Whether there are imports that are not settled; to be asked under the lock. */
bool unfinished_is_any(const struct store *store, bool *any, struct error *err);

/* Before a load writes its own import: its attempts are counted, those still marked running are marked interrupted, and
 * those that have written something which meta does not account for are looked for. */
bool unfinished_find(const struct store *store, struct import *import, struct unfinished *found, struct error *err);

/* After meta was written: it accounts for all of them now. */
bool unfinished_settle(const struct store *store, struct error *err);

#endif

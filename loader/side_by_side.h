/* Doing several things that only ask the database, or nobody, two at a time: a few cores are kept busy, and a load ends
 * sooner. */
#ifndef KPI_LOADER_SIDE_BY_SIDE_H
#define KPI_LOADER_SIDE_BY_SIDE_H

#include "core/db.h"

/* Does the thing of that number. Two may run at once: each writes to its own place in context. */
typedef bool side_by_side_work(void *context, mongoc_client_t *client, size_t number, struct error *err);

/* Does all things from 0 to count, with the caller's client and one more, and waits for them. False: one failed, or the
 * load is to stop; those not begun are left. */
bool side_by_side(struct db *db, mongoc_client_t *client, size_t count, side_by_side_work *work, void *context,
                  struct error *err);

#endif

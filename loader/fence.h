/* The fence around the state of the data: the field `holder` of the document `data` in `meta`, which has the token of
 * the load that holds the lock (lock.h).
 *
 * A load that is stopped for a while, or whose message lies on the way, does not know that another one has taken over:
 * asking before a write is not enough. So every write to that document names the token in its filter, in one operation,
 * and who takes the lock writes his own there before he looks at anything: what others have on its way changes nothing
 * from then on. Where no load has come to its end yet the document has nothing but the token, and is no state of the
 * data (dataset.h). */
#ifndef KPI_LOADER_FENCE_H
#define KPI_LOADER_FENCE_H

#include "loader/lock.h"

/* Writes the token of `lock`, which must have just been taken. False: the database is away, or the lock is lost. */
bool fence_raise(struct lock *lock, mongoc_client_t *client, const char *database, struct error *err);

/* Takes the token away, if it is this lock's, and with it a document that has nothing else. False: the database did not
 * do it. A token that is left stops nobody: who takes the lock writes his own over it. */
bool fence_lower(const struct lock *lock, mongoc_client_t *client, const char *database);

/* Appends what the document must be like: {_id: "data", holder: token}. */
void fence_match(bson_t *filter, const struct lock *lock);

/* {$set: …} on the document. False, with nothing changed, when another load has taken over. May be repeated. */
bool fence_set(const struct lock *lock, mongoc_client_t *client, const char *database, const bson_t *set,
               struct error *err);

#endif

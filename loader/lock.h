/* The lock that lets one load at a time write to a database: the document {_id: "load"} of the collection `locks`, with
 * who holds it and a beat that is renewed every few seconds.
 *
 * Whoever finds the lock held waits. A holder whose beat has not moved for a while is dead, and so is one of this very
 * machine whose process is gone: then the lock is taken over. No clock of another machine is believed. */
#ifndef KPI_LOADER_LOCK_H
#define KPI_LOADER_LOCK_H

#include "core/db.h"

struct lock;

/* Takes the lock, waiting up to wait_seconds for it. NULL: err says who holds it, or why the database does not answer.
 * A thread of its own renews the beat, with a connection of db's. */
struct lock *lock_take(struct db *db, long wait_seconds, struct error *err);

/* Whether it is still ours, to be asked before every write: false, with err set, when another load took it over because
 * we did not move for too long. Asks the database with `client` when the last beat is some time ago. Any thread. */
bool lock_held(struct lock *lock, mongoc_client_t *client, struct error *err);

/* The same, and the database is asked in any case: whoever has computed something from the data is certain that nobody
 * else has changed them meanwhile. False also when the database does not answer. */
bool lock_confirm(struct lock *lock, mongoc_client_t *client, struct error *err);

/* Says in err that another load has taken over; false. */
bool lock_was_lost(struct error *err);

/* What tells this holder from all others. */
const char *lock_token(const struct lock *lock);

/* Gives it back, and lowers the fence (fence.h). NULL is fine. */
void lock_release(struct lock *lock);

#endif

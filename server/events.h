/* Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): who listens is told of each new
 * data version, of definitions that were reloaded, and of a database that is away. A listener costs a connection, with
 * it about 24 KiB, and no thread.
 *
 * The id of the first kind is the data version: a client that comes back says in Last-Event-ID which it has seen, and
 * is told at once when there is a newer one. Any thread. */
#ifndef KPI_SERVER_EVENTS_H
#define KPI_SERVER_EVENTS_H

#include "core/dataset.h"
#include "server/keys.h"
#include "server/stream.h"
#include "server/subject.h"
#include <stddef.h>
#include <stdint.h>

enum { EVENTS_BEAT_S = 15 };

struct events;

struct events *events_new(unsigned listeners_most); /* NULL: out of memory */
void events_free(struct events *events);

/* Adds a listener and takes over the writer's end of its stream. subject: who listens. seen: the id of the last event
 * that it has, or NULL. Where all places are taken, the subject that has most of them gives up the one that it has held
 * longest, to who has clearly fewer: nobody keeps the others out.
 * False when there is no place, or no more are taken: the stream is the caller's still. */
bool events_join(struct events *events, struct stream *stream, const struct subject *subject, const char *seen);

/* Tells all of a new state of the data. */
void events_publish(struct events *events, const struct dataset *dataset);

/* Tells all that the definitions of KPIs are others, or are known to have other mistakes. It has no id, so that one
 * that comes back still says which data it has seen; who missed it is not told. */
void events_publish_definitions(struct events *events, size_t kpis, size_t mistakes);

/* Tells all that the database is away, or answers again. It has no id either. */
void events_publish_database(struct events *events, bool answers);

/* To be called about every second: forgets listeners that have left. When EVENTS_BEAT_S are over, each of the others
 * gets a comment, so that connections stay open on their way and those that were lost without a word are noticed. */
void events_tend(struct events *events, uint64_t now_us);

/* To be called about every second where keys are asked for: whose key is not among them any more listens no longer, and
 * is refused when it comes back. */
void events_expel(struct events *events, struct keys *keys);

/* How many listen, as far as is known. */
unsigned events_count(struct events *events);
unsigned events_most(const struct events *events);

/* Ends all listeners' answers and takes no more: for the end of a graceful stop. */
void events_close(struct events *events);

#endif

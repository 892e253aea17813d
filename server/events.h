/* Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): who listens is told of each new
 * data version. A listener costs a connection and about 32 KiB, and no thread.
 *
 * The id of an event is the data version: a client that comes back says in Last-Event-ID which it has seen, and is told
 * at once when there is a newer one. Any thread. */
#ifndef KPI_SERVER_EVENTS_H
#define KPI_SERVER_EVENTS_H

#include "core/dataset.h"
#include "server/stream.h"
#include <stdint.h>

enum { EVENTS_BEAT_S = 15 };

struct events;

struct events *events_new(unsigned listeners_most); /* NULL: out of memory */
void events_free(struct events *events);

/* Adds a listener and takes over the writer's end of its stream. seen: the id of the last event that it has, or NULL.
 * False when there are too many already, or no more are taken: the stream is the caller's still. */
bool events_join(struct events *events, struct stream *stream, const char *seen);

/* Tells all of a new state of the data. */
void events_publish(struct events *events, const struct dataset *dataset);

/* To be called about every second: forgets listeners that have left. When EVENTS_BEAT_S are over, each of the others
 * gets a comment, so that connections stay open on their way and those that were lost without a word are noticed. */
void events_tend(struct events *events, uint64_t now_us);

/* How many listen, as far as is known. */
unsigned events_count(struct events *events);

/* Ends all listeners' answers and takes no more: for the end of a graceful stop. */
void events_close(struct events *events);

#endif

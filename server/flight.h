/* One computation for each question at a time: who asks what is being computed already waits for that.
 *
 * A flight is a job for the workers that belongs to no request; requests board it, suspended, and hold no thread. When
 * it lands all get the one answer, or the one error. Requests wait here for the next look at the data as well. A
 * request that has waited until its deadline is routed anew, marked late, and is content with an older answer then.
 *
 * Any thread. No lock is held while a request's answer is made but for its own words. */
#ifndef KPI_SERVER_FLIGHT_H
#define KPI_SERVER_FLIGHT_H

#include "server/kept.h"
#include "server/server.h"
#include "server/stream.h"

struct flights;

struct flight {
    struct job job;
    struct server *server;
    struct library *library; /* a reference */
    struct question *question;
    struct cache_id id;
    struct stream *stream; /* the writer's end of an answer that one of them gets alone, or NULL; closed with the job */
    bool whole;            /* all of that has been written */
    /* of flight.c */
    struct workers *workers;
    struct flight *next;
    struct request *waiters;
    bool asked_for; /* by those who wait alone: when they have left it need not be run */
    bool landed;
};

struct flights *flights_new(struct server *server, struct error *err); /* starts a thread */
void flights_free(struct flights *flights);                            /* NULL is fine; no flight may be left */

/* A flight for that question, which these workers run; takes over both references, also when it is NULL: out of memory.
 */
struct flight *flight_new(struct server *server, struct workers *workers, struct library *library,
                          struct question *question, struct cache_id id, job_run run);

/* Suspends the request until the flight of that id lands, or until the deadline, which is 0 where there is none. False:
 * there is no such flight. Without a request (NULL) the flight is run though nobody waits for it. True also when it was
 * refused at once, as too many wait: then request->response is set. */
bool flights_board(struct flights *flights, struct cache_id id, struct request *request, uint64_t deadline_us);

/* Lets the flight go, and the request with it, which may be NULL: then nobody waits. Takes the flight over; where one
 * of that id is on its way already the request boards that. */
void flights_start(struct flights *flights, struct flight *flight, struct request *request, uint64_t deadline_us);

/* Answers those who wait, all of them or those who want plain bytes; but who came when what was known at looked_us
 * could be known no longer is routed anew. After all were answered nobody boards any more. Returns whether somebody
 * waits still. */
bool flight_land(struct flight *flight, struct kept *kept, uint64_t looked_us, bool all);

/* What is computed is too long to be shared: answers one of those who wait with flight->stream, whose headers head has,
 * and says whether he wants it compressed; all others are routed anew, marked to be alone. Nobody boards any more.
 * False: nobody was there to be answered, and the stream's reader is gone. */
bool flight_hand_over(struct flight *flight, const struct response *head, uint64_t looked_us, bool *gzip);

/* Tells all who wait that there is no answer. */
void flight_fail(struct flight *flight, const struct error *err);

/* Suspends the request until the data have been looked at again, or until the deadline; then it is routed anew. */
void flights_await_look(struct flights *flights, struct request *request, uint64_t deadline_us);

/* The data have been looked at, or could not be. */
void flights_looked(struct flights *flights);

/* To be called about every second, as nobody else looks at connections that are suspended: those whose client has
 * closed it wait no more. */
void flights_tend(struct flights *flights);

/* Answers all with 503, and whoever comes later: for the end of a graceful stop. */
void flights_close(struct flights *flights);

struct flight_counts {
    uint64_t collapsed; /* requests that waited for what another had asked for */
    unsigned waiting;
};
struct flight_counts flights_counts(struct flights *flights);

#endif

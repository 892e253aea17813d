/* The workers: a pool of threads, each with a connection to the database, that do what must not hold up the HTTP
 * threads.
 *
 * A job belongs to one suspended request. It is made and submitted by a handler on an HTTP thread; the worker fills the
 * request's answer and resumes the connection, and touches neither afterwards. */
#ifndef KPI_SERVER_WORKERS_H
#define KPI_SERVER_WORKERS_H

#include "core/db.h"
#include "server/exposition.h"
#include "server/request.h"

struct workers;
struct job;

/* Fills response from job data on a worker's thread. */
typedef void (*job_run)(struct job *job, mongoc_client_t *client);

struct job {
    job_run run;
    void (*release)(struct job *job); /* frees the job and what it holds */
    void (*abandon)(struct job *job); /* the server stops while a job runs that has answered; from another thread, and
                                         must not block; NULL where no job goes on after its answer */
    bool (*unwanted)(
        struct job *job); /* of a job that belongs to no request: whether nobody waits for it any more, or will */
    struct response response;
    bool gzip; /* the request admits it */
    /* of workers.c */
    struct request *request; /* NULL: nobody waits for the answer, or has it already */
    bool goes_on;            /* after its answer */
    struct workers *workers;
    uint64_t queued_us;
    struct job *next;
    struct job *next_active;
};

struct workers *workers_new(struct server *server, unsigned threads, unsigned queue_most, struct error *err);

/* Takes the job, suspends the request's connection and queues it. When the queue is full, or the database is known to
 * be away, the request is answered with 503 at once and the job released. */
void workers_submit(struct workers *workers, struct job *job, struct request *request);

/* Queues a job that belongs to no request. False: the queue is full, or the end has come; the job is the caller's
 * still. */
bool workers_queue(struct workers *workers, struct job *job);

/* For a job that goes on after its answer, such as one that makes a stream: hands job->response over now. False when
 * nobody waits for it. */
bool workers_answer(struct job *job);

/* For a job that belongs to no request and is about to answer one with a stream: from now on it is abandoned when the
 * server stops. False: it stops already. */
bool workers_go_on(struct job *job);

/* To be called about every second, as nobody else looks at connections that are suspended. Answers those whose client
 * has closed it with 499: a job that waits is not run then, one that runs goes on for nobody. Those that have waited
 * for a worker since before waiting_since_us get 503, and all that wait while the database is known to be away: those
 * that run may find that out much later. */
void workers_tend(struct workers *workers, uint64_t waiting_since_us);

/* For metrics. */
struct workers_counts {
    unsigned waiting, running, threads;
    uint64_t refused;        /* as the queue was full */
    uint64_t expired;        /* as no thread came free in time */
    struct histogram waited; /* for a thread, of those that got one */
};
struct workers_counts workers_counts(struct workers *workers);

/* Answers every job that is not done with 503 and resumes its connection, and abandons those that have answered: for
 * the end of a graceful stop. */
void workers_abandon(struct workers *workers);

/* Stops the threads and waits for them; false when one is still busy after timeout_ms: then nothing is freed. */
bool workers_free(struct workers *workers, int timeout_ms);

#endif

/* The workers: a pool of threads, each with a connection to the database, that do what must not hold up the HTTP
 * threads.
 *
 * A job belongs to one suspended request. It is made and submitted by a handler on an HTTP thread; the worker fills the
 * request's answer and resumes the connection, and touches neither afterwards. */
#ifndef KPI_SERVER_WORKERS_H
#define KPI_SERVER_WORKERS_H

#include "core/db.h"
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

struct workers *workers_new(struct db *db, unsigned threads, unsigned queue_most, struct error *err);

/* Takes the job, suspends the request's connection and queues it. When the queue is full the request is answered with
 * 503 at once and the job released. */
void workers_submit(struct workers *workers, struct job *job, struct request *request);

/* For a job that goes on after its answer, such as one that makes a stream: hands job->response over now. False when
 * nobody waits for it. */
bool workers_answer(struct job *job);

/* To be called about every second, as nobody else looks at connections that are suspended. Answers those whose client
 * has closed it with 499: a job that waits is not run then, one that runs goes on for nobody. Those that have waited
 * for a worker since before waiting_since_us get 503. */
void workers_tend(struct workers *workers, uint64_t waiting_since_us);

/* Jobs that wait and jobs that run, for metrics. */
void workers_counts(struct workers *workers, unsigned *waiting, unsigned *running);

/* Answers every job that is not done with 503 and resumes its connection, and abandons those that have answered: for
 * the end of a graceful stop. */
void workers_abandon(struct workers *workers);

/* Stops the threads and waits for them; false when one is still busy after timeout_ms: then nothing is freed. */
bool workers_free(struct workers *workers, int timeout_ms);

#endif

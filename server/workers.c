#include "server/workers.h"
#include "core/log.h"
#include "core/wait.h"
#include "server/server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct workers {
    struct server *server;
    pthread_mutex_t lock;
    pthread_cond_t work;     /* a job was queued, or the end has come */
    pthread_cond_t finished; /* a thread has ended */
    struct job *first, **last;
    struct job *active; /* being run, linked by next_active */
    unsigned waiting, running, queue_most;
    unsigned threads, alive;
    uint64_t refused, expired;
    struct histogram waited;
    bool stopping;
    pthread_t ids[];
};

/* Hands the answer over and wakes the connection. With the lock held: after it nobody may touch the request. */
static void deliver(struct job *job)
{
    struct request *request = job->request;
    if (!request)
        return;
    job->request = NULL;
    request->response = job->response;
    job->response = (struct response){0};
    MHD_resume_connection(request->connection);
}

/* A worker that asks a database that is away waits until that is certain: a few such jobs would hold up all. While it
 * is known, nobody asks but the one who looks after it (look.c), about every second. What belongs to no request decides
 * for itself. */
static bool refuse_away(struct server *server, struct response *response)
{
    bool away = server_knows_database_away(server);
    if (away)
        server_answer_away(server, response);
    return away;
}

static void run(struct workers *workers, struct job *job)
{
    struct db *db = workers->server->db;
    struct error err = {0};
    mongoc_client_t *client = NULL;
    if (job->unwanted || !refuse_away(workers->server, &job->response))
        client = db_pop(db, &err);
    if (client)
        job->run(job, client);
    else if (!job->response.status)
        response_error(&job->response, &err);
    db_push(db, client);
    if (!job->response.vary)
        job->response.vary = MHD_HTTP_HEADER_ACCEPT_ENCODING;
    if (job->gzip)
        response_compress(&job->response);
}

/* With the lock held: takes the first of the queue. NULL: the end has come. */
static struct job *take(struct workers *workers)
{
    struct job *job;
    while (!workers->first && !workers->stopping)
        pthread_cond_wait(&workers->work, &workers->lock);
    job = workers->first;
    if (!job)
        return NULL;
    workers->first = job->next;
    if (!workers->first)
        workers->last = &workers->first;
    workers->waiting--;
    return job;
}

static bool nobody_wants(struct job *job)
{
    return job->request ? request_has_left(job->request) : job->unwanted(job);
}

static void answer_left(struct response *response)
{
    response_problem(response, HTTP_CLIENT_LEFT, "The connection was closed before the answer was there.");
}

/* With the lock held: a job of the queue has ended as its response says. */
static void end_unrun(struct job *job)
{
    deliver(job);
    response_release(&job->response);
    job->release(job);
}

static void *work(void *data)
{
    struct workers *workers = data;
    struct job *job, **p;
    pthread_mutex_lock(&workers->lock);
    while ((job = take(workers))) {
        if (nobody_wants(job)) {
            answer_left(&job->response);
            end_unrun(job);
            continue;
        }
        workers->running++;
        job->next_active = workers->active;
        workers->active = job;
        histogram_add(&workers->waited, server_now_us() - job->queued_us); /* is copied as a whole under the lock */
        pthread_mutex_unlock(&workers->lock);

        run(workers, job);

        pthread_mutex_lock(&workers->lock);
        for (p = &workers->active; *p != job; p = &(*p)->next_active)
            ;
        *p = job->next_active;
        workers->running--;
        deliver(job);
        response_release(&job->response);
        job->release(job);
    }
    workers->alive--;
    pthread_cond_signal(&workers->finished);
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct workers *workers_new(struct server *server, unsigned threads, unsigned queue_most, struct error *err)
{
    struct workers *workers = calloc(1, sizeof *workers + threads * sizeof workers->ids[0]);
    if (!workers) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    workers->server = server;
    workers->queue_most = queue_most;
    workers->last = &workers->first;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->work, NULL);
    wait_init(&workers->finished);
    for (; workers->threads < threads; workers->threads++) {
        int why;
        pthread_mutex_lock(&workers->lock);
        workers->alive++;
        pthread_mutex_unlock(&workers->lock);
        why = pthread_create(&workers->ids[workers->threads], NULL, work, workers);
        if (why) {
            workers->alive--;
            error_set(err, ERROR_INTERNAL, "a worker thread cannot be started: %s", strerror(why));
            workers_free(workers, 1000);
            return NULL;
        }
    }
    return workers;
}

/* With the lock held. False: there is no room. */
static bool enqueue(struct workers *workers, struct job *job)
{
    if (workers->stopping)
        return false;
    if (workers->waiting >= workers->queue_most) {
        workers->refused++;
        return false;
    }
    job->workers = workers;
    job->queued_us = server_now_us();
    job->next = NULL;
    *workers->last = job;
    workers->last = &job->next;
    workers->waiting++;
    pthread_cond_signal(&workers->work);
    return true;
}

bool workers_queue(struct workers *workers, struct job *job)
{
    bool ok;
    pthread_mutex_lock(&workers->lock);
    ok = enqueue(workers, job);
    pthread_mutex_unlock(&workers->lock);
    return ok;
}

void workers_submit(struct workers *workers, struct job *job, struct request *request)
{
    bool ok;
    if (refuse_away(workers->server, &request->response)) {
        job->release(job);
        return;
    }
    job->gzip = request_accepts_gzip(request);
    pthread_mutex_lock(&workers->lock);
    ok = enqueue(workers, job);
    if (ok) { /* no worker has it before the lock is given back: it can only resume what is suspended */
        request->waiting = true;
        request->again = false;
        MHD_suspend_connection(request->connection);
        job->request = request;
    }
    pthread_mutex_unlock(&workers->lock);
    if (ok)
        return;
    response_problem(&request->response, HTTP_UNAVAILABLE, "Too many requests are waiting; try again.");
    job->release(job);
}

bool workers_answer(struct job *job)
{
    bool waited;
    pthread_mutex_lock(&job->workers->lock);
    waited = job->goes_on = job->request != NULL;
    deliver(job);
    pthread_mutex_unlock(&job->workers->lock);
    return waited;
}

bool workers_go_on(struct job *job)
{
    pthread_mutex_lock(&job->workers->lock);
    job->goes_on = !job->workers->stopping;
    pthread_mutex_unlock(&job->workers->lock);
    return job->goes_on;
}

/* With the lock held: those in the queue that need not wait any more, or must not. */
static void tend_queue(struct workers *workers, uint64_t since_us, bool away)
{
    struct job **at = &workers->first, *job;
    while ((job = *at)) {
        bool left = nobody_wants(job), late = job->queued_us < since_us;
        if (!left && !away && !late) {
            at = &job->next;
            continue;
        }
        workers->expired += !left && !away;
        if (left)
            answer_left(&job->response);
        else if (away)
            server_answer_away(workers->server, &job->response);
        else
            response_problem(&job->response, HTTP_UNAVAILABLE, "No worker came free in time; try again.");
        *at = job->next;
        workers->waiting--;
        end_unrun(job);
    }
    workers->last = at;
}

void workers_tend(struct workers *workers, uint64_t waiting_since_us)
{
    bool away = server_knows_database_away(workers->server);
    struct job *job;
    pthread_mutex_lock(&workers->lock);
    tend_queue(workers, waiting_since_us, away);
    for (job = workers->active; job; job = job->next_active) {
        struct request *request = job->request;
        if (!request || !request_has_left(request))
            continue;
        job->request = NULL;
        answer_left(&request->response);
        MHD_resume_connection(request->connection);
    }
    pthread_mutex_unlock(&workers->lock);
}

struct workers_counts workers_counts(struct workers *workers)
{
    struct workers_counts counts;
    pthread_mutex_lock(&workers->lock);
    counts = (struct workers_counts){.waiting = workers->waiting,
                                     .running = workers->running,
                                     .threads = workers->threads,
                                     .refused = workers->refused,
                                     .expired = workers->expired,
                                     .waited = workers->waited};
    pthread_mutex_unlock(&workers->lock);
    return counts;
}

void workers_abandon(struct workers *workers)
{
    struct job *job, *next;
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    for (job = workers->active; job; job = job->next_active) {
        struct request *request = job->request;
        if (job->goes_on && job->abandon)
            job->abandon(job);
        if (!request)
            continue;
        job->request = NULL;
        response_problem(&request->response, HTTP_UNAVAILABLE, "The server is stopping.");
        MHD_resume_connection(request->connection);
    }
    for (job = workers->first; job; job = next) {
        next = job->next;
        response_problem(&job->response, HTTP_UNAVAILABLE, "The server is stopping.");
        end_unrun(job);
    }
    workers->first = NULL;
    workers->last = &workers->first;
    workers->waiting = 0;
    pthread_cond_broadcast(&workers->work);
    pthread_mutex_unlock(&workers->lock);
}

bool workers_free(struct workers *workers, int timeout_ms)
{
    struct timespec until = wait_until(timeout_ms);
    bool ended;
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->work);
    while (workers->alive && pthread_cond_timedwait(&workers->finished, &workers->lock, &until) == 0)
        ;
    ended = workers->alive == 0;
    pthread_mutex_unlock(&workers->lock);
    if (!ended)
        return false;
    for (unsigned i = 0; i < workers->threads; i++)
        pthread_join(workers->ids[i], NULL);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->work);
    pthread_cond_destroy(&workers->finished);
    free(workers);
    return true;
}

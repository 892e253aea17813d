#include "server/workers.h"
#include "core/log.h"
#include "server/server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct workers {
    struct db *db;
    pthread_mutex_t lock;
    pthread_cond_t work;     /* a job was queued, or the end has come */
    pthread_cond_t finished; /* a thread has ended */
    struct job *first, **last;
    struct job *active; /* being run, linked by next_active */
    unsigned waiting, running, queue_most;
    unsigned threads, alive;
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

static void run(struct workers *workers, struct job *job)
{
    struct error err = {0};
    mongoc_client_t *client = db_pop(workers->db, &err);
    if (client)
        job->run(job, client);
    else
        response_error(&job->response, &err);
    db_push(workers->db, client);
    if (!job->response.vary)
        job->response.vary = MHD_HTTP_HEADER_ACCEPT_ENCODING;
    if (job->gzip)
        response_compress(&job->response);
}

static void *work(void *data)
{
    struct workers *workers = data;
    pthread_mutex_lock(&workers->lock);
    while (true) {
        struct job *job = workers->first, **p;
        if (!job && workers->stopping)
            break;
        if (!job) {
            pthread_cond_wait(&workers->work, &workers->lock);
            continue;
        }
        workers->first = job->next;
        if (!workers->first)
            workers->last = &workers->first;
        workers->waiting--;
        workers->running++;
        job->next_active = workers->active;
        workers->active = job;
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

struct workers *workers_new(struct db *db, unsigned threads, unsigned queue_most, struct error *err)
{
    struct workers *workers = calloc(1, sizeof *workers + threads * sizeof workers->ids[0]);
    if (!workers) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    workers->db = db;
    workers->queue_most = queue_most;
    workers->last = &workers->first;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->work, NULL);
    pthread_cond_init(&workers->finished, NULL);
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

void workers_submit(struct workers *workers, struct job *job, struct request *request)
{
    bool ok;
    job->gzip = request_accepts_gzip(request);
    pthread_mutex_lock(&workers->lock);
    ok = !workers->stopping && workers->waiting < workers->queue_most;
    if (ok) {
        request->waiting = true;
        /* Suspended first: a worker can only resume what is suspended. */
        MHD_suspend_connection(request->connection);
        job->request = request;
        job->workers = workers;
        job->queued_us = server_now_us();
        job->next = NULL;
        *workers->last = job;
        workers->last = &job->next;
        workers->waiting++;
        pthread_cond_signal(&workers->work);
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

static void answer_left(struct response *response)
{
    response_problem(response, HTTP_CLIENT_LEFT, "The connection was closed before the answer was there.");
}

/* With the lock held: those in the queue that need not wait any more, or must not. */
static void tend_queue(struct workers *workers, uint64_t since_us)
{
    struct job **at = &workers->first, *job;
    while ((job = *at)) {
        bool left = request_has_left(job->request);
        if (!left && job->queued_us >= since_us) {
            at = &job->next;
            continue;
        }
        if (left)
            answer_left(&job->response);
        else
            response_problem(&job->response, HTTP_UNAVAILABLE, "No worker came free in time; try again.");
        *at = job->next;
        workers->waiting--;
        deliver(job);
        response_release(&job->response);
        job->release(job);
    }
    workers->last = at;
}

void workers_tend(struct workers *workers, uint64_t waiting_since_us)
{
    struct job *job;
    pthread_mutex_lock(&workers->lock);
    tend_queue(workers, waiting_since_us);
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

void workers_counts(struct workers *workers, unsigned *waiting, unsigned *running)
{
    pthread_mutex_lock(&workers->lock);
    *waiting = workers->waiting;
    *running = workers->running;
    pthread_mutex_unlock(&workers->lock);
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
        deliver(job);
        response_release(&job->response);
        job->release(job);
    }
    workers->first = NULL;
    workers->last = &workers->first;
    workers->waiting = 0;
    pthread_cond_broadcast(&workers->work);
    pthread_mutex_unlock(&workers->lock);
}

bool workers_free(struct workers *workers, int timeout_ms)
{
    struct timespec until;
    bool ended;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
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

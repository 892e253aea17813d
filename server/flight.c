#include "server/flight.h"
#include "server/kpi_kept.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TABLE_SIZE = 256, TICK_MS = 20 };

struct flights {
    struct server *server;
    pthread_t clock;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct flight *table[TABLE_SIZE];
    struct request *lookers; /* wait for a look at the data */
    unsigned waiting, deadlines;
    uint64_t collapsed;
    bool closed, stop;
};

/* All that follows up to flights_new() is called with the lock held. */

static struct flight **find_link(struct flights *flights, struct cache_id id)
{
    struct flight **at = &flights->table[id.a % TABLE_SIZE];
    while (*at && ((*at)->id.a != id.a || (*at)->id.b != id.b))
        at = &(*at)->next;
    return at;
}

/* Others come through, however many wait. */
static unsigned waiters_most(const struct flights *flights)
{
    return flights->server->config.capacity.connections / 4 * 3;
}

/* Suspends the request and puts it into the list. False when it was refused. */
static bool wait_in(struct flights *flights, struct request **list, struct request *request, uint64_t deadline_us)
{
    if (flights->closed || flights->waiting >= waiters_most(flights)) {
        response_problem(&request->response, HTTP_UNAVAILABLE, "%s",
                         flights->closed ? "The server is stopping." : "Too many requests are waiting; try again.");
        return false;
    }
    request->waiting = true;
    request->again = false;
    request->gzip = request_accepts_gzip(request);
    request->deadline_us = deadline_us;
    /* Suspended first: only what is suspended can be resumed. */
    MHD_suspend_connection(request->connection);
    request->next_waiter = *list;
    *list = request;
    flights->waiting++;
    if (deadline_us && !flights->deadlines++)
        pthread_cond_signal(&flights->wake);
    return true;
}

/* Takes the request out of its list and lets it go on: afterwards nobody here may touch it. */
static void resume(struct flights *flights, struct request **at)
{
    struct request *request = *at;
    *at = request->next_waiter;
    flights->waiting--;
    flights->deadlines -= request->deadline_us != 0;
    MHD_resume_connection(request->connection);
}

static void route_again(struct flights *flights, struct request **at, bool late)
{
    (*at)->again = true;
    (*at)->late |= late;
    resume(flights, at);
}

static void refuse_all(struct flights *flights, struct request **list, const char *sentence)
{
    while (*list) {
        response_problem(&(*list)->response, HTTP_UNAVAILABLE, "%s", sentence);
        resume(flights, list);
    }
}

static void end(struct flights *flights, struct flight *flight)
{
    struct flight **at = find_link(flights, flight->id);
    if (*at == flight)
        *at = flight->next;
    flight->landed = true;
}

static void wake_the_late(struct flights *flights, struct request **list, uint64_t now_us)
{
    while (*list) {
        if ((*list)->deadline_us && (*list)->deadline_us <= now_us)
            route_again(flights, list, true);
        else
            list = &(*list)->next_waiter;
    }
}

/* Looks at the deadlines, while there are any. */
static void *watch_the_clock(void *data)
{
    struct flights *flights = data;
    pthread_mutex_lock(&flights->lock);
    while (!flights->stop) {
        if (flights->deadlines) {
            struct timespec tick = {0, TICK_MS * 1000000L};
            uint64_t now_us = server_now_us();
            wake_the_late(flights, &flights->lookers, now_us);
            for (int i = 0; i < TABLE_SIZE; i++)
                for (struct flight *flight = flights->table[i]; flight; flight = flight->next)
                    wake_the_late(flights, &flight->waiters, now_us);
            pthread_mutex_unlock(&flights->lock);
            nanosleep(&tick, NULL);
            pthread_mutex_lock(&flights->lock);
        } else {
            pthread_cond_wait(&flights->wake, &flights->lock);
        }
    }
    pthread_mutex_unlock(&flights->lock);
    return NULL;
}

struct flights *flights_new(struct server *server, struct error *err)
{
    struct flights *flights = calloc(1, sizeof *flights);
    int why;
    if (!flights) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    flights->server = server;
    pthread_mutex_init(&flights->lock, NULL);
    pthread_cond_init(&flights->wake, NULL);
    why = pthread_create(&flights->clock, NULL, watch_the_clock, flights);
    if (!why)
        return flights;
    error_set(err, ERROR_INTERNAL, "a thread cannot be started: %s", strerror(why));
    free(flights);
    return NULL;
}

void flights_free(struct flights *flights)
{
    if (!flights)
        return;
    pthread_mutex_lock(&flights->lock);
    flights->stop = true;
    pthread_cond_signal(&flights->wake);
    pthread_mutex_unlock(&flights->lock);
    pthread_join(flights->clock, NULL);
    pthread_cond_destroy(&flights->wake);
    pthread_mutex_destroy(&flights->lock);
    free(flights);
}

/* With the lock held: nobody computed the answer. Who has an older one to be content with gets that. */
static void cancel(struct flights *flights, struct flight *flight, const char *sentence)
{
    while (flight->waiters) {
        if (flight->waiters->deadline_us && !flight->waiters->late) {
            route_again(flights, &flight->waiters, true);
        } else {
            response_problem(&flight->waiters->response, HTTP_UNAVAILABLE, "%s", sentence);
            resume(flights, &flight->waiters);
        }
    }
    end(flights, flight);
}

/* The end of the job, whether it was run or not. */
static void release_flight(struct job *job)
{
    struct flight *flight = (struct flight *)job;
    struct flights *flights = flight->server->flights;
    pthread_mutex_lock(&flights->lock);
    if (!flight->landed)
        cancel(flights, flight, "No worker came free in time; try again.");
    pthread_mutex_unlock(&flights->lock);
    if (flight->stream)
        stream_end(flight->stream, flight->whole);
    question_release(flight->question);
    library_release(flight->library);
    free(flight);
}

static void abandon_flight(struct job *job)
{
    stream_break(((struct flight *)job)->stream);
}

static bool is_unwanted(struct job *job)
{
    struct flight *flight = (struct flight *)job;
    struct flights *flights = flight->server->flights;
    bool unwanted;
    pthread_mutex_lock(&flights->lock);
    unwanted = flight->asked_for && !flight->waiters;
    if (unwanted)
        end(flights, flight); /* or somebody would board what is not going to be run */
    pthread_mutex_unlock(&flights->lock);
    return unwanted;
}

struct flight *flight_new(struct server *server, struct workers *workers, struct library *library,
                          struct question *question, struct cache_id id, job_run run)
{
    struct flight *flight = question ? calloc(1, sizeof *flight) : NULL;
    if (!flight) {
        question_release(question);
        library_release(library);
        return NULL;
    }
    flight->job.run = run;
    flight->job.release = release_flight;
    flight->job.unwanted = is_unwanted;
    flight->job.abandon = abandon_flight;
    flight->server = server;
    flight->workers = workers;
    flight->library = library;
    flight->question = question;
    flight->id = id;
    return flight;
}

bool flights_board(struct flights *flights, struct cache_id id, struct request *request, uint64_t deadline_us)
{
    struct flight *flight;
    pthread_mutex_lock(&flights->lock);
    flight = *find_link(flights, id);
    if (flight && request) {
        request->collapsed = true;
        flights->collapsed += wait_in(flights, &flight->waiters, request, deadline_us);
    } else if (flight) {
        flight->asked_for = false;
    }
    pthread_mutex_unlock(&flights->lock);
    return flight != NULL;
}

/* Puts the flight on its way. False when one of that id is already, or when its only passenger was refused. */
static bool depart(struct flights *flights, struct flight *flight, struct request *request, uint64_t deadline_us)
{
    struct flight **at;
    bool ok = true;
    pthread_mutex_lock(&flights->lock);
    at = find_link(flights, flight->id);
    if (request) {
        request->collapsed = *at != NULL;
        ok = wait_in(flights, *at ? &(*at)->waiters : &flight->waiters, request, deadline_us);
        flights->collapsed += ok && *at;
    }
    ok = ok && !*at && !flights->closed;
    if (ok) {
        flight->asked_for = request != NULL;
        *at = flight;
    }
    pthread_mutex_unlock(&flights->lock);
    return ok;
}

void flights_start(struct flights *flights, struct flight *flight, struct request *request, uint64_t deadline_us)
{
    if (!depart(flights, flight, request, deadline_us)) {
        flight->landed = true;
        release_flight(&flight->job);
    } else if (!workers_queue(flight->workers, &flight->job)) {
        pthread_mutex_lock(&flights->lock);
        cancel(flights, flight, "Too many requests are waiting; try again.");
        pthread_mutex_unlock(&flights->lock);
        release_flight(&flight->job);
    }
}

bool flight_land(struct flight *flight, struct kept *kept, uint64_t looked_us, bool all)
{
    struct flights *flights = flight->server->flights;
    struct request **at = &flight->waiters;
    bool others;
    pthread_mutex_lock(&flights->lock);
    while (*at) {
        struct request *request = *at;
        if (!all && request->gzip) {
            at = &request->next_waiter;
        } else if (look_covers(looked_us, request->started_us) ||
                   kpi_is_right(flight->server, kept, request->started_us)) {
            kept_answer(kept, &request->response, request->gzip, false,
                        request->collapsed ? cache_status_collapsed : cache_status_miss);
            resume(flights, at);
        } else {
            route_again(flights, at, false);
        }
    }
    others = flight->waiters;
    if (all)
        end(flights, flight);
    pthread_mutex_unlock(&flights->lock);
    return others;
}

bool flight_hand_over(struct flight *flight, const struct response *head, uint64_t looked_us, bool *gzip)
{
    struct flights *flights = flight->server->flights;
    bool given = false;
    pthread_mutex_lock(&flights->lock);
    while (flight->waiters) {
        struct request *request = flight->waiters;
        if (!given && look_covers(looked_us, request->started_us)) {
            given = true;
            *gzip = request->gzip;
            response_release(&request->response);
            request->response = *head;
            request->response.encoding = request->gzip ? "gzip" : NULL;
            request->response.stream = flight->stream;
            resume(flights, &flight->waiters);
        } else {
            request->alone = true;
            route_again(flights, &flight->waiters, false);
        }
    }
    end(flights, flight);
    pthread_mutex_unlock(&flights->lock);
    if (!given)
        stream_close(flight->stream);
    return given;
}

void flight_fail(struct flight *flight, const struct error *err)
{
    struct flights *flights = flight->server->flights;
    pthread_mutex_lock(&flights->lock);
    while (flight->waiters) {
        struct request *request = flight->waiters;
        /* Who has a deadline has an older answer to be content with. */
        if (err->kind == ERROR_UNAVAILABLE && request->deadline_us && !request->late) {
            route_again(flights, &flight->waiters, true);
        } else {
            response_error(&request->response, err);
            resume(flights, &flight->waiters);
        }
    }
    end(flights, flight);
    pthread_mutex_unlock(&flights->lock);
}

void flights_await_look(struct flights *flights, struct request *request, uint64_t deadline_us)
{
    bool waits;
    pthread_mutex_lock(&flights->lock);
    waits = wait_in(flights, &flights->lookers, request, deadline_us);
    pthread_mutex_unlock(&flights->lock);
    if (waits) /* the request may be gone by now */
        look_now(flights->server);
}

void flights_looked(struct flights *flights)
{
    pthread_mutex_lock(&flights->lock);
    while (flights->lookers)
        route_again(flights, &flights->lookers, false);
    pthread_mutex_unlock(&flights->lock);
}

static void let_the_left_go(struct flights *flights, struct request **list)
{
    while (*list) {
        if (request_has_left(*list)) {
            response_problem(&(*list)->response, HTTP_CLIENT_LEFT,
                             "The connection was closed before the answer was there.");
            resume(flights, list);
        } else {
            list = &(*list)->next_waiter;
        }
    }
}

void flights_tend(struct flights *flights)
{
    pthread_mutex_lock(&flights->lock);
    let_the_left_go(flights, &flights->lookers);
    for (int i = 0; i < TABLE_SIZE; i++)
        for (struct flight *flight = flights->table[i]; flight; flight = flight->next)
            let_the_left_go(flights, &flight->waiters);
    pthread_mutex_unlock(&flights->lock);
}

void flights_close(struct flights *flights)
{
    static const char sentence[] = "The server is stopping.";
    pthread_mutex_lock(&flights->lock);
    flights->closed = true;
    refuse_all(flights, &flights->lookers, sentence);
    for (int i = 0; i < TABLE_SIZE; i++)
        for (struct flight *flight = flights->table[i]; flight; flight = flight->next)
            refuse_all(flights, &flight->waiters, sentence);
    pthread_mutex_unlock(&flights->lock);
}

struct flight_counts flights_counts(struct flights *flights)
{
    struct flight_counts counts;
    pthread_mutex_lock(&flights->lock);
    counts = (struct flight_counts){.collapsed = flights->collapsed, .waiting = flights->waiting};
    pthread_mutex_unlock(&flights->lock);
    return counts;
}

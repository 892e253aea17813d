/* What the server knows of the data, and how that stays up to date. */
#include "core/log.h"
#include "core/wait.h"
#include "server/flight.h"
#include "server/kpi_kept.h"
#include "server/server.h"

#include <string.h>

enum {
    IDLE_INTERVAL_MS = 1000,
    BUSY_INTERVAL_MS = DATASET_LEASE_MS / 4, /* a look may be late by three of these, and hits go on */
    /* One small document is read: a database that needs longer for it answers nothing in time. A worker's connection
     * waits for as long as a pipeline may take; whoever wants to know whether there is a database must not. */
    LOOK_TIMEOUT_MS = 5000,
    REFUSED_MS = 1000, /* less than any of the driver's time limits */
};

struct dataset server_dataset(struct server *server)
{
    struct dataset dataset;
    pthread_rwlock_rdlock(&server->lock);
    dataset = server->dataset;
    pthread_rwlock_unlock(&server->lock);
    return dataset;
}

struct data_view server_view(struct server *server)
{
    struct data_view view;
    pthread_rwlock_rdlock(&server->lock);
    view = (struct data_view){.dataset = server->dataset,
                              .state = server->state,
                              .confirmed_us = server->confirmed_us,
                              .away = server->failed_us > 0};
    pthread_rwlock_unlock(&server->lock);
    return view;
}

uint64_t server_right_us(struct server *server, uint64_t state)
{
    uint64_t right_us = 0;
    pthread_rwlock_rdlock(&server->lock);
    if (state == server->state)
        right_us = server->confirmed_us;
    else if (state && state < server->state && server->state - state < STATES)
        right_us = server->since_us[(state + 1) % STATES];
    pthread_rwlock_unlock(&server->lock);
    return right_us;
}

bool server_is_young(const struct server *server, uint64_t right_us)
{
    return right_us && right_us + (uint64_t)server->config.max_stale_s * 1000000 > server_now_us();
}

bool look_covers(uint64_t confirmed_us, uint64_t asked_us)
{
    return confirmed_us && confirmed_us + INT64_C(1000) * DATASET_LEASE_MS >= asked_us;
}

bool server_reaches_database(struct server *server)
{
    bool answers;
    pthread_rwlock_rdlock(&server->lock);
    answers = server->database_answers;
    pthread_rwlock_unlock(&server->lock);
    return answers;
}

bool server_knows_database_away(struct server *server)
{
    return server_view(server).away;
}

void server_answer_away(struct server *server, struct response *response)
{
    struct error err;
    error_set(&err, ERROR_UNAVAILABLE, "the database is away");
    response_error(response, &err);
    metrics_refused_away(&server->metrics);
}

/* With the lock held: takes in what a look that began at that time has found. Whether that is another state. */
static bool take_in(struct server *server, const struct dataset *dataset, uint64_t begun_us)
{
    bool other = !server->state || server->dataset.print != dataset->print;
    server->dataset = *dataset;
    server->failed_us = 0;
    if (other) {
        server->since_us[(server->state + 1) % STATES] = begun_us;
        __atomic_store_n(&server->state, server->state + 1, __ATOMIC_RELEASE);
    }
    /* A first load does not wait until servers have seen it: before it every request is worth a look. */
    __atomic_store_n(&server->confirmed_us, dataset->loaded ? begun_us : begun_us - INT64_C(1000) * DATASET_LEASE_MS,
                     __ATOMIC_RELEASE);
    return other;
}

static void log_look(const struct dataset *dataset, bool other_version, bool ok, bool was, const struct error *err)
{
    if (other_version)
        log_event(LOG_INFO, "data version", LOG_INT("version", dataset->version));
    else if (ok && !was)
        log_event(LOG_INFO, "the database is back");
    else if (!ok && was)
        log_event(LOG_WARN, "the database is away", LOG_STR("reason", err->message));
}

bool server_look(struct server *server, mongoc_client_t *client, struct dataset *dataset, struct error *err)
{
    uint64_t ticket = __atomic_add_fetch(&server->looks, 1, __ATOMIC_RELAXED), begun_us = server_now_us();
    bool ok = dataset_read(client, db_name(server->db), dataset, err), was, other = false, other_version;
    int64_t old_version;
    if (!ok)
        __atomic_fetch_add(&server->look_failures, 1, __ATOMIC_RELAXED);
    pthread_rwlock_wrlock(&server->lock);
    if (ticket < server->last_look) { /* one that began later has ended already */
        pthread_rwlock_unlock(&server->lock);
        return ok;
    }
    server->last_look = ticket;
    was = server->database_answers;
    old_version = server->state ? server->dataset.version : -1;
    server->database_answers = ok;
    if (ok)
        other = take_in(server, dataset, begun_us);
    else
        server->failed_us = server_now_us();
    other_version = ok && dataset->version != old_version;
    if (ok != was)
        events_publish_database(server->events, ok);
    if (other_version) /* under the lock, so that versions are told in their order */
        events_publish(server->events, dataset);
    pthread_rwlock_unlock(&server->lock);
    log_look(dataset, other_version, ok, was, err);
    if (other)
        kpi_refresh(server);
    return ok;
}

/* How long the watcher may rest: while answers are given from the cache, their lease has to be renewed. */
static int interval_ms(struct server *server)
{
    return __atomic_exchange_n(&server->wanted, false, __ATOMIC_RELAXED) ? BUSY_INTERVAL_MS : IDLE_INTERVAL_MS;
}

/* With the lock held: rests until it is time, or until somebody cannot wait. */
static void rest(struct server *server)
{
    struct timespec until = wait_until(interval_ms(server));
    while (!server->watch_stop && !server->watch_now &&
           pthread_cond_timedwait(&server->watch_wake, &server->watch_lock, &until) == 0)
        ;
    server->watch_now = false;
}

/* The watcher's own way to the database. */
struct line {
    mongoc_client_t *client; /* NULL: to be made */
    bool refused;            /* it failed, and at once: nobody is there, or somebody else than before */
    bool pool_knows;         /* and the pool has learned of that */
};

/* A connection that fails is given up: what comes late is not the answer to the next look, and the driver does not ask
 * again for some seconds where it has just failed. */
static void look_by_itself(struct server *server, struct line *line)
{
    uint64_t begun_us = server_now_us();
    struct dataset dataset;
    struct error err = {0};
    bool ok;
    if (!line->client && !(line->client = db_client_new(server->db, LOOK_TIMEOUT_MS, &err)))
        return;
    ok = server_look(server, line->client, &dataset, &err);
    line->refused = !ok && server_now_us() - begun_us < REFUSED_MS * 1000ULL;
    line->pool_knows &= !ok;
    if (!ok) {
        mongoc_client_destroy(line->client);
        line->client = NULL;
    }
}

/* The pool's connections are gone with the database, too. One that is used forgets all of them; else each worker would
 * find out with the first request that comes when the database is back. Where it stands still it would only wait. */
static void tell_pool(struct server *server, struct line *line)
{
    struct error ignored;
    if (!line->refused || line->pool_knows)
        return;
    db_ping(server->db, &ignored);
    line->pool_knows = true;
}

static void *watch(void *data)
{
    struct server *server = data;
    struct line line = {0};
    pthread_mutex_lock(&server->watch_lock);
    while (!server->watch_stop) {
        pthread_mutex_unlock(&server->watch_lock);
        look_by_itself(server, &line);
        flights_looked(server->flights);
        tell_pool(server, &line);
        pthread_mutex_lock(&server->watch_lock);
        rest(server);
    }
    mongoc_client_destroy(line.client);
    server->watch_ended = true;
    pthread_cond_broadcast(&server->watch_wake);
    pthread_mutex_unlock(&server->watch_lock);
    return NULL;
}

bool look_start(struct server *server, struct error *err)
{
    int why;
    pthread_mutex_init(&server->watch_lock, NULL);
    wait_init(&server->watch_wake);
    why = pthread_create(&server->watcher, NULL, watch, server);
    if (why)
        error_set(err, ERROR_INTERNAL, "a thread cannot be started: %s", strerror(why));
    return why == 0;
}

void look_now(struct server *server)
{
    pthread_mutex_lock(&server->watch_lock);
    server->watch_now = true;
    pthread_cond_signal(&server->watch_wake);
    pthread_mutex_unlock(&server->watch_lock);
}

void look_tell_end(struct server *server)
{
    pthread_mutex_lock(&server->watch_lock);
    server->watch_stop = true;
    pthread_cond_signal(&server->watch_wake);
    pthread_mutex_unlock(&server->watch_lock);
}

bool look_end(struct server *server, int timeout_ms)
{
    struct timespec until = wait_until(timeout_ms);
    bool ended;
    pthread_mutex_lock(&server->watch_lock);
    while (!server->watch_ended && pthread_cond_timedwait(&server->watch_wake, &server->watch_lock, &until) == 0)
        ;
    ended = server->watch_ended;
    pthread_mutex_unlock(&server->watch_lock);
    if (!ended)
        return false;
    pthread_join(server->watcher, NULL);
    pthread_mutex_destroy(&server->watch_lock);
    pthread_cond_destroy(&server->watch_wake);
    return true;
}

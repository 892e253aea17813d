#include "loader/lock.h"
#include "core/wait.h"
#include "loader/arena.h"
#include "loader/fence.h"
#include "loader/progress.h"
#include "loader/silence.h"
#include "loader/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
    BEAT_SECONDS = 3,
    DEAD_SECONDS = 20,
    SURE_SECONDS = 8,
    POLL_MS = 250,
    CODE_DUPLICATE_KEY = 11000,
    TEXT_MAX = 80
};

struct lock {
    struct db *db;
    char token[40];
    pthread_t thread;
    bool thread_runs;
    struct silence *silence;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int64_t beat_ms; /* when the last beat was known to be ours */
    bool stop, lost;
};

/* Who holds the lock, as the document says. */
struct holder {
    bool found;
    char token[40], host[TEXT_MAX], boot[TEXT_MAX], since[40];
    int64_t pid, beat;
};

static mongoc_collection_t *locks_of(struct lock *lock, mongoc_client_t *client)
{
    return mongoc_client_get_collection(client, db_name(lock->db), "locks");
}

/* What tells the processes that we can see from all others: this start of this machine, and the namespace of process
 * numbers, since a container counts its own. Empty where it cannot be told. */
static void boot_id(char out[TEXT_MAX])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, 36);
    ssize_t more = n == 36 ? readlink("/proc/self/ns/pid", out + n, TEXT_MAX - 1 - (size_t)n) : -1;
    if (fd >= 0)
        close(fd);
    out[more > 0 ? n + more : 0] = '\0';
}

static bool read_holder(struct lock *lock, mongoc_client_t *client, struct holder *holder, struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8("load")), *doc = NULL;
    bool ok = db_first(client, db_name(lock->db), "locks", filter, NULL, &doc, "looking who loads", err);
    *holder = (struct holder){.found = doc};
    if (doc) {
        db_text(doc, "token", holder->token, sizeof holder->token);
        db_text(doc, "host", holder->host, sizeof holder->host);
        db_text(doc, "boot", holder->boot, sizeof holder->boot);
        db_text(doc, "since", holder->since, sizeof holder->since);
        holder->pid = db_number(doc, "pid");
        holder->beat = db_number(doc, "beat");
    }
    bson_destroy(doc);
    bson_destroy(filter);
    return ok;
}

static bson_t *our_document(const struct lock *lock)
{
    char host[TEXT_MAX] = "", boot[TEXT_MAX], since[40];
    struct timespec now;
    struct tm utc;
    if (gethostname(host, sizeof host - 1) != 0 || !*host || !bson_utf8_validate(host, strlen(host), false))
        strcpy(host, "a machine without a name");
    boot_id(boot);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S UTC", &utc);
    return BCON_NEW("_id", BCON_UTF8("load"), "token", BCON_UTF8(lock->token), "host", BCON_UTF8(host), "boot",
                    BCON_UTF8(boot), "pid", BCON_INT64(getpid()), "since", BCON_UTF8(since), "beat", BCON_INT64(0));
}

/* Puts our document where there is none, or over that of a dead holder. *taken says whether it is ours now. */
static bool try_to_take(struct lock *lock, mongoc_client_t *client, const struct holder *dead, bool *taken,
                        struct error *err)
{
    mongoc_collection_t *locks = locks_of(lock, client);
    bson_t *doc = our_document(lock), filter = BSON_INITIALIZER, reply;
    bson_iter_t it;
    bson_error_t why;
    bool ok;
    *taken = true;
    if (dead) {
        BSON_APPEND_UTF8(&filter, "_id", "load");
        BSON_APPEND_UTF8(&filter, "token", dead->token);
        BSON_APPEND_INT64(&filter, "beat", dead->beat);
        ok = mongoc_collection_replace_one(locks, &filter, doc, NULL, &reply, &why);
        *taken = ok && bson_iter_init_find(&it, &reply, "matchedCount") && bson_iter_as_int64(&it) == 1;
        bson_destroy(&reply);
    } else {
        ok = mongoc_collection_insert_one(locks, doc, NULL, NULL, &why);
        if (!ok && why.code == CODE_DUPLICATE_KEY) {
            *taken = false;
            ok = true;
        }
    }
    if (!ok)
        db_error(&why, "taking the lock", err);
    bson_destroy(&filter);
    bson_destroy(doc);
    mongoc_collection_destroy(locks);
    return ok;
}

/* Whether the holder ran on this machine, since it was last started, and does no more. */
static bool is_gone(const struct holder *holder)
{
    char boot[TEXT_MAX];
    boot_id(boot);
    return *boot && strcmp(boot, holder->boot) == 0 && holder->pid > 0 && kill((pid_t)holder->pid, 0) != 0 &&
           errno == ESRCH;
}

/* A clock that goes on while the machine is suspended. */
static int64_t boot_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nap(void)
{
    struct timespec time = {0, POLL_MS * 1000000L};
    nanosleep(&time, NULL);
}

static bool held_by(const struct holder *holder, long waited, struct error *err)
{
    error_set(err, ERROR_UNAVAILABLE,
              "another load is running: process %" PRId64 " on %s, since %s%s; run the command again after it, or "
              "wait longer with --lock-wait",
              holder->pid, holder->host, holder->since, waited ? ", and it has not ended in time" : "");
    return false;
}

/* Where nobody holds it, or somebody who is dead. */
static bool take_if_free(struct lock *lock, mongoc_client_t *client, const struct holder *holder, bool dead,
                         bool *taken, struct error *err)
{
    *taken = false;
    if (holder->found && !dead)
        return true;
    if (!try_to_take(lock, client, dead ? holder : NULL, taken, err))
        return false;
    if (*taken && dead)
        fprintf(stderr, "the lock of process %" PRId64 " on %s, which is dead, is taken over\n", holder->pid,
                holder->host);
    return true;
}

static bool wait_for_it(struct lock *lock, mongoc_client_t *client, long wait_seconds, struct error *err)
{
    struct holder holder = {0}, before = {0};
    int64_t start = progress_now_ms(), moved = start;
    bool said = false;
    for (;;) {
        bool taken, dead;
        if (!read_holder(lock, client, &holder, err))
            return false;
        if (strcmp(holder.token, before.token) != 0 || holder.beat != before.beat) {
            moved = progress_now_ms();
            before = holder;
        }
        dead = holder.found && (is_gone(&holder) || progress_now_ms() - moved >= DEAD_SECONDS * 1000LL);
        if (!take_if_free(lock, client, &holder, dead, &taken, err))
            return false;
        if (taken)
            return true;
        if (stop_asked(err))
            return false;
        if (!dead && holder.found && progress_now_ms() - start >= wait_seconds * 1000)
            return held_by(&holder, wait_seconds, err);
        if (!said && holder.found)
            fprintf(stderr, "waiting for another load: process %" PRId64 " on %s, since %s\n", holder.pid, holder.host,
                    holder.since);
        said = said || holder.found;
        nap();
    }
}

/* Renews the beat, and notes whether the lock is still ours. Of a database that does not answer nothing is noted. */
static bool beat(struct lock *lock, mongoc_client_t *client, struct error *err)
{
    int64_t asked_ms = boot_ms();
    mongoc_collection_t *locks = locks_of(lock, client);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8("load"), "token", BCON_UTF8(lock->token));
    bson_t *update = BCON_NEW("$inc", "{", "beat", BCON_INT64(1), "}"), reply;
    bson_iter_t it;
    bson_error_t why;
    bool ok = mongoc_collection_update_one(locks, filter, update, NULL, &reply, &why);
    bool ours = ok && bson_iter_init_find(&it, &reply, "matchedCount") && bson_iter_as_int64(&it) == 1;
    pthread_mutex_lock(&lock->mutex);
    if (ours)
        lock->beat_ms = asked_ms;
    lock->lost |= ok && !ours;
    pthread_mutex_unlock(&lock->mutex);
    if (!ok && err)
        db_error(&why, "looking whether the lock is still held", err);
    bson_destroy(&reply);
    bson_destroy(update);
    bson_destroy(filter);
    mongoc_collection_destroy(locks);
    return ok;
}

static void *keep_beating(void *context)
{
    struct lock *lock = context;
    struct error ignored;
    mongoc_client_t *client = db_pop(lock->db, &ignored);
    pthread_mutex_lock(&lock->mutex);
    while (!lock->stop && client) {
        struct timespec until = wait_until(BEAT_SECONDS * 1000);
        while (!lock->stop && pthread_cond_timedwait(&lock->changed, &lock->mutex, &until) != ETIMEDOUT)
            ;
        if (lock->stop)
            break;
        pthread_mutex_unlock(&lock->mutex);
        silence_begins(lock->silence);
        beat(lock, client, NULL);
        silence_ends(lock->silence);
        pthread_mutex_lock(&lock->mutex);
    }
    pthread_mutex_unlock(&lock->mutex);
    db_push(lock->db, client);
    return NULL;
}

static bool start_beating(struct lock *lock, struct error *err)
{
    wait_init(&lock->changed);
    pthread_mutex_init(&lock->mutex, NULL);
    lock->beat_ms = boot_ms();
    lock->silence = silence_new();
    lock->thread_runs = pthread_create(&lock->thread, NULL, keep_beating, lock) == 0;
    if (!lock->thread_runs)
        error_set(err, ERROR_INTERNAL, "no thread can be started");
    return lock->thread_runs;
}

struct lock *lock_take(struct db *db, long wait_seconds, struct error *err)
{
    struct lock *lock = memory_zeroed(1, sizeof *lock);
    mongoc_client_t *client = db_pop(db, err);
    uint64_t random[2] = {(uint64_t)progress_now_ms(), (uint64_t)getpid()};
    bool ok = client;
    lock->db = db;
    if (getrandom(random, sizeof random, 0) != sizeof random)
        random[0] ^= (uint64_t)time(NULL) << 32;
    snprintf(lock->token, sizeof lock->token, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
    ok = ok && wait_for_it(lock, client, wait_seconds, err);
    db_push(db, client);
    if (!ok) {
        free(lock);
        return NULL;
    }
    if (!start_beating(lock, err)) {
        lock_release(lock);
        return NULL;
    }
    return lock;
}

const char *lock_token(const struct lock *lock)
{
    return lock->token;
}

bool lock_was_lost(struct error *err)
{
    error_set(err, ERROR_INVALID,
              "this load did not move for more than %d s, and another one has taken over; "
              "run the command again after it",
              DEAD_SECONDS);
    return false;
}

static bool is_lost(struct lock *lock)
{
    bool lost;
    pthread_mutex_lock(&lock->mutex);
    lost = lock->lost;
    pthread_mutex_unlock(&lock->mutex);
    return lost;
}

bool lock_held(struct lock *lock, mongoc_client_t *client, struct error *err)
{
    bool sure;
    pthread_mutex_lock(&lock->mutex);
    sure = lock->lost || boot_ms() - lock->beat_ms < SURE_SECONDS * 1000LL;
    pthread_mutex_unlock(&lock->mutex);
    /* Where the database does not answer, the write that is going to be made will say so. */
    if (!sure)
        beat(lock, client, NULL);
    return !is_lost(lock) || lock_was_lost(err);
}

bool lock_confirm(struct lock *lock, mongoc_client_t *client, struct error *err)
{
    return beat(lock, client, err) && (!is_lost(lock) || lock_was_lost(err));
}

/* Takes the fence and our document away, if they are ours. */
static bool give_back(struct lock *lock)
{
    struct error ignored;
    mongoc_client_t *client = db_pop(lock->db, &ignored);
    mongoc_collection_t *locks = client ? locks_of(lock, client) : NULL;
    bson_t *filter = BCON_NEW("_id", BCON_UTF8("load"), "token", BCON_UTF8(lock->token));
    bool ok = client && fence_lower(lock, client, db_name(lock->db)) &&
              mongoc_collection_delete_one(locks, filter, NULL, NULL, NULL);
    bson_destroy(filter);
    mongoc_collection_destroy(locks);
    db_push(lock->db, client);
    return ok;
}

void lock_release(struct lock *lock)
{
    if (!lock)
        return;
    if (lock->thread_runs) {
        pthread_mutex_lock(&lock->mutex);
        lock->stop = true;
        pthread_cond_signal(&lock->changed);
        pthread_mutex_unlock(&lock->mutex);
        pthread_join(lock->thread, NULL);
    }
    if (!give_back(lock)) /* a connection that broke is made anew; whoever comes next does without, too */
        give_back(lock);
    silence_free(lock->silence);
    pthread_cond_destroy(&lock->changed);
    pthread_mutex_destroy(&lock->mutex);
    free(lock);
}

/* What all requests share: configuration, the catalogue in use, the state of the data, the workers, the counters.
 *
 * The catalogue and the data's state change while requests run: take them with server_library() and server_dataset().
 */
#ifndef KPI_SERVER_SERVER_H
#define KPI_SERVER_SERVER_H

#include "core/answer.h"
#include "core/db.h"
#include "core/mistakes.h"
#include "server/access.h"
#include "server/cache.h"
#include "server/capacity.h"
#include "server/clients.h"
#include "server/events.h"
#include "server/metrics.h"
#include "server/workers.h"
#include <pthread.h>

struct minder;
struct tls;

enum { SERVER_LIGHT_WORKERS = 2, SERVER_EXPORT_WORKERS = 4 };

struct server_config {
    const char *listen;
    const char *tls_certificate, *tls_key; /* files; NULL: no TLS */
    bool is_public;                        /* it may listen where others reach it, and asks nobody for a key */
    const char *pipelines;
    const char *sources; /* names with commas between: the only ones that may be used; NULL: all */
    unsigned workers, queue_most;
    int query_timeout_s, stop_timeout_s;
    unsigned idle_timeout_s;
    struct capacity capacity;
    struct access_config access;
    struct stream_pace pace; /* of who takes an answer that is sent while it is read */
    size_t cache_bytes;
    int fresh_wait_s; /* how long a request waits for a fresh answer where an old one is kept */
    int max_stale_s;  /* how long an old answer may still be given */
};

/* A body that stays the same, plain and compressed. */
struct document {
    char *bytes;
    size_t size;
    struct buffer gzip;
    char etag[48]; /* of the plain bytes */
};

/* The catalogue with what is made from it. */
struct library {
    struct catalog *catalog;
    struct document openapi; /* the OpenAPI document */
    struct document list;    /* the body of /v1/kpis */
    uint64_t number;         /* grows with each that takes the place of another */
    int references;
};

enum { STATES = 64 }; /* of the data, of which it is remembered when they ended */

struct server {
    struct server_config config;
    struct db *db;
    struct workers *workers; /* for KPIs */
    struct workers *exports; /* for answers that are sent while they are read, as slowly as their clients take them */
    struct workers *light;   /* for what must not wait behind them: readiness, status, menus */
    struct minder *minder;   /* of the connections of those that wait for them */
    struct metrics metrics;
    struct events *events;
    struct clients *clients;
    struct access *access; /* NULL: all may ask, and as often as they like */
    struct response_policy policy;
    struct tls *tls; /* NULL: none */
    uint64_t started_us;
    bool stopping;          /* atomic */
    int64_t started_ms;     /* since 1970 */
    uint64_t looks;         /* atomic: how often the state of the data has been asked for */
    uint64_t look_failures; /* atomic: and was not told */
    struct cache *cache;
    struct flights *flights;
    uint64_t library_number; /* atomic */
    /* Atomic: what hits need to know of the data. confirmed_us is set behind state, and read before it. */
    uint64_t state;        /* grows with every change of the data that was seen; 0 before they are known */
    uint64_t confirmed_us; /* when the last look began that found this state */
    bool wanted;           /* somebody has used that since the last look */

    pthread_rwlock_t lock; /* of what follows */
    struct library *library;
    struct dataset dataset;
    /* When the looks began that first saw the newest states, by state % STATES: what was right before that is old. */
    uint64_t since_us[STATES];
    uint64_t failed_us;                   /* when the last look failed; 0: it did not */
    uint64_t last_look;                   /* the number of the look that dataset is from */
    bool database_answers;                /* at the last look */
    struct buffer told_data, told_engine; /* what /v1/status had of the database last; empty before the first time */
    struct mistakes mistakes; /* in the files, as they were read last; what they concern is as it was before */
    struct mistakes warnings; /* of what is served and may not be meant */

    pthread_t watcher;
    pthread_mutex_t watch_lock;
    pthread_cond_t watch_wake;
    bool watch_now, watch_stop, watch_ended;
};

/* Loads the definitions and connects; the database need not answer yet. False with err; then server is empty. */
bool server_init(struct server *server, const struct server_config *config, struct db *db, struct error *err);
bool server_release(struct server *server); /* false: a worker is still busy and nothing was freed */

/* Reads the definitions again. What cannot be used is logged, and is served as it was before; when it is as wrong as
 * the last time, that is logged only if `asked` for. */
void server_reload(struct server *server, bool asked);

/* Appends what is wrong with the files, or may be, as a JSON array without a path of the machine. */
void server_put_mistakes(struct server *server, struct buffer *out);
void server_put_warnings(struct server *server, struct buffer *out);

/* The definitions in use; give back with library_release(). */
struct library *server_library(struct server *server);
struct library *library_hold(struct library *library); /* another reference */
void library_release(struct library *library);

/* Answers a request that takes no parameters with the library's document: plain, compressed, or 304. The bytes are
 * those of the library, which is held until the last of them has been sent. */
void document_answer(struct library *library, const struct document *document, struct request *request);

/* The answer of what needs the database while that is known to be away. */
void server_answer_away(struct server *server, struct response *response);

/* What is known of the data, all of one moment. */
struct data_view {
    struct dataset dataset;
    uint64_t state, confirmed_us;
    bool away; /* the database did not answer when last asked */
};

struct data_view server_view(struct server *server);

/* When a state of the data was last known to be that of now; 0: that was too many states ago. */
uint64_t server_right_us(struct server *server, uint64_t state);

/* Whether what was right at that time (0: it is not known when) may still be given where nothing newer can be had. */
bool server_is_young(const struct server *server, uint64_t right_us);

/* Whether what the last look found may be taken for the newest by a request that came at the time: see dataset.h. */
bool look_covers(uint64_t confirmed_us, uint64_t asked_us);

/* A copy of the state of the data, as it was when the database answered last. */
struct dataset server_dataset(struct server *server);

/* Whether the database answered when last asked. */
bool server_reaches_database(struct server *server);

/* Whether the last look at the data failed, and nobody need ask the database before the next: within a second or so. */
bool server_knows_database_away(struct server *server);

/* Reads the state of the data and keeps it for all. */
bool server_look(struct server *server, mongoc_client_t *client, struct dataset *dataset, struct error *err);

/* The thread that looks: every second, while answers are given many times a second, and at once when told to. To end
 * it, tell it first, so that it does so while others end. */
bool look_start(struct server *server, struct error *err);
void look_now(struct server *server);
void look_tell_end(struct server *server);
bool look_end(struct server *server, int timeout_ms); /* false: it waits for the database still */

/* Microseconds of a clock that never goes back. */
uint64_t server_now_us(void);

#endif

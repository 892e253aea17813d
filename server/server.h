/* What all requests share: configuration, the catalogue in use, the state of the data, the workers, the counters.
 *
 * The catalogue and the data's state change while requests run: take them with server_library() and server_dataset().
 */
#ifndef KPI_SERVER_SERVER_H
#define KPI_SERVER_SERVER_H

#include "core/answer.h"
#include "core/db.h"
#include "core/mistakes.h"
#include "server/capacity.h"
#include "server/clients.h"
#include "server/events.h"
#include "server/metrics.h"
#include "server/workers.h"
#include <pthread.h>

struct minder;

enum { SERVER_LIGHT_WORKERS = 2, SERVER_EXPORT_WORKERS = 4 };

struct server_config {
    const char *listen;
    const char *pipelines;
    const char *sources; /* names with commas between: the only ones that may be used; NULL: all */
    unsigned workers, queue_most;
    int query_timeout_s, stop_timeout_s;
    unsigned idle_timeout_s;
    struct capacity capacity;
    struct stream_pace pace; /* of who takes an answer that is sent while it is read */
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
    int references;
};

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
    uint64_t started_us;
    bool stopping;  /* atomic */
    uint64_t looks; /* atomic: how often the state of the data has been asked for */

    pthread_rwlock_t lock; /* of what follows */
    struct library *library;
    struct dataset dataset;
    uint64_t last_look;       /* the number of the look that dataset is from */
    bool data_known;          /* the database answered at least once */
    bool database_answers;    /* at the last look */
    struct mistakes mistakes; /* in the files, as they were read last; what they concern is as it was before */

    pthread_t watcher;
    pthread_mutex_t watch_lock;
    pthread_cond_t watch_wake;
    bool watch_stop;
};

/* Loads the definitions and connects; the database need not answer yet. False with err; then server is empty. */
bool server_init(struct server *server, const struct server_config *config, struct db *db, struct error *err);
bool server_release(struct server *server); /* false: a worker is still busy and nothing was freed */

/* Reads the definitions again. What cannot be used is logged, and is served as it was before; when it is as wrong as
 * the last time, that is logged only if `asked` for. */
void server_reload(struct server *server, bool asked);

/* Appends what is wrong with the files as a JSON array, without a path of the machine. */
void server_put_mistakes(struct server *server, struct buffer *out);

/* The definitions in use; give back with library_release(). */
struct library *server_library(struct server *server);
void library_release(struct library *library);

/* Answers a request that takes no parameters with the document: plain, compressed, or 304. */
void document_answer(const struct document *document, struct request *request);

/* A copy of the state of the data, as it was when the database answered last. */
struct dataset server_dataset(struct server *server);

/* Whether the database has ever answered: before that nothing is known of the data, not even that there are none. */
bool server_knows_data(struct server *server);

/* Whether the database answered when last asked. */
bool server_reaches_database(struct server *server);

/* Reads the state of the data and keeps it for all. */
bool server_look(struct server *server, mongoc_client_t *client, struct dataset *dataset, struct error *err);

/* Microseconds of a clock that never goes back. */
uint64_t server_now_us(void);

#endif

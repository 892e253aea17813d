#include "core/db.h"
#include "core/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct db {
    mongoc_client_pool_t *pool;
    mongoc_uri_t *uri;
    char *name;
    const char *app_name;
    unsigned pool_size;
    unsigned in_use;   /* atomic: clients that are out */
    uint64_t timeouts; /* atomic: none came free */
};

/* Codes of the server's own errors that are no fault of the command:
 * https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
enum {
    CODE_INTERNAL = 1,
    CODE_HOST_UNREACHABLE = 6,
    CODE_UNAUTHORIZED = 13,
    CODE_AUTHENTICATION_FAILED = 18,
    CODE_CURSOR_NOT_FOUND = 43, /* it was of a server that has been started anew, or has failed over */
    CODE_MAX_TIME_EXPIRED = 50,
    CODE_NETWORK_TIMEOUT = 89,
    CODE_SHUTDOWN_IN_PROGRESS = 91,
    CODE_QUERY_PLAN_KILLED = 175,
    CODE_PRIMARY_STEPPED_DOWN = 189,
    CODE_CURSOR_KILLED = 237,
    CODE_EXCEEDED_TIME_LIMIT = 262,
    CODE_SOCKET = 9001,
    CODE_OUT_OF_DISK_SPACE = 14031,
    CODE_NOT_WRITABLE_PRIMARY = 10107,
    CODE_INTERRUPTED_AT_SHUTDOWN = 11600,
    CODE_INTERRUPTED = 11601,
    CODE_INTERRUPTED_BY_REPLICATION = 11602,
    CODE_NOT_PRIMARY_OR_SECONDARY = 13436,
};

/* Sets an option of the URI unless the user's own text set it. */
static void set_default(mongoc_uri_t *uri, const char *option, int32_t value)
{
    if (!mongoc_uri_has_option(uri, option))
        mongoc_uri_set_option_as_int32(uri, option, value);
}

/* What MongoDB and the engines refuse in a database name. */
static bool valid_name(const char *name)
{
    return *name && strlen(name) <= 63 && !strpbrk(name, "/\\. \"$*<>:|?");
}

/* Another member than the primary may be behind, and one read may go to another member than the next: then the state of
 * the data would be of one moment and the data of another, answers of old data would be kept as those of the new, and
 * the loader would complete orders that it does not see. A single member is in step with itself. */
static bool reads_from_one_member(const mongoc_uri_t *uri, struct error *err)
{
    if (mongoc_read_prefs_get_mode(mongoc_uri_get_read_prefs_t(uri)) == MONGOC_READ_PRIMARY ||
        mongoc_uri_get_option_as_bool(uri, MONGOC_URI_DIRECTCONNECTION, false))
        return true;
    error_set(err, ERROR_INVALID,
              "the MongoDB URI cannot be used: readPreference=%s might read the state of the data from one member and "
              "the data from another; leave it out, or name one member alone with directConnection=true",
              mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_READPREFERENCE, "?"));
    return false;
}

void db_driver_says(mongoc_log_level_t level, const char *domain, const char *message, void *unused)
{
    (void)level;
    (void)unused;
    log_event(LOG_DEBUG, "the driver says", LOG_STR("domain", domain), LOG_STR("driver", message));
}

/* Whether the text is the name of an option that the URI sets. */
static bool is_option(const char *uri, const char *name, size_t n)
{
    const char *p = strchr(uri, '?');
    for (; p; p = strchr(p + 1, '&'))
        if (strncasecmp(p + 1, name, n) == 0 && p[1 + n] == '=')
            return true;
    return false;
}

/* What the driver says of a URI that it cannot use. It quotes what is wrong, which may be the password, or a piece of
 * one that is not escaped: all quotes are left out, but for the name of an option in front. */
static void refuse_uri(const char *uri, const char *message, struct error *err)
{
    static const char no_value[] = " contains no \"=\" sign";
    size_t n = strlen(message);
    const char *from = strchr(message, '"'), *to = from ? strrchr(message, '"') : NULL;
    const char *end = from ? strchr(from + 1, '"') : NULL;
    if (end && is_option(uri, from + 1, (size_t)(end - from - 1)))
        from = strchr(end + 1, '"');
    if (n >= sizeof no_value && strcmp(message + n - (sizeof no_value - 1), no_value) == 0)
        error_set(err, ERROR_INVALID, "the MongoDB URI cannot be used: an option in it is no NAME=VALUE");
    else if (from && from <= to)
        error_set(err, ERROR_INVALID, "the MongoDB URI cannot be used: %.*s(not shown)%s", (int)(from - message),
                  message, to + 1);
    else
        error_set(err, ERROR_INVALID, "the MongoDB URI cannot be used: %s", message);
}

/* How many clients the pool is going to give at most: the driver takes what is less than one for one. */
static int32_t size_of_pool(const mongoc_uri_t *uri)
{
    bson_iter_t it;
    int32_t size = 0;
    if (bson_iter_init_find_case(&it, mongoc_uri_get_options(uri), MONGOC_URI_MAXPOOLSIZE))
        size = bson_iter_int32(&it);
    return size > 1 ? size : 1;
}

/* Whoever waits for a connection that others need as long as it does would wait in vain, and so each time again. */
static bool gives_enough(const mongoc_uri_t *uri, const struct db_config *config, struct error *err)
{
    int32_t least = (int32_t)config->pool_least;
    if (!mongoc_uri_has_option(uri, MONGOC_URI_MAXPOOLSIZE) || size_of_pool(uri) >= least)
        return true;
    error_set(err, ERROR_INVALID,
              "the MongoDB URI cannot be used: maxPoolSize permits %d of the %d connections that are needed at once; "
              "leave it out, or say maxPoolSize=%d or more",
              size_of_pool(uri), least, least);
    return false;
}

struct db *db_new(const struct db_config *config, struct error *err)
{
    bson_error_t why;
    struct db *db;
    mongoc_uri_t *uri;

    if (!valid_name(config->name)) {
        error_set(err, ERROR_INVALID, "'%s' is no name for a database: up to 63 characters, none of /\\. \"$*<>:|?",
                  config->name);
        return NULL;
    }
    uri = mongoc_uri_new_with_error(config->uri, &why);
    if (!uri) {
        refuse_uri(config->uri, why.message, err);
        return NULL;
    }
    if (!reads_from_one_member(uri, err) || !gives_enough(uri, config, err)) {
        mongoc_uri_destroy(uri);
        return NULL;
    }
    set_default(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 2000);
    set_default(uri, MONGOC_URI_CONNECTTIMEOUTMS, 2000);
    set_default(uri, MONGOC_URI_SOCKETTIMEOUTMS, (int32_t)config->query_timeout_ms + 1000);
    set_default(uri, MONGOC_URI_WAITQUEUETIMEOUTMS, 5000);
    set_default(uri, MONGOC_URI_MAXPOOLSIZE, (int32_t)config->pool_size);
    mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false);
    if (!mongoc_uri_has_option(uri, MONGOC_URI_RETRYWRITES))
        mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);

    db = calloc(1, sizeof *db);
    if (db)
        db->name = strdup(config->name);
    if (db && db->name)
        db->pool = mongoc_client_pool_new_with_error(uri, &why);
    if (!db || !db->name || !db->pool) {
        refuse_uri(config->uri, db && db->name ? why.message : "out of memory", err);
        mongoc_uri_destroy(uri);
        if (db)
            free(db->name);
        free(db);
        return NULL;
    }
    db->uri = uri;
    db->app_name = config->app_name;
    db->pool_size = (unsigned)size_of_pool(uri);
    mongoc_client_pool_set_error_api(db->pool, MONGOC_ERROR_API_VERSION_2);
    mongoc_client_pool_set_appname(db->pool, config->app_name);
    return db;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    mongoc_client_pool_destroy(db->pool);
    mongoc_uri_destroy(db->uri);
    free(db->name);
    free(db);
}

const char *db_name(const struct db *db)
{
    return db->name;
}

mongoc_client_t *db_pop(struct db *db, struct error *err)
{
    mongoc_client_t *client = mongoc_client_pool_pop(db->pool);
    if (client) {
        __atomic_fetch_add(&db->in_use, 1, __ATOMIC_RELAXED);
    } else {
        __atomic_fetch_add(&db->timeouts, 1, __ATOMIC_RELAXED);
        error_set(err, ERROR_UNAVAILABLE, "no connection to the database came free");
    }
    return client;
}

void db_push(struct db *db, mongoc_client_t *client)
{
    if (!client)
        return;
    __atomic_fetch_sub(&db->in_use, 1, __ATOMIC_RELAXED);
    mongoc_client_pool_push(db->pool, client);
}

mongoc_client_t *db_client_new(const struct db *db, unsigned timeout_ms, struct error *err)
{
    mongoc_uri_t *uri = mongoc_uri_copy(db->uri);
    int32_t socket_ms = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, 0);
    mongoc_client_t *client;
    bson_error_t why;
    if (socket_ms <= 0 || socket_ms > (int32_t)timeout_ms) /* 0 in a URI: without a limit */
        mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, (int32_t)timeout_ms);
    client = mongoc_client_new_from_uri_with_error(uri, &why);
    mongoc_uri_destroy(uri);
    if (!client) {
        db_error(&why, "preparing a connection", err);
        return NULL;
    }
    mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
    mongoc_client_set_appname(client, db->app_name);
    return client;
}

struct db_pool_counts db_pool_counts(const struct db *db)
{
    return (struct db_pool_counts){.in_use = __atomic_load_n(&db->in_use, __ATOMIC_RELAXED),
                                   .most = db->pool_size,
                                   .timeouts = __atomic_load_n(&db->timeouts, __ATOMIC_RELAXED)};
}

bool db_ping(struct db *db, struct error *err)
{
    bson_t *command;
    bson_error_t why;
    bool ok;
    mongoc_client_t *client = db_pop(db, err);
    if (!client)
        return false;
    command = BCON_NEW("ping", BCON_INT32(1));
    ok = mongoc_client_command_simple(client, db->name, command, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "asking the database for a ping", err);
    bson_destroy(command);
    db_push(db, client);
    return ok;
}

/* FerretDB passes on that its PostgreSQL is gone, or busy, as an internal error; only its words tell that from a
 * defect. */
static bool lost_its_backend(const char *message)
{
    static const char *const signs[] = {"failed to connect", "conn closed", "connection refused", "connection reset",
                                        "broken pipe", "EOF", "closed network connection", "57P01", "57P02", "57P03",
                                        "no such file or directory", "terminating connection",
                                        /* Seen for a moment after a database of that name was dropped. */
                                        "Unable to create the specified collection"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(message, signs[i]))
            return true;
    return false;
}

/* MongoDB has a code for it; FerretDB passes on what PostgreSQL says. */
static bool is_disk_full(const bson_error_t *from)
{
    return from->code == CODE_OUT_OF_DISK_SPACE || strstr(from->message, "53100") ||
           strstr(from->message, "No space left on device");
}

static enum error_kind classify_server(const bson_error_t *from)
{
    switch (from->code) {
    case CODE_MAX_TIME_EXPIRED:
    case CODE_EXCEEDED_TIME_LIMIT:
        return ERROR_TIMEOUT;
    case CODE_INTERNAL:
        return lost_its_backend(from->message) ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
    case CODE_HOST_UNREACHABLE:
    case CODE_UNAUTHORIZED:
    case CODE_AUTHENTICATION_FAILED:
    case CODE_CURSOR_NOT_FOUND:
    case CODE_CURSOR_KILLED:
    case CODE_QUERY_PLAN_KILLED:
    case CODE_INTERRUPTED:
    case CODE_NETWORK_TIMEOUT:
    case CODE_SHUTDOWN_IN_PROGRESS:
    case CODE_PRIMARY_STEPPED_DOWN:
    case CODE_SOCKET:
    case CODE_NOT_WRITABLE_PRIMARY:
    case CODE_INTERRUPTED_AT_SHUTDOWN:
    case CODE_INTERRUPTED_BY_REPLICATION:
    case CODE_NOT_PRIMARY_OR_SECONDARY:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_INTERNAL;
    }
}

/* Which of our kinds a driver's error is. */
static enum error_kind classify(const bson_error_t *from)
{
    switch (from->domain) {
    case MONGOC_ERROR_SERVER_SELECTION:
    case MONGOC_ERROR_STREAM:
    case MONGOC_ERROR_CLIENT:
    case MONGOC_ERROR_PROTOCOL: /* what came was garbled: the driver has closed the connection */
        return ERROR_UNAVAILABLE;
    case MONGOC_ERROR_SERVER:
        return classify_server(from);
    default:
        return ERROR_INTERNAL;
    }
}

enum { OUTAGE_S = 30 };

/* Whether an outage begins with this absence, which every request and every look meet again: none was met for some
 * time. */
static bool begins_outage(void)
{
    static int64_t last; /* atomic: the second of the last absence; 0: there was none */
    struct timespec now;
    int64_t before;
    clock_gettime(CLOCK_MONOTONIC, &now);
    before = __atomic_exchange_n(&last, (int64_t)now.tv_sec, __ATOMIC_RELAXED);
    return !before || now.tv_sec - before > OUTAGE_S;
}

/* What the driver says, for whoever has to mend it. That nobody answers is said once an outage, and of each attempt
 * only at the level debug. */
static void log_error(const bson_error_t *from, enum error_kind kind, const char *what)
{
    bool unreached = from->domain == MONGOC_ERROR_SERVER_SELECTION || from->domain == MONGOC_ERROR_STREAM;
    enum log_level level = kind == ERROR_INTERNAL ? LOG_ERROR : LOG_WARN;
    if (kind == ERROR_UNAVAILABLE && !begins_outage())
        level = LOG_DEBUG;
    if (unreached)
        log_event(level, "the database cannot be reached", LOG_STR("doing", what), LOG_STR("driver", from->message));
    else
        log_event(level, "the database answered with an error", LOG_STR("doing", what), LOG_INT("domain", from->domain),
                  LOG_INT("code", from->code), LOG_STR("driver", from->message));
}

void db_error(const bson_error_t *from, const char *what, struct error *err)
{
    enum error_kind kind = classify(from);
    log_error(from, kind, what);
    switch (kind) {
    case ERROR_TIMEOUT:
        error_set(err, kind, "%s took longer than its time limit", what);
        break;
    case ERROR_UNAVAILABLE:
        if (from->code == CODE_UNAUTHORIZED || from->code == CODE_AUTHENTICATION_FAILED)
            error_set(err, kind, "%s: the database does not permit it", what);
        else
            error_set(err, kind, "%s: the database does not answer", what);
        break;
    default:
        if (is_disk_full(from))
            error_set(err, kind, "%s: the disk of the database is full; make room on it", what);
        else
            error_set(err, kind, "%s: the database refused it (code %u)", what, from->code);
    }
}

bool db_put(mongoc_client_t *client, const char *database, const char *collection, const bson_t *doc, const char *what,
            struct error *err)
{
    mongoc_collection_t *into = mongoc_client_get_collection(client, database, collection);
    bson_t *options = BCON_NEW("upsert", BCON_BOOL(true)), filter = BSON_INITIALIZER;
    bson_iter_t id;
    bson_error_t why;
    bool ok;
    if (bson_iter_init_find(&id, doc, "_id"))
        bson_append_iter(&filter, "_id", 3, &id);
    ok = mongoc_collection_replace_one(into, &filter, doc, options, NULL, &why);
    if (!ok)
        db_error(&why, what, err);
    bson_destroy(&filter);
    bson_destroy(options);
    mongoc_collection_destroy(into);
    return ok;
}

bool db_first(mongoc_client_t *client, const char *database, const char *collection, const bson_t *filter,
              const bson_t *options, bson_t **found, const char *what, struct error *err)
{
    mongoc_collection_t *from = mongoc_client_get_collection(client, database, collection);
    bson_t all = BSON_INITIALIZER;
    mongoc_cursor_t *cursor;
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    if (options)
        bson_concat(&all, options);
    BSON_APPEND_INT64(&all, "limit", 1);
    cursor = mongoc_collection_find_with_opts(from, filter, &all, NULL);
    *found = mongoc_cursor_next(cursor, &doc) ? bson_copy(doc) : NULL;
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, what, err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(&all);
    mongoc_collection_destroy(from);
    return ok;
}

void db_text(const bson_t *doc, const char *name, char *out, size_t room)
{
    bson_iter_t it;
    out[0] = '\0';
    if (bson_iter_init_find(&it, doc, name) && BSON_ITER_HOLDS_UTF8(&it))
        bson_strncpy(out, bson_iter_utf8(&it, NULL), room);
}

int64_t db_number(const bson_t *doc, const char *name)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, name) ? bson_iter_as_int64(&it) : 0;
}

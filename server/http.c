#include "server/http.h"
#include "core/log.h"
#include "server/access_log.h"
#include "server/flight.h"
#include "server/kpi_kept.h"
#include "server/listen.h"
#include "server/request_check.h"
#include "server/routes.h"
#include "server/slice.h"
#include "server/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    HTTP_THREADS = 2,
    /* URIs well beyond URI_BYTES_MOST get our answer, not MHD's; more costs time: MHD clears it. */
    CONNECTION_MEMORY = 32 * 1024,
    DRAIN_STEP_MS = 10,
    REFUSE_US = 1000000,        /* for refusals on their way, when the time of those who were waited for is up */
    HTTP_SLICE_NS = 100 * 1000, /* the shortest that Linux has: an answer that is ready takes less */
};

static const char request_id_header[] = "X-Request-Id";

struct http {
    struct server *server;
    struct MHD_Daemon *daemon;
    char address[64];
};

/* The first to see a request: MHD has read its first line, not yet decoded. What is returned becomes *context. */
static void *on_uri(void *data, const char *uri, struct MHD_Connection *connection)
{
    struct http *http = data;
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->server = http->server;
    request->connection = connection;
    request->started_us = server_now_us();
    if (!request->server->access)
        request->role = ROLE_OPERATE;
    request_check_uri(request, uri);
    kpi_kept_id(request, request_target_path(uri));
    return request;
}

static struct client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct http *http = data;
    struct request *request = *context;
    uint64_t now, took;
    size_t route;
    if (!request)
        return;
    now = server_now_us();
    took = now - request->started_us;
    client_was_served(client_of(connection), now);
    route = request->route ? (size_t)(request->route - routes) : route_count;
    metrics_request(&http->server->metrics, route, request->response.status, took);
    access_log(request, how, took);
    if (request->seen)
        __atomic_fetch_sub(&http->server->metrics.in_flight, 1, __ATOMIC_RELAXED);
    request_free(request);
    *context = NULL;
}

static void on_connection(void *data, struct MHD_Connection *connection, void **client,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = data;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *client = client_open(http->server->clients, info->connect_fd, server_now_us());
    } else {
        client_close(http->server->clients, *client);
        *client = NULL;
    }
}

/* The response with its body, which it takes over; NULL without memory. */
static struct MHD_Response *make_response(struct request *request)
{
    struct response *response = &request->response;
    struct MHD_Response *out;
    if (response->kept) {
        out = kept_own(response);
    } else if (response->stream) {
        out = stream_response(response->stream, request->connection);
        response->stream = NULL;
        /* To a HEAD libmicrohttpd sends the end of chunks as if there were any. */
        if (out && request->is_head)
            MHD_set_response_options(out, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    } else if (response->bytes) {
        out = MHD_create_response_from_buffer(response->size, response->bytes, MHD_RESPMEM_MUST_FREE);
        if (out)
            response->bytes = NULL;
    } else if (response->owner) {
        out = MHD_create_response_from_buffer_with_free_callback_cls(
            response->size, (void *)(uintptr_t)response->constant, response->let_go, response->owner);
        if (out)
            response->owner = NULL;
    } else {
        out = MHD_create_response_from_buffer(response->size, (void *)(uintptr_t)response->constant,
                                              MHD_RESPMEM_PERSISTENT);
    }
    return out;
}

static enum MHD_Result send_response(struct request *request)
{
    struct response *response = &request->response;
    bool closes = request->beyond || __atomic_load_n(&request->server->stopping, __ATOMIC_RELAXED);
    struct MHD_Response *out;
    enum MHD_Result result = MHD_NO; /* which ends the connection */
    /* What is shared by all has no room for what is one request's own. */
    if (response->kept && !response->cache_status && !closes && !request->id && !access_log_is_on() &&
        !access_has_headers(request))
        return MHD_queue_response(request->connection, (unsigned)response->status, kept_shared(response));
    if (response->kept && !response->cache_status)
        response->cache_status = response->kept->status;
    response->policy = &request->server->policy;
    out = make_response(request);
    if (!out)
        return MHD_NO;
    if (response_add_headers(response, out) &&
        MHD_add_response_header(out, request_id_header, request_id(request)) == MHD_YES &&
        access_add_headers(request, out) &&
        (!closes || MHD_add_response_header(out, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES))
        result = MHD_queue_response(request->connection, (unsigned)response->status, out);
    MHD_destroy_response(out);
    return result;
}

/* A connection beyond the capacity is closed with its first answer. What asks how the server is gets it all the same.
 */
static void refuse_beyond(struct request *request)
{
    static const char *const exempt[] = {"/livez", "/readyz", "/metrics"};
    request->beyond = client_is_beyond(client_of(request->connection));
    if (!request->beyond || request->refused)
        return;
    for (size_t i = 0; i < sizeof exempt / sizeof exempt[0]; i++)
        if (strcmp(request->path, exempt[i]) == 0)
            return;
    request->refused = HTTP_UNAVAILABLE;
    request->refused_because = "Too many connections are open; try again.";
}

static bool is_admitted(struct request *request, const char *method)
{
    struct access *access = request->server->access;
    return !access || access_admits(access, request, method);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct request *request = *context;
    (void)data;
    (void)connection;
    (void)upload;
    if (!request)
        return MHD_NO;
    if (!request->seen) {
        request->seen = true;
        client_is_served(client_of(connection));
        request->is_head = strcmp(method, "HEAD") == 0;
        request->method = method;
        if (request_id_is_sane(request_header(request, request_id_header)))
            request->id = request_header(request, request_id_header);
        __atomic_fetch_add(&request->server->metrics.in_flight, 1, __ATOMIC_RELAXED);
        request->path = request_target_path(url);
        request->tail = "";
        request_check(request, method, version);
        refuse_beyond(request);
        if (is_admitted(request, method) && !kpi_kept_find(request, method))
            request_check_parameters(request);
        if (!request->refused && !request->has_body)
            return MHD_YES; /* answered in the next call, so that the connection stays open */
        if (request->refused && !request->response.status)
            response_problem(&request->response, request->refused, "%s", request->refused_because);
        else if (!request->response.status)
            route_request(request, method); /* to be told that it is a method for nothing here */
        return send_response(request);
    }
    *upload_size = 0;
    if (!request->waiting) {
        if (!request->response.status)
            route_request(request, method);
    } else {
        request->waiting = false;
        if (request->again) /* else the answer is there */
            route_request(request, method);
    }
    if (request->waiting)
        return MHD_YES; /* suspended; called again when the job is done. A worker may be writing the answer now. */
    return send_response(request);
}

/* Whether MHD says that it cannot accept connections for want of files or memory, which only its words tell; once a
 * minute, as it says so with every attempt. */
static bool is_about_resources(const char *text)
{
    static uint64_t next_us; /* atomic */
    uint64_t next = __atomic_load_n(&next_us, __ATOMIC_RELAXED), now = server_now_us();
    return strstr(text, "resource limit") && now >= next &&
           __atomic_compare_exchange_n(&next_us, &next, now + 60000000, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* MHD's own complaints, which concern single connections. */
static void on_mhd_log(void *data, const char *format, va_list args)
{
    enum log_level level;
    char text[512];
    (void)data;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    level = is_about_resources(text) ? LOG_WARN : LOG_DEBUG;
    log_event(level, "libmicrohttpd", LOG_STR("says", text));
}

/* Whether it may listen where others can reach it. */
static bool server_is_guarded(const struct server *server)
{
    struct keys *keys = server->access ? access_keys(server->access) : NULL;
    return server->config.is_public || (keys && keys_count(keys) > 0);
}

struct http *http_start(struct server *server, struct error *err)
{
    struct http *http = calloc(1, sizeof *http);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem no_options[] = {{MHD_OPTION_END, 0, NULL}};
    /* Of silence: connections without a request are the business of clients.c, those that are read slowly of stream.c.
     */
    unsigned silence_s = server->config.idle_timeout_s;
    int socket_fd;
    if (!http) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    http->server = server;
    if (server->tls)
        flags |= MHD_USE_TLS;
    if (silence_s < server->config.pace.patience_s)
        silence_s = server->config.pace.patience_s;
    socket_fd = listen_open(server->config.listen, server_is_guarded(server), http->address, sizeof http->address, err);
    if (socket_fd < 0) {
        free(http);
        return NULL;
    }
    slice_set(HTTP_SLICE_NS);
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL, MHD_OPTION_LISTEN_SOCKET,
        socket_fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        server->config.capacity.connections + CAPACITY_REFUSALS, MHD_OPTION_CONNECTION_TIMEOUT, silence_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_uri, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_ARRAY, server->tls ? tls_options : no_options, MHD_OPTION_END);
    slice_set(0);
    if (!http->daemon) {
        error_set(err, ERROR_INTERNAL, "libmicrohttpd does not start; is the limit of open files too low?");
        close(socket_fd);
        free(http);
        return NULL;
    }
    return http;
}

const char *http_address(const struct http *http)
{
    return http->address;
}

/* Waits until no request is being served, or until the clock shows `until`. */
static void wait_for_requests(const struct server *server, uint64_t until_us)
{
    struct timespec step = {0, DRAIN_STEP_MS * 1000000L};
    while (__atomic_load_n(&server->metrics.in_flight, __ATOMIC_RELAXED) > 0 && server_now_us() < until_us)
        nanosleep(&step, NULL);
}

void http_stop(struct http *http, int timeout_s)
{
    uint64_t end_us = server_now_us() + (uint64_t)timeout_s * 1000000;
    MHD_socket listening;
    if (!http)
        return;
    __atomic_store_n(&http->server->stopping, true, __ATOMIC_RELAXED);
    listening = MHD_quiesce_daemon(http->daemon);
    /* Who connects now is refused at once and can ask elsewhere; else it would wait for nothing until the end. */
    if (listening != MHD_INVALID_SOCKET)
        shutdown(listening, SHUT_RDWR);
    events_close(http->server->events);
    wait_for_requests(http->server, end_us);
    /* Connections must not be suspended when MHD stops: what is left is answered now. */
    flights_close(http->server->flights);
    workers_abandon(http->server->workers);
    workers_abandon(http->server->light);
    workers_abandon(http->server->exports);
    wait_for_requests(http->server, server_now_us() + REFUSE_US);
    MHD_stop_daemon(http->daemon);
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
    free(http);
}

#include "server/http.h"
#include "core/log.h"
#include "server/listen.h"
#include "server/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    HTTP_THREADS = 2,
    CONNECTION_MEMORY = 64 * 1024, /* so that URIs well beyond URI_BYTES_MOST get our answer, not MHD's */
    IDLE_TIMEOUT_S = 60,
    CONNECTIONS_MOST = 8192,
    DRAIN_STEP_MS = 10,
};

struct http {
    struct server *server;
    struct MHD_Daemon *daemon;
    char address[64];
};

/* Marks a request that cannot be served, whatever its path. */
static void refuse(struct request *request, enum http_status status, const char *because)
{
    request->refused = status;
    request->refused_because = because;
}

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
    if (strlen(uri) > URI_BYTES_MOST)
        refuse(request, HTTP_URI_TOO_LONG, "The URI is longer than 8192 bytes.");
    else if (strstr(uri, "%00"))
        refuse(request, HTTP_BAD_REQUEST, "The URI holds a NUL (%00).");
    return request;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct http *http = data;
    struct request *request = *context;
    uint64_t took;
    size_t route;
    (void)connection;
    if (!request)
        return;
    took = server_now_us() - request->started_us;
    route = request->route ? (size_t)(request->route - routes) : route_count;
    metrics_request(&http->server->metrics, route, request->response.status, took);
    log_event(request->response.status >= 500 ? LOG_WARN : LOG_DEBUG, "request", LOG_STR("path", request->path),
              LOG_INT("status", request->response.status), LOG_INT("us", took), LOG_INT("ended", how));
    if (request->seen)
        __atomic_fetch_sub(&http->server->metrics.in_flight, 1, __ATOMIC_RELAXED);
    free(request->parameters);
    response_release(&request->response);
    free(request);
    *context = NULL;
}

static void add_header(struct MHD_Response *out, const char *name, const char *value)
{
    if (value && *value)
        MHD_add_response_header(out, name, value);
}

static void add_headers(const struct request *request, struct MHD_Response *out)
{
    const struct response *response = &request->response;
    char seconds[16];
    add_header(out, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    add_header(out, MHD_HTTP_HEADER_CONTENT_ENCODING, response->encoding);
    add_header(out, MHD_HTTP_HEADER_ETAG, response->etag);
    add_header(out, MHD_HTTP_HEADER_ALLOW, response->allow);
    add_header(out, MHD_HTTP_HEADER_LOCATION, response->location);
    add_header(out, MHD_HTTP_HEADER_CACHE_CONTROL, response->status >= 400 ? "no-store" : "no-cache");
    add_header(out, "X-Content-Type-Options", "nosniff");
    add_header(out, "Referrer-Policy", "no-referrer");
    add_header(out, "Content-Security-Policy",
               response->csp ? response->csp : "default-src 'none'; frame-ancestors 'none'");
    if (response->varies_by_encoding)
        add_header(out, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    if (response->retry_after_s) {
        snprintf(seconds, sizeof seconds, "%d", response->retry_after_s);
        add_header(out, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (__atomic_load_n(&request->server->stopping, __ATOMIC_RELAXED))
        add_header(out, MHD_HTTP_HEADER_CONNECTION, "close");
}

static enum MHD_Result send_response(struct request *request)
{
    struct response *response = &request->response;
    struct MHD_Response *out;
    enum MHD_Result result;
    if (response->bytes)
        out = MHD_create_response_from_buffer(response->size, response->bytes, MHD_RESPMEM_MUST_FREE);
    else
        out = MHD_create_response_from_buffer(response->size, (void *)(uintptr_t)response->constant,
                                              MHD_RESPMEM_PERSISTENT);
    if (!out)
        return MHD_NO;
    response->bytes = NULL;
    add_headers(request, out);
    result = MHD_queue_response(request->connection, (unsigned)response->status, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result keep_parameter(void *data, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                      const char *value, size_t value_size)
{
    struct request *request = data;
    (void)kind;
    if (!bson_utf8_validate(name, name_size, false) || (value && !bson_utf8_validate(value, value_size, false))) {
        refuse(request, HTTP_BAD_REQUEST, "A parameter is not UTF-8.");
        return MHD_NO;
    }
    if (request->parameter_count == PARAMETERS_MOST) {
        refuse(request, HTTP_BAD_REQUEST, "There are more than 200 parameters.");
        return MHD_NO;
    }
    request->parameters[request->parameter_count++] = (struct raw_parameter){name, value};
    return MHD_YES;
}

static void read_parameters(struct request *request)
{
    int count = MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);
    if (count <= 0)
        return;
    request->parameters = calloc(PARAMETERS_MOST, sizeof request->parameters[0]);
    if (request->parameters)
        MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, keep_parameter, request);
    else
        refuse(request, HTTP_INTERNAL_ERROR, "Out of memory.");
}

static bool has_body(const struct request *request)
{
    const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) || (length && strcmp(length, "0") != 0);
}

/* Looks for what is wrong with a request whatever its path. */
static void check(struct request *request, const char *version)
{
    if (request->refused)
        return;
    if (has_body(request))
        refuse(request, HTTP_CONTENT_TOO_LARGE, "Requests have no body here; parameters go into the URI.");
    else if (strcmp(version, MHD_HTTP_VERSION_1_1) == 0 && !request_header(request, MHD_HTTP_HEADER_HOST))
        refuse(request, HTTP_BAD_REQUEST, "The header Host is missing.");
    else if (!bson_utf8_validate(request->path, strlen(request->path), false))
        refuse(request, HTTP_BAD_REQUEST, "The path is not UTF-8.");
    else
        read_parameters(request);
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
        __atomic_fetch_add(&request->server->metrics.in_flight, 1, __ATOMIC_RELAXED);
        request->path = url;
        request->tail = "";
        request->is_head = strcmp(method, "HEAD") == 0;
        check(request, version);
        if (!request->refused)
            return MHD_YES; /* answered in the next call, so that the connection stays open */
        response_problem(&request->response, request->refused, "%s", request->refused_because);
        return send_response(request);
    }
    *upload_size = 0;
    if (!request->response.status)
        route_request(request, method);
    if (request->job)
        return MHD_YES; /* suspended; called again when the job is done */
    return send_response(request);
}

/* MHD's own complaints, which concern single connections. */
static void on_mhd_log(void *data, const char *format, va_list args)
{
    char text[512];
    (void)data;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    log_event(LOG_DEBUG, "libmicrohttpd", LOG_STR("says", text));
}

struct http *http_start(struct server *server, struct error *err)
{
    struct http *http = calloc(1, sizeof *http);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    int socket_fd;
    if (!http) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    http->server = server;
    socket_fd = listen_open(server->config.listen, http->address, sizeof http->address, err);
    if (socket_fd < 0) {
        free(http);
        return NULL;
    }
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL, MHD_OPTION_LISTEN_SOCKET,
        socket_fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MOST, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_uri, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_END);
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

static void wait_for_requests(struct server *server, int timeout_ms)
{
    struct timespec step = {0, DRAIN_STEP_MS * 1000000L};
    for (int waited = 0; waited < timeout_ms; waited += DRAIN_STEP_MS) {
        if (__atomic_load_n(&server->metrics.in_flight, __ATOMIC_RELAXED) <= 0)
            return;
        nanosleep(&step, NULL);
    }
}

void http_stop(struct http *http, int timeout_s)
{
    MHD_socket listening;
    if (!http)
        return;
    __atomic_store_n(&http->server->stopping, true, __ATOMIC_RELAXED);
    listening = MHD_quiesce_daemon(http->daemon);
    wait_for_requests(http->server, timeout_s * 1000);
    /* Connections must not be suspended when MHD stops: what is left is answered now. */
    workers_abandon(http->server->workers);
    wait_for_requests(http->server, 1000);
    MHD_stop_daemon(http->daemon);
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
    free(http);
}

#include "server/access.h"
#include "core/log.h"
#include "server/assets.h"
#include "server/origins.h"
#include "server/routes.h"
#include "server/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Ten wrong keys at once from one address, then one every two seconds. A key cannot be guessed; but a client with a key
 * that was removed should not fill the log. */
enum { FAILURES_AT_ONCE = 10, FAILURES = 1, FAILURES_PER_S = 2 };

struct access {
    struct keys *keys;         /* NULL: none is asked for */
    struct throttle *failures; /* of wrong keys, by address */
    struct throttle *rate;     /* of requests; NULL: any number */
    struct origins *origins;   /* NULL: none */
};

static struct throttle *new_rate(const struct access_config *config)
{
    return throttle_new(config->rate_limit, 1, config->rate_burst ? config->rate_burst : config->rate_limit);
}

struct access *access_new(const struct access_config *config, struct error *err)
{
    struct access *access = calloc(1, sizeof *access);
    bool ok = access;
    if (!ok)
        error_set(err, ERROR_INTERNAL, "out of memory");
    if (ok && config->keys_file)
        ok = (access->keys = keys_open(config->keys_file, err));
    if (ok && config->origins)
        ok = (access->origins = origins_new(config->origins, err));
    if (ok) {
        access->failures = throttle_new(FAILURES, FAILURES_PER_S, FAILURES_AT_ONCE);
        access->rate = config->rate_limit ? new_rate(config) : NULL;
        ok = access->failures && (access->rate || !config->rate_limit);
        if (!ok)
            error_set(err, ERROR_INTERNAL, "out of memory");
    }
    if (ok)
        return access;
    access_free(access);
    return NULL;
}

void access_free(struct access *access)
{
    if (!access)
        return;
    keys_free(access->keys);
    throttle_free(access->failures);
    throttle_free(access->rate);
    origins_free(access->origins);
    free(access);
}

struct keys *access_keys(struct access *access)
{
    return access->keys;
}

struct response_policy access_policy(const struct access *access)
{
    static const char *const vary[2][2] = {{NULL, "Origin"},
                                           {"Authorization, X-API-Key", "Authorization, X-API-Key, Origin"}};
    return (struct response_policy){.is_private = access->keys, .vary = vary[!!access->keys][!!access->origins]};
}

static const struct sockaddr *address_of(const struct request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

struct subject access_subject(struct access *access, const struct request *request)
{
    return access && access->keys && request->role ? subject_of_key(request->key)
                                                   : subject_of_address(address_of(request));
}

static void refuse_too_many(struct request *request, unsigned retry_s, const char *sentence)
{
    response_problem(&request->response, HTTP_TOO_MANY, "%s", sentence);
    request->response.retry_after_s = (int)retry_s;
}

/* The key that a request brings; *size 0: none. */
static const char *key_of(const struct request *request, size_t *size)
{
    const char *text = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    if (text && strncasecmp(text, "Bearer ", 7) == 0) {
        text += 7;
        text += strspn(text, " ");
    } else {
        text = request_header(request, "X-API-Key");
    }
    *size = text ? strcspn(text, " ") : 0;
    return text;
}

/* A key that is not known: said once in a while, without the key. */
static void refuse_wrong_key(struct access *access, struct request *request)
{
    const struct sockaddr *address = address_of(request);
    struct subject subject = subject_of_address(address);
    struct throttle_state state;
    char text[INET6_ADDRSTRLEN] = "";
    if (!throttle_take(access->failures, subject.bytes, subject.size, request->started_us, &state)) {
        refuse_too_many(request, state.retry_s, "Too many wrong API keys came from this address; try again later.");
        return;
    }
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
    log_event(LOG_WARN, "a request came with a wrong API key", LOG_STR("address", text),
              LOG_STR("path", request->path));
    response_problem(&request->response, HTTP_UNAUTHORIZED,
                     "This API key is not known here; it may have been removed.");
    request->response.authenticate = "Bearer realm=\"kpi-server\", error=\"invalid_token\"";
}

static void refuse_without_key(struct request *request)
{
    response_problem(&request->response, HTTP_UNAUTHORIZED,
                     "This path needs an API key, in a header: Authorization: Bearer KEY, or X-API-Key: KEY.");
    request->response.authenticate = "Bearer realm=\"kpi-server\"";
}

bool access_has_role(struct request *request, enum role role)
{
    if (request->role >= role)
        return true;
    response_problem(&request->response, HTTP_FORBIDDEN, "This needs an API key with the role %s.", role_names[role]);
    request->response.authenticate = "Bearer realm=\"kpi-server\", error=\"insufficient_scope\", scope=\"operate\"";
    return false;
}

/* A browser asks before a page of another site may ask; it cannot bring a key then. */
static bool answers_preflight(struct request *request, const char *method)
{
    if (!request->origin || strcmp(method, "OPTIONS") != 0 ||
        !request_header(request, MHD_HTTP_HEADER_ACCESS_CONTROL_REQUEST_METHOD))
        return false;
    response_constant(&request->response, HTTP_NO_CONTENT, NULL, "", 0);
    request->response.allow = route_methods;
    request->preflight = true;
    return true;
}

/* A page is dozens of files, and one that lacks some of them shows nothing. Each costs no more than a refusal. */
static bool is_file_of_page(const struct request *request, const char *method)
{
    return !request->refused && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
           asset_find(request->path);
}

static bool passes_rate(struct access *access, struct request *request, const char *method,
                        const struct subject *subject)
{
    if (!access->rate || is_file_of_page(request, method))
        return true;
    if (throttle_take(access->rate, subject->bytes, subject->size, request->started_us, &request->rate))
        return true;
    refuse_too_many(request, request->rate.retry_s, "Too many requests; try again later.");
    return false;
}

/* Whether the key that came, if any, is good for the path. */
static bool passes_key(struct access *access, struct request *request, bool has_key)
{
    enum role needed = request->route ? request->route->role : ROLE_READ;
    if (needed == ROLE_NONE || (request->role && access_has_role(request, needed)))
        return true;
    if (request->role)
        return false;
    if (has_key)
        refuse_wrong_key(access, request);
    else
        refuse_without_key(request);
    return false;
}

/* Whoever asks how the server is asks often, and must be told. */
static bool is_health(const struct request *request)
{
    return !request->refused && (strcmp(request->path, "/livez") == 0 || strcmp(request->path, "/readyz") == 0);
}

bool access_admits(struct access *access, struct request *request, const char *method)
{
    struct subject subject;
    const char *key = NULL;
    size_t size = 0;
    request->route = route_find(request->path, &request->tail);
    request->origin = access->origins ? origins_find(access->origins, request_header(request, "Origin")) : NULL;
    if (is_health(request))
        return !answers_preflight(request, method);
    if (access->keys) {
        key = key_of(request, &size);
        request->role = keys_find(access->keys, key, size, request->key);
    } else {
        request->role = ROLE_OPERATE;
    }
    subject = access_subject(access, request);
    if (!passes_rate(access, request, method, &subject))
        return false;
    if (request->refused)
        return true;
    return !answers_preflight(request, method) && (!access->keys || passes_key(access, request, size > 0));
}

bool access_has_headers(const struct request *request)
{
    return request->origin || request->rate.limit;
}

static bool add(struct MHD_Response *out, const char *name, const char *value)
{
    return MHD_add_response_header(out, name, value) == MHD_YES;
}

static bool add_number(struct MHD_Response *out, const char *name, unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "%u", number);
    return add(out, name, text);
}

static bool add_rate(const struct throttle_state *rate, struct MHD_Response *out)
{
    return add_number(out, "RateLimit-Limit", rate->limit) && add_number(out, "RateLimit-Remaining", rate->remaining) &&
           add_number(out, "RateLimit-Reset", rate->full_s);
}

static bool add_preflight(struct MHD_Response *out)
{
    return add(out, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS, route_methods) &&
           add(out, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS,
               "Authorization, X-API-Key, If-None-Match, Last-Event-ID, X-Request-Id, traceparent") &&
           add(out, MHD_HTTP_HEADER_ACCESS_CONTROL_MAX_AGE, "600");
}

static bool add_origin(const char *origin, struct MHD_Response *out)
{
    return add(out, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, origin) &&
           add(out, MHD_HTTP_HEADER_ACCESS_CONTROL_EXPOSE_HEADERS,
               "ETag, Cache-Status, Content-Disposition, Retry-After, WWW-Authenticate, X-Request-Id, RateLimit-Limit, "
               "RateLimit-Remaining, RateLimit-Reset");
}

bool access_add_headers(const struct request *request, struct MHD_Response *out)
{
    return (!request->rate.limit || add_rate(&request->rate, out)) &&
           (!request->origin || (add_origin(request->origin, out) && (!request->preflight || add_preflight(out))));
}

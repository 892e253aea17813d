#include "server/response.h"
#include "server/gzip.h"
#include "server/kept.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char content_type_json[] = "application/json; charset=utf-8";
const char content_type_problem[] = "application/problem+json";
const char content_type_events[] = "text/event-stream";

enum { RETRY_LEAST_S = 1, RETRY_SPREAD_S = 4 };

static void leave_owner(struct response *response)
{
    if (response->owner)
        response->let_go(response->owner);
    response->owner = NULL;
}

void response_release(struct response *response)
{
    free(response->bytes);
    leave_owner(response);
    stream_close(response->stream);
    kept_release(response->kept);
    *response = (struct response){0};
}

void response_take(struct response *response, enum http_status status, const char *content_type, struct buffer *body)
{
    static const char no_memory[] =
        "{\"title\":\"Internal Server Error\",\"status\":500,\"detail\":\"Out of memory.\"}\n";
    free(response->bytes);
    leave_owner(response);
    response->constant = NULL;
    response->bytes = buffer_take(body, &response->size);
    if (!response->bytes) {
        response->etag[0] = '\0';
        response->encoding = NULL;
        response_constant(response, HTTP_INTERNAL_ERROR, content_type_problem, no_memory, sizeof no_memory - 1);
        return;
    }
    response->status = status;
    response->content_type = content_type;
}

void response_constant(struct response *response, enum http_status status, const char *content_type, const void *bytes,
                       size_t size)
{
    free(response->bytes);
    leave_owner(response);
    response->bytes = NULL;
    response->status = status;
    response->content_type = content_type;
    response->constant = bytes;
    response->size = size;
}

void response_shared(struct response *response, enum http_status status, const char *content_type, const void *bytes,
                     size_t size, void *owner, void (*let_go)(void *owner))
{
    response_constant(response, status, content_type, bytes, size);
    response->owner = owner;
    response->let_go = let_go;
}

/* Without memory the body stays as it is. */
void response_compress(struct response *response)
{
    struct buffer packed = {0};
    size_t n;
    if (response->status != HTTP_OK || !response->bytes || response->encoding || response->size < COMPRESSED_LEAST)
        return;
    if (!gzip_whole(response->bytes, response->size, &packed) || packed.used >= response->size) {
        buffer_release(&packed);
        return;
    }
    response_take(response, response->status, response->content_type, &packed);
    response->encoding = "gzip";
    n = strlen(response->etag);
    if (*response->etag == '"' && n + 2 < sizeof response->etag) {
        memmove(response->etag + 2, response->etag, n + 1);
        memcpy(response->etag, "W/", 2);
    }
}

static bool add_header(struct MHD_Response *out, const char *name, const char *value)
{
    return !value || !*value || MHD_add_response_header(out, name, value) == MHD_YES;
}

static const char *cache_control(const struct response *response, const struct response_policy *policy)
{
    if (response->status >= 400)
        return "no-store";
    if (response->never_changes)
        return "public, max-age=31536000, immutable";
    return policy->is_private ? "private, no-cache" : "no-cache";
}

static bool add_policy(const struct response *response, struct MHD_Response *out)
{
    static const struct response_policy none;
    const struct response_policy *policy = response->policy ? response->policy : &none;
    const char *csp = response->csp ? response->csp : "default-src 'none'; frame-ancestors 'none'";
    return add_header(out, MHD_HTTP_HEADER_CACHE_CONTROL, cache_control(response, policy)) &&
           add_header(out, MHD_HTTP_HEADER_VARY, policy->vary) &&
           add_header(out, "Strict-Transport-Security", policy->is_secure ? "max-age=31536000" : NULL) &&
           add_header(out, "X-Content-Type-Options", "nosniff") && add_header(out, "Referrer-Policy", "no-referrer") &&
           add_header(out, "Permissions-Policy", "camera=(), geolocation=(), microphone=()") &&
           add_header(out, "Cross-Origin-Opener-Policy", "same-origin") &&
           add_header(out, "Cross-Origin-Resource-Policy", "same-origin") &&
           add_header(out, "Content-Security-Policy", csp);
}

bool response_add_headers(const struct response *response, struct MHD_Response *out)
{
    bool events = response->content_type == content_type_events;
    char seconds[16] = "", disposition[sizeof response->file_name + 32] = "";
    if (*response->file_name)
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", response->file_name);
    if (response->retry_after_s)
        snprintf(seconds, sizeof seconds, "%d", response->retry_after_s);
    return add_header(out, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type) &&
           add_header(out, MHD_HTTP_HEADER_CONTENT_ENCODING, response->encoding) &&
           add_header(out, MHD_HTTP_HEADER_ETAG, response->etag) &&
           add_header(out, MHD_HTTP_HEADER_ALLOW, response->allow) &&
           add_header(out, MHD_HTTP_HEADER_LOCATION, response->location) &&
           add_header(out, MHD_HTTP_HEADER_WWW_AUTHENTICATE, response->authenticate) && add_policy(response, out) &&
           add_header(out, "X-Accel-Buffering", events ? "no" : NULL) && /* or nginx would keep events back */
           add_header(out, MHD_HTTP_HEADER_VARY, response->vary) &&
           add_header(out, "Cache-Status", response->cache_status) &&
           add_header(out, MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition) &&
           add_header(out, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
}

static void put_member(struct buffer *body, const char *name, const char *text)
{
    buffer_printf(body, ",\"%s\":", name);
    buffer_json_string(body, text, strlen(text));
}

static void start_problem(struct buffer *body, enum http_status status)
{
    buffer_printf(body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d", http_status_title(status),
                  (int)status);
}

static void finish_problem(struct response *response, enum http_status status, struct buffer *body)
{
    buffer_text(body, "}\n");
    response->etag[0] = '\0';
    response->encoding = NULL;
    response_take(response, status, content_type_problem, body);
    /* Spread, so that clients that were refused together do not come back together. */
    /* NOLINTNEXTLINE(cert-msc30-c): nothing depends on that nobody can guess it. */
    response->retry_after_s = status == HTTP_UNAVAILABLE ? RETRY_LEAST_S + rand() % RETRY_SPREAD_S : 0;
}

void response_problem(struct response *response, enum http_status status, const char *detail, ...)
{
    struct buffer body = {0};
    char sentence[600];
    va_list args;
    va_start(args, detail);
    vsnprintf(sentence, sizeof sentence, detail, args);
    va_end(args);
    start_problem(&body, status);
    put_member(&body, "detail", sentence);
    finish_problem(response, status, &body);
}

void response_parameter_problem(struct response *response, const struct parameter_error *why)
{
    struct buffer body = {0};
    start_problem(&body, HTTP_BAD_REQUEST);
    put_member(&body, "detail", why->detail);
    put_member(&body, "parameter", why->parameter);
    put_member(&body, "value", why->value);
    put_member(&body, "accepted", why->accepted);
    finish_problem(response, HTTP_BAD_REQUEST, &body);
}

void response_error(struct response *response, const struct error *err)
{
    switch (err->kind) {
    case ERROR_INVALID:
    case ERROR_TOO_LARGE:
        response_problem(response, HTTP_BAD_REQUEST, "%s", err->message);
        break;
    case ERROR_NOT_FOUND:
        response_problem(response, HTTP_NOT_FOUND, "%s", err->message);
        break;
    case ERROR_TIMEOUT:
        response_problem(response, HTTP_TIMEOUT, "The pipeline ran past its time limit; ask for a shorter range.");
        break;
    case ERROR_CHANGED:
        response_problem(response, HTTP_UNAVAILABLE, "%s", err->message);
        break;
    case ERROR_UNAVAILABLE:
        response_problem(response, HTTP_UNAVAILABLE, "The database does not answer; try again.");
        break;
    default:
        response_problem(response, HTTP_INTERNAL_ERROR, "The server could not compute the answer; its log says why.");
    }
}

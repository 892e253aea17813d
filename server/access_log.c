#include "server/access_log.h"
#include "core/log.h"
#include "server/kept.h"
#include "server/request_id.h"
#include "server/routes.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

enum { FIELDS_MOST = 16 };

bool access_log_is_on(void)
{
    return log_enabled(LOG_DEBUG);
}

/* The client's address without its port, which nobody asks for; "" where it is not known. */
static void client_of(const struct request *request, char *out, size_t room)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    socklen_t size =
        address && address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (!address || getnameinfo(address, size, out, (socklen_t)room, NULL, 0, NI_NUMERICHOST) != 0)
        out[0] = '\0';
}

/* How the cache served it; NULL: it had no part in it. */
static const char *cache_word(const struct response *response)
{
    static const struct {
        const char *status, *word;
    } words[] = {{cache_status_hit, "hit"},
                 {cache_status_stale, "stale"},
                 {cache_status_miss, "miss"},
                 {cache_status_collapsed, "collapsed"}};
    const char *status = response->cache_status;
    if (!status && response->kept)
        status = response->kept->status;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].status == status)
            return words[i].word;
    return NULL;
}

static const char *how_ended(enum MHD_RequestTerminationCode how)
{
    switch (how) {
    case MHD_REQUEST_TERMINATED_COMPLETED_OK:
        return "sent";
    case MHD_REQUEST_TERMINATED_CLIENT_ABORT:
        return "client-left";
    case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
        return "timed-out";
    case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
        return "stopped";
    default:
        return "broken";
    }
}

static enum MHD_Result count_parents(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    unsigned *count = data;
    (void)kind;
    (void)value;
    *count += strcasecmp(name, "traceparent") == 0;
    return MHD_YES;
}

/* Two of them contradict each other: neither is believed. */
static bool has_trace(const struct request *request, struct trace_parent *parent)
{
    unsigned count = 0;
    const char *header = request_header(request, "traceparent");
    if (!trace_parent_parse(header, parent))
        return false;
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_parents, &count);
    return count == 1;
}

/* That the database is away is said once, not with every request that meets it. */
static enum log_level level_of(const struct request *request)
{
    return request->response.status >= 500 && request->response.status != HTTP_UNAVAILABLE ? LOG_WARN : LOG_DEBUG;
}

/* Never the query, nor any header but these: what was asked for, or with which key, is nobody's business here. */
static void write_line(struct request *request, enum MHD_RequestTerminationCode how, uint64_t took_us)
{
    struct log_field fields[FIELDS_MOST] = {0};
    struct trace_parent parent;
    char client[64];
    const char *cache = cache_word(&request->response);
    size_t n = 0, route = request->route ? (size_t)(request->route - routes) : route_count;
    client_of(request, client, sizeof client);
    fields[n++] = LOG_STR("request_id", request_id(request));
    if (has_trace(request, &parent)) {
        fields[n++] = LOG_STR("trace_id", parent.trace_id);
        fields[n++] = LOG_STR("parent_id", parent.parent_id);
    }
    fields[n++] = LOG_STR("client", client);
    fields[n++] = LOG_STR("method", request->method);
    fields[n++] = LOG_STR("path", request->path);
    fields[n++] = LOG_STR("route", route_label(route));
    fields[n++] = LOG_INT("status", request->response.status);
    fields[n++] = LOG_INT("us", took_us);
    if (cache)
        fields[n++] = LOG_STR("cache", cache);
    fields[n++] = LOG_STR("ended", how_ended(how));
    log_fields(level_of(request), "request", fields);
}

void access_log(struct request *request, enum MHD_RequestTerminationCode how, uint64_t took_us)
{
    if (log_enabled(level_of(request)))
        write_line(request, how, took_us);
}

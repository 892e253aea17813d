#include "server/request.h"
#include "core/utf8.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const request_lists[REQUEST_LISTS] = {MHD_HTTP_HEADER_ACCEPT, MHD_HTTP_HEADER_ACCEPT_ENCODING,
                                                  MHD_HTTP_HEADER_IF_NONE_MATCH};

const char *request_header(const struct request *request, const char *name)
{
    for (int i = 0; i < REQUEST_LISTS; i++)
        if (request->joined[i] && strcmp(request_lists[i], name) == 0)
            return request->joined[i];
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

void request_free(struct request *request)
{
    free(request->parameters);
    for (int i = 0; i < REQUEST_LISTS; i++)
        free(request->joined[i]);
    response_release(&request->response);
    free(request);
}

const char *request_id(struct request *request)
{
    if (!request->id) {
        request_id_make(request->made_id);
        request->id = request->made_id;
    }
    return request->id;
}

/* One member of a comma-separated header: [*p, *p + n) without surrounding spaces; *p moves behind it. 0: none left. */
static size_t next_member(const char **p, const char **member)
{
    const char *end;
    size_t n;
    *p += strspn(*p, " \t,");
    *member = *p;
    end = strchr(*p, ',');
    n = end ? (size_t)(end - *p) : strlen(*p);
    *p += n;
    while (n && strchr(" \t", (*member)[n - 1]))
        n--;
    return n;
}

bool request_matches(const struct request *request, const char *etag)
{
    return etag_is_named(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag);
}

bool etag_is_named(const char *if_none_match, const char *etag)
{
    const char *p = if_none_match, *member;
    const char *bare = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
    size_t n;
    while (p && (n = next_member(&p, &member))) {
        if (n == 1 && *member == '*')
            return true;
        if (n > 2 && strncmp(member, "W/", 2) == 0) {
            member += 2;
            n -= 2;
        }
        if (n == strlen(bare) && strncmp(member, bare, n) == 0)
            return true;
    }
    return false;
}

/* The weight that a member's rest, its parameters (";a=b;q=0.5"), gives it. */
static double weight_of(const char *rest, size_t n)
{
    char text[128], *p;
    double weight;
    snprintf(text, sizeof text, "%.*s", (int)n, rest);
    for (p = strchr(text, ';'); p; p = strchr(p, ';')) {
        p += 1 + strspn(p + 1, " \t");
        if (*p != 'q' && *p != 'Q')
            continue;
        p += 1 + strspn(p + 1, " \t"); /* no grammar has blanks around "=", but what is meant is plain */
        if (*p != '=')
            continue;
        weight = strtod(p + 1, NULL); /* which passes over blanks */
        return weight >= 1 ? 1 : weight > 0 ? weight : 0;
    }
    return 1;
}

/* How closely a media range names the type: 3 itself, 2 its main type, 1 any type, 0 not at all. */
static int closeness(const char *range, size_t n, const char *type)
{
    size_t main_type = strcspn(type, "/") + 1;
    if (n == strcspn(type, ";") && strncasecmp(range, type, n) == 0)
        return 3;
    if (n == main_type + 1 && strncasecmp(range, type, main_type) == 0 && range[main_type] == '*')
        return 2;
    return n == 3 && strncmp(range, "*/*", 3) == 0;
}

double request_weight(const struct request *request, const char *type, int *closest)
{
    const char *p = request_header(request, MHD_HTTP_HEADER_ACCEPT), *member;
    double weight = 0;
    bool any = false;
    size_t n;
    *closest = 0;
    while (p && (n = next_member(&p, &member))) {
        size_t name = 0;
        int how;
        any = true;
        while (name < n && member[name] != ';' && member[name] != ' ')
            name++;
        how = closeness(member, name, type);
        if (how > *closest) {
            *closest = how;
            weight = weight_of(member + name, n - name);
        }
    }
    return any ? weight : 1;
}

bool request_accepts(const struct request *request, const char *type)
{
    int closest;
    return request_weight(request, type, &closest) > 0;
}

/* The weight of a member of Accept-Encoding; otherwise where it is not named. */
static double encoding_weight(const struct request *request, const char *name, double otherwise)
{
    const char *p = request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING), *member;
    size_t n, length = strlen(name);
    while (p && (n = next_member(&p, &member)))
        if (n >= length && strncasecmp(member, name, length) == 0 &&
            (n == length || member[length] == ';' || member[length] == ' '))
            return weight_of(member + length, n - length);
    return otherwise;
}

bool request_accepts_gzip(const struct request *request)
{
    double weight = encoding_weight(request, "gzip", 0);
    return weight > 0 && weight >= encoding_weight(request, "identity", 0);
}

bool request_has_left(const struct request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd socket = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
    return poll(&socket, 1, 0) > 0 && socket.revents;
}

bool request_takes_none(struct request *request)
{
    struct parameter_error why;
    if (!request->parameter_count)
        return true;
    parameter_refuse(&why, &request->parameters[0], "no parameters", "%.*s takes no parameters.",
                     (int)utf8_cut(request->path, 100), request->path);
    response_parameter_problem(&request->response, &why);
    return false;
}

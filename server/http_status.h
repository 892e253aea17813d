/* The HTTP statuses that this server sends: one list, with number, name and what a problem of that status is titled. */
#ifndef KPI_SERVER_HTTP_STATUS_H
#define KPI_SERVER_HTTP_STATUS_H

#define HTTP_STATUSES(X)                                                                                               \
    X(200, OK, "OK")                                                                                                   \
    X(204, NO_CONTENT, "No Content")                                                                                   \
    X(304, NOT_MODIFIED, "Not Modified")                                                                               \
    X(308, PERMANENT_REDIRECT, "Permanent Redirect")                                                                   \
    X(400, BAD_REQUEST, "Bad Request")                                                                                 \
    X(401, UNAUTHORIZED, "Unauthorized")                                                                               \
    X(403, FORBIDDEN, "Forbidden")                                                                                     \
    X(404, NOT_FOUND, "Not Found")                                                                                     \
    X(405, METHOD_NOT_ALLOWED, "Method Not Allowed")                                                                   \
    X(406, NOT_ACCEPTABLE, "Not Acceptable")                                                                           \
    X(413, CONTENT_TOO_LARGE, "Content Too Large")                                                                     \
    X(414, URI_TOO_LONG, "URI Too Long")                                                                               \
    X(429, TOO_MANY, "Too Many Requests")                                                                              \
    X(431, HEADERS_TOO_LARGE, "Request Header Fields Too Large")                                                       \
    X(499, CLIENT_LEFT, "Client Closed Request")                                                                       \
    X(500, INTERNAL_ERROR, "Internal Server Error")                                                                    \
    X(503, UNAVAILABLE, "Service Unavailable")                                                                         \
    X(504, TIMEOUT, "Gateway Timeout")

enum http_status {
#define HTTP_ENUM(number, name, title) HTTP_##name = (number),
    HTTP_STATUSES(HTTP_ENUM)
#undef HTTP_ENUM
};

/* The title, or "" for a status that is not on the list. */
static inline const char *http_status_title(enum http_status status)
{
    switch (status) {
#define HTTP_CASE(number, name, title)                                                                                 \
    case HTTP_##name:                                                                                                  \
        return title;
        HTTP_STATUSES(HTTP_CASE)
#undef HTTP_CASE
    }
    return "";
}

#endif

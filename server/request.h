/* One HTTP request, from its URI to its answer. Made and freed by http.c; a route's handler reads it and fills
 * response, at once or in a job. */
#ifndef KPI_SERVER_REQUEST_H
#define KPI_SERVER_REQUEST_H

#include "server/response.h"
#include <microhttpd.h>

struct server;
struct route;

enum { PARAMETERS_MOST = 200, URI_BYTES_MOST = 8192 };

struct request {
    struct server *server;
    struct MHD_Connection *connection;
    const struct route *route;
    const char *path;                 /* decoded */
    const char *tail;                 /* what the path has after a route that ends in /; "" otherwise */
    struct raw_parameter *parameters; /* decoded; point into the connection's memory */
    size_t parameter_count;
    struct response response;
    bool waiting; /* a worker has it; only the HTTP thread looks at this */

    /* of http.c */
    bool seen; /* headers have been looked at */
    bool is_head;
    bool has_body;
    bool beyond;                 /* its connection is one more than the server holds */
    enum http_status refused;    /* the request cannot be served, whatever its path; 0 otherwise */
    const char *refused_because; /* a sentence; a constant */
    uint64_t started_us;
};

/* The header's value, or NULL. */
const char *request_header(const struct request *request, const char *name);

/* Whether If-None-Match names the tag: then the answer is a 304. */
bool request_matches(const struct request *request, const char *etag);

/* The same for the header's text; NULL names none. */
bool etag_is_named(const char *if_none_match, const char *etag);

/* How much Accept wants the media type ("application/json"): 0 not at all, to 1; without Accept it wants all.
 * *closeness: 3 where the type itself is named, 2 its main type, 1 any type, 0 where there is no Accept. */
double request_weight(const struct request *request, const char *type, int *closeness);

/* Whether it wants it at all. */
bool request_accepts(const struct request *request, const char *type);

/* Whether Accept-Encoding admits gzip, and does not want plain bytes more. */
bool request_accepts_gzip(const struct request *request);

/* Whether the client has closed its connection, one way at least. Only for a request that is suspended, while nobody
 * can resume it: until then its socket stays open. */
bool request_has_left(const struct request *request);

/* Refuses every parameter: for paths that take none. False when there was one; the answer is then set. */
bool request_takes_none(struct request *request);

#endif

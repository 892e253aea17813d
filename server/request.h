/* One HTTP request, from its URI to its answer. Made and freed by http.c; a route's handler reads it and fills
 * response, at once or in a job. */
#ifndef KPI_SERVER_REQUEST_H
#define KPI_SERVER_REQUEST_H

#include "server/cache.h"
#include "server/key_file.h"
#include "server/request_id.h"
#include "server/response.h"
#include "server/throttle.h"
#include <microhttpd.h>

struct server;

enum { REQUEST_LISTS = 3 };
extern const char *const request_lists[REQUEST_LISTS];
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
    bool waiting; /* suspended until somebody else has an answer; only the HTTP thread looks at this */
    bool again;   /* there is none: it is to be routed anew */

    /* Of flight.c, while it waits there. */
    struct request *next_waiter;
    uint64_t deadline_us; /* 0: none */
    bool gzip;            /* it admits a compressed answer */
    bool collapsed;       /* another had asked for the same */
    bool alone;           /* the answer is too long to be shared: it gets one of its own */

    /* Of kpi_kept.c. */
    struct cache_id uri_id; /* of the URI as it came */
    bool late;              /* it has waited for a fresh answer long enough */

    /* Of access.c. */
    enum role role;                /* what it may do */
    uint8_t key[KEY_DIGEST_BYTES]; /* the digest of what it may do that with, where keys are asked for */
    bool preflight;                /* it asks for a page of another site what that may do */
    const char *origin;            /* of the page, where it may read the answer; a constant of the configuration */
    struct throttle_state rate;    /* limit 0: there is none */

    /* of http.c */
    const char *method;
    const char *id; /* the client's, where it is sane, or made_id; NULL: not made yet */
    char made_id[REQUEST_ID_MADE];
    bool seen; /* headers have been looked at */
    bool is_head;
    bool has_body;
    char *joined[REQUEST_LISTS]; /* headers that are lists and came in several lines, as one; NULL of others; owned */
    bool beyond;                 /* its connection is one more than the server holds */
    enum http_status refused;    /* the request cannot be served, whatever its path; 0 otherwise */
    const char *refused_because; /* a sentence; a constant */
    uint64_t started_us;
};

/* Frees it with all that it owns, its response too. */
void request_free(struct request *request);

/* What logs call it: what its client calls it, or what it is called from now on. By the thread that serves it. */
const char *request_id(struct request *request);

/* The header's value, or NULL. Lines of a list (request_lists) are one, with commas between (RFC 9110, 5.3); of others
 * that are repeated it is the first. */
const char *request_header(const struct request *request, const char *name);

/* Whether If-None-Match names the tag: then the answer is a 304. */
bool request_matches(const struct request *request, const char *etag);

/* The same for the header's text; NULL names none. */
bool etag_is_named(const char *if_none_match, const char *etag);

/* How much Accept wants the media type ("application/json"; parameters do not count): 0 not at all, to 1; without
 * Accept it wants all. *closeness: 3 where the type itself is named, 2 its main type, 1 any type, 0 where there is no
 * Accept. */
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

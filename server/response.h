/* An answer under construction: status, headers and body. Owned by its request; one thread at a time. */
#ifndef KPI_SERVER_RESPONSE_H
#define KPI_SERVER_RESPONSE_H

#include "core/buffer.h"
#include "core/query.h"
#include "server/http_status.h"
#include "server/stream.h"

struct kept;
struct MHD_Response;

/* Below this a body fits into the packet that its headers need anyway. */
enum { COMPRESSED_LEAST = 1024 };

/* What all answers of a server say in their headers. */
struct response_policy {
    bool is_private;  /* each is for who asked: no proxy may keep it */
    bool is_secure;   /* it came over TLS, and so shall what comes later */
    const char *vary; /* what else answers depend on; a constant, or NULL */
};

struct response {
    enum http_status status;  /* 0: not answered yet */
    const char *content_type; /* a constant */
    char *bytes;              /* owned, or NULL */
    const void *constant;     /* instead of bytes: lives as long as the program, or its owner is held */
    void *owner;              /* of constant: let_go is called with it when nobody needs the bytes; NULL: nobody */
    void (*let_go)(void *owner);
    size_t size;
    char etag[48];            /* with its quotes; "" for none */
    const char *allow;        /* for 405 and OPTIONS; a constant */
    const char *location;     /* for redirects; a constant */
    const char *encoding;     /* Content-Encoding; a constant, or NULL */
    const char *csp;          /* Content-Security-Policy of a page; a constant, or NULL */
    bool never_changes;       /* this path will never say anything else: whoever has it need not ask again */
    int retry_after_s;        /* 0: no Retry-After */
    const char *vary;         /* the headers of requests that the answer depends on; a constant, or NULL */
    char file_name[192];      /* what a browser saves it as; "" shows it */
    const char *cache_status; /* RFC 9211; a constant, or NULL */
    struct kept *kept;        /* a reference to a kept answer, which is the body instead of bytes; or NULL */
    const char *authenticate; /* WWW-Authenticate; a constant, or NULL */
    const struct response_policy *policy; /* not owned; NULL: nothing */
    struct stream *stream; /* the body, made while it is sent, instead of bytes: the reader's end; or NULL */
};

void response_release(struct response *response);

/* Takes the buffer's bytes as the body. Out of memory becomes a 500. */
void response_take(struct response *response, enum http_status status, const char *content_type, struct buffer *body);

/* A body that lives as long as the program. */
void response_constant(struct response *response, enum http_status status, const char *content_type, const void *bytes,
                       size_t size);

/* A body that lives as long as its owner is held: takes the reference over. */
void response_shared(struct response *response, enum http_status status, const char *content_type, const void *bytes,
                     size_t size, void *owner, void (*let_go)(void *owner));

/* Compresses the body where that is worth while. A tag becomes weak: it is then that of other bytes too. */
void response_compress(struct response *response);

/* Adds all headers that an answer of ours has. False: out of memory; the body must not be sent without them. */
bool response_add_headers(const struct response *response, struct MHD_Response *out);

/* Turns the answer into a problem (RFC 9457): detail is a sentence, printf format. */
void response_problem(struct response *response, enum http_status status, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));

/* A 400 that says which parameter is wrong and what is accepted. */
void response_parameter_problem(struct response *response, const struct parameter_error *why);

/* The problem that an error of the core is: 400, 404, 503 with Retry-After, 504 or 500. */
void response_error(struct response *response, const struct error *err);

extern const char content_type_json[];
extern const char content_type_problem[];
extern const char content_type_events[];

#endif

/* An answer that is kept: its bytes, plain and compressed, with the responses of libmicrohttpd that carry them. A
 * response is made once and queued as often as it is asked for, so that a hit copies and allocates nothing.
 *
 * A kept answer is an entry of the cache and is shared like one: kept_hold() and kept_release(). It never changes once
 * others can see it, but for the mark of the definitions that it was found under. */
#ifndef KPI_SERVER_KEPT_H
#define KPI_SERVER_KEPT_H

#include "server/cache.h"
#include "server/question.h"
#include "server/response.h"
#include <microhttpd.h>

struct kept {
    struct cache_entry entry;
    uint64_t state;                  /* of the data that it was made from; see look.h */
    uint64_t library;                /* atomic: the number of the definitions under which its aliases mean it */
    struct question *question;       /* what it answers; NULL of what is not computed again */
    const char *content_type, *vary; /* constants */
    const char *status;              /* what hits say in Cache-Status; a constant */
    const struct response_policy *policy;
    char etag[48];                  /* "" for none */
    char file_name[192];            /* as in struct response */
    const char *bytes, *gzip_bytes; /* of the responses; gzip_bytes may be NULL */
    size_t size, gzip_size;
    struct MHD_Response *plain, *gzip, *not_modified;
};

/* What of an answer's headers is the same for all, and says how it came to be. */
extern const char cache_status_hit[], cache_status_stale[], cache_status_miss[], cache_status_collapsed[];

/* Takes the answer's bytes and headers; head is empty afterwards. status is what hits say in Cache-Status. With one
 * reference, the caller's. NULL: out of memory. */
struct kept *kept_new(struct cache_id id, uint64_t state, struct response *head, const char *status);

/* Adds the compressed form where that is worth while; before others see it. */
void kept_compress(struct kept *kept, const char *status);

/* The same answer with "stale": true in it, under the id kept_stale_id(); without a tag. NULL: out of memory. */
struct kept *kept_make_stale(const struct kept *kept);
struct cache_id kept_stale_id(const struct kept *kept);

struct kept *kept_hold(struct kept *kept);
void kept_release(struct kept *kept); /* NULL is fine */

/* Makes the response say this answer, 200 or 304, and hold a reference. status NULL: as a hit, with the shared
 * response; else with one of its own that says this. */
void kept_answer(struct kept *kept, struct response *response, bool gzip, bool not_modified, const char *status);

/* The shared response for what kept_answer() settled; not the caller's. */
struct MHD_Response *kept_shared(const struct response *response);

/* One of its own without its headers, which holds the bytes as long as it lives; NULL: out of memory. */
struct MHD_Response *kept_own(const struct response *response);

#endif

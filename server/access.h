/* Who may ask what, and how often: API keys with their roles, limits by key and by address, and the origins of other
 * sites whose pages may read answers. With none of these configured, all requests pass. */
#ifndef KPI_SERVER_ACCESS_H
#define KPI_SERVER_ACCESS_H

#include "core/error.h"
#include "server/keys.h"
#include "server/response.h"
#include "server/subject.h"
#include "server/throttle.h"

struct request;

struct access_config {
    const char *keys_file; /* NULL: no key is asked for */
    const char *origins;   /* with commas between; NULL: none */
    unsigned rate_limit;   /* requests a second of one key or address; 0: any */
    unsigned rate_burst;   /* that may come at once; 0: as many */
};

struct access;

/* NULL with err: the keys' file or an origin cannot be used. */
struct access *access_new(const struct access_config *config, struct error *err);
void access_free(struct access *access); /* NULL is fine */

/* The keys; NULL where none are asked for. */
struct keys *access_keys(struct access *access);

/* What all answers say of it in their headers. */
struct response_policy access_policy(const struct access *access);

/* To be asked for every request, before anything of the answer is looked for. Says in request->role what it may do.
 * False: its answer is there, and is a refusal or that to a preflight. One that is refused already for what it is
 * counts as well, and needs no key to be told. */
bool access_admits(struct access *access, struct request *request, const char *method);

/* Who asks: the key of a request that was let in with one, or else its address. access: NULL where all may ask. */
struct subject access_subject(struct access *access, const struct request *request);

/* Whether the request's role is that one, or more; if not, its answer is there. */
bool access_has_role(struct request *request, enum role role);

/* Whether the answer has headers that are its own: it cannot be a shared one. Adding them fails when memory is out. */
bool access_has_headers(const struct request *request);
bool access_add_headers(const struct request *request, struct MHD_Response *out);

#endif

/* What is looked for in every request, whatever its path, before a route sees it. Used by http.c. */
#ifndef KPI_SERVER_REQUEST_CHECK_H
#define KPI_SERVER_REQUEST_CHECK_H

#include "server/request.h"

/* The path and what follows it of a request's target, which may be a whole URL ("http://host/v1/kpis", RFC 9112 section
 * 3.2.2); "/" where that has no path. A part of the target, or a constant. */
const char *request_target_path(const char *target);

/* Looks at the request's target, as it came: too long, of a form that is for proxies, or with escapes in it that mean
 * nothing or a NUL. */
void request_check_uri(struct request *request, const char *uri);

/* Looks at headers, body and path. What is wrong is marked in request->refused. */
void request_check(struct request *request, const char *method, const char *version);

/* Looks at the parameters and reads them; an answer that is kept already needs none. */
void request_check_parameters(struct request *request);

#endif

/* What is looked for in every request, whatever its path, before a route sees it. Used by http.c. */
#ifndef KPI_SERVER_REQUEST_CHECK_H
#define KPI_SERVER_REQUEST_CHECK_H

#include "server/request.h"

/* Looks at the request's target, as it came: too long, or with a NUL in it. */
void request_check_uri(struct request *request, const char *uri);

/* Looks at headers, body and path. What is wrong is marked in request->refused. */
void request_check(struct request *request, const char *method, const char *version);

/* Looks at the parameters and reads them; an answer that is kept already needs none. */
void request_check_parameters(struct request *request);

#endif

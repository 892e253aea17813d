/* The requests that a definition is tried with: as it stands, with each parameter by itself, and those in which it goes
 * wrong first: of lines, of a range in which nothing was sold, of both, and with every row. */
#ifndef KPI_SERVER_TRIAL_REQUESTS_H
#define KPI_SERVER_TRIAL_REQUESTS_H

#include "core/query.h"

enum { TRIAL_PARAMETERS_MOST = 3, TRIAL_REQUESTS_MOST = 200, TRIAL_VALUE_BYTES = 64 };

struct trial_request {
    struct raw_parameter list[TRIAL_PARAMETERS_MOST];
    size_t count;
    bool of_lines; /* it filters on what many lines have, and on nothing else */
};

struct trial_requests {
    struct trial_request list[TRIAL_REQUESTS_MOST];
    size_t count;
    char sorts[2 * MAX_COLUMNS][TRIAL_VALUE_BYTES];
};

/* filters has a value for each filter, and must live as long as the requests, as the definition must. The first request
 * is the one without parameters. */
void trial_requests_make(struct trial_requests *requests, const struct definition *definition, const bson_t *filters);

/* The parameters as a request has them: "from=2024-01-01&category=Toys". */
void trial_request_text(const struct trial_request *request, char *text, size_t size);

#endif

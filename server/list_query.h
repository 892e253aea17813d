/* The parameters of a path that lists something in pages: a text that chooses, limit, offset. */
#ifndef KPI_SERVER_LIST_QUERY_H
#define KPI_SERVER_LIST_QUERY_H

#include "server/request.h"

/* What the path takes. */
struct list_form {
    const char *text; /* the name of the parameter that chooses */
    bool text_may_be_empty;
    int32_t limit, limit_most; /* without the parameter, and with it at most */
};

struct list_query {
    char text[VALUE_BYTES_MOST + 1]; /* "" when it is not given */
    int32_t limit, offset;
};

/* Reads the request's parameters. False: *why says which is wrong. */
bool list_query_parse(const struct list_form *form, const struct request *request, struct list_query *query,
                      struct parameter_error *why);

#endif

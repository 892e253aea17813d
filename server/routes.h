/* The routes: every path that the server knows, in one table. */
#ifndef KPI_SERVER_ROUTES_H
#define KPI_SERVER_ROUTES_H

#include "server/request.h"

/* Fills request->response, or submits a job that will. Runs on an HTTP thread and must not block. */
typedef void (*route_handler)(struct request *request);

struct route {
    const char *path;  /* ends in / where a name follows */
    const char *label; /* as metrics call it */
    enum role role;    /* that it takes to ask it, where keys are asked for */
    const char *type;  /* what it answers with, where a request may ask for something else; NULL: not looked at */
    route_handler handle;
};

extern const struct route routes[];
extern const size_t route_count;
extern const char route_methods[]; /* of all of them, as Allow says it */

/* The route of the path, with *tail behind its prefix; NULL when there is none. */
const struct route *route_find(const char *path, const char **tail);

/* The label of a route by its number; of route_count: "unknown". */
const char *route_label(size_t number);

/* Routes and answers: sets request->response or leaves a job. */
void route_request(struct request *request, const char *method);

/* The handlers, by file. */
void handle_kpi_list(struct request *request);     /* kpi_routes.c */
void handle_kpi(struct request *request);          /* in every form there is */
void handle_dimension(struct request *request);    /* dimension_route.c */
void handle_data_quality(struct request *request); /* quality_route.c */
void handle_analyses(struct request *request);     /* analyses_route.c */
void handle_events(struct request *request);       /* events_route.c */
void handle_status(struct request *request);       /* system_routes.c */
void handle_livez(struct request *request);
void handle_readyz(struct request *request);
void handle_metrics(struct request *request); /* metrics_route.c */
void handle_openapi(struct request *request); /* page_routes.c */
void handle_docs_redirect(struct request *request);
void handle_asset(struct request *request);

#endif

#include "server/routes.h"
#include "core/nearest.h"

#include <string.h>

const struct route routes[] = {
    {"/", "/", NULL, handle_asset},
    {"/v1/kpis", "/v1/kpis", "application/json", handle_kpi_list},
    {"/v1/kpis/", "/v1/kpis/{name}", NULL, handle_kpi},
    {"/v1/dimensions/", "/v1/dimensions/{name}", "application/json", handle_dimension},
    {"/v1/data-quality", "/v1/data-quality", "application/json", handle_data_quality},
    {"/v1/analyses", "/v1/analyses", "application/json", handle_analyses},
    {"/v1/status", "/v1/status", "application/json", handle_status},
    {"/openapi.json", "/openapi.json", "application/json", handle_openapi},
    {"/docs", "/docs", NULL, handle_docs_redirect},
    {"/docs/", "/docs/", NULL, handle_asset},
    {"/assets/", "/assets/", NULL, handle_asset},
    {"/metrics", "/metrics", NULL, handle_metrics},
    {"/livez", "/livez", NULL, handle_livez},
    {"/readyz", "/readyz", NULL, handle_readyz},
};
const size_t route_count = sizeof routes / sizeof routes[0];

const struct route *route_find(const char *path, const char **tail)
{
    for (size_t i = 0; i < route_count; i++) {
        size_t n = strlen(routes[i].path);
        bool prefix = n > 1 && routes[i].path[n - 1] == '/';
        if (strcmp(path, routes[i].path) == 0 || (prefix && strncmp(path, routes[i].path, n) == 0)) {
            *tail = path + n;
            return &routes[i];
        }
    }
    return NULL;
}

const char *route_label(size_t number)
{
    return number < route_count ? routes[number].label : "unknown";
}

static void answer_unknown_path(struct request *request)
{
    const char *best = NULL;
    unsigned distance = 0;
    for (size_t i = 0; i < route_count; i++)
        nearest_consider(request->path, routes[i].path, &best, &distance);
    if (best)
        response_problem(&request->response, HTTP_NOT_FOUND, "There is nothing at this path; did you mean %s?", best);
    else
        response_problem(&request->response, HTTP_NOT_FOUND,
                         "There is nothing at this path; /v1/kpis lists the KPIs and /docs describes all paths.");
}

void route_request(struct request *request, const char *method)
{
    static const char allowed[] = "GET, HEAD, OPTIONS";
    request->route = route_find(request->path, &request->tail);
    if (!request->route) {
        answer_unknown_path(request);
    } else if (strcmp(method, "OPTIONS") == 0) {
        response_constant(&request->response, HTTP_NO_CONTENT, NULL, "", 0);
        request->response.allow = allowed;
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        response_problem(&request->response, HTTP_METHOD_NOT_ALLOWED, "This path can only be read: %s.", allowed);
        request->response.allow = allowed;
    } else if (request->route->type && !request_accepts(request, request->route->type)) {
        response_problem(&request->response, HTTP_NOT_ACCEPTABLE, "This path answers with %s only.",
                         request->route->type);
    } else {
        request->route->handle(request);
    }
}

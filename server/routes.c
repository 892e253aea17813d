#include "server/routes.h"
#include "core/nearest.h"

#include <string.h>

const struct route routes[] = {
    {"/", "/", ROLE_NONE, NULL, handle_asset},
    {"/v1/kpis", "/v1/kpis", ROLE_READ, "application/json", handle_kpi_list},
    {"/v1/kpis/", "/v1/kpis/{name}", ROLE_READ, NULL, handle_kpi},
    {"/v1/dimensions/", "/v1/dimensions/{name}", ROLE_READ, "application/json", handle_dimension},
    {"/v1/data-quality", "/v1/data-quality", ROLE_READ, "application/json", handle_data_quality},
    {"/v1/analyses", "/v1/analyses", ROLE_READ, "application/json", handle_analyses},
    {"/v1/events", "/v1/events", ROLE_READ, "text/event-stream", handle_events},
    {"/v1/status", "/v1/status", ROLE_READ, "application/json", handle_status},
    {"/openapi.json", "/openapi.json", ROLE_NONE, "application/json", handle_openapi},
    {"/docs", "/docs", ROLE_NONE, NULL, handle_docs_redirect},
    {"/docs/", "/docs/", ROLE_NONE, NULL, handle_asset},
    {"/assets/", "/assets/", ROLE_NONE, NULL, handle_asset},
    {"/metrics", "/metrics", ROLE_OPERATE, "text/plain", handle_metrics},
    /* Whatever asks whether the server is well is told, be it in words that it does not know. */
    {"/livez", "/livez", ROLE_NONE, NULL, handle_livez},
    {"/readyz", "/readyz", ROLE_NONE, NULL, handle_readyz},
};
const char route_methods[] = "GET, HEAD, OPTIONS";
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
    request->route = route_find(request->path, &request->tail);
    if (strcmp(method, "OPTIONS") == 0 && (request->route || strcmp(request->path, "*") == 0)) {
        response_constant(&request->response, HTTP_NO_CONTENT, NULL, "", 0);
        request->response.allow = route_methods;
    } else if (!request->route) {
        answer_unknown_path(request);
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        response_problem(&request->response, HTTP_METHOD_NOT_ALLOWED, "This path can only be read: %s.", route_methods);
        request->response.allow = route_methods;
    } else if (request->route->type && !request_accepts(request, request->route->type)) {
        response_problem(&request->response, HTTP_NOT_ACCEPTABLE, "This path answers with %s only.",
                         request->route->type);
    } else {
        request->route->handle(request);
    }
}

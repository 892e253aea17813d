#include "server/metrics.h"
#include "server/routes.h"
#include "tests/unit/unit.h"

static const struct {
    const char *path, *label, *tail; /* label NULL: no route */
} paths[] = {
    {"/", "/", ""},
    {"/v1/kpis", "/v1/kpis", ""},
    {"/v1/kpis/", "/v1/kpis/{name}", ""},
    {"/v1/kpis/total-sales", "/v1/kpis/{name}", "total-sales"},
    {"/v1/kpis/total-sales/x", "/v1/kpis/{name}", "total-sales/x"},
    {"/v1/kpis//", "/v1/kpis/{name}", "/"},
    {"/v1/kpis/../status", "/v1/kpis/{name}", "../status"},
    {"/v1/dimensions/city", "/v1/dimensions/{name}", "city"},
    {"/v1/data-quality", "/v1/data-quality", ""},
    {"/v1/analyses", "/v1/analyses", ""},
    {"/v1/status", "/v1/status", ""},
    {"/openapi.json", "/openapi.json", ""},
    {"/docs", "/docs", ""},
    {"/docs/", "/docs/", ""},
    {"/docs/index.css", "/docs/", "index.css"},
    {"/metrics", "/metrics", ""},
    {"/livez", "/livez", ""},
    {"/readyz", "/readyz", ""},
    {"", NULL, NULL},
    {"//", NULL, NULL},
    {"/x", NULL, NULL},
    {"/v1", NULL, NULL},
    {"/v1/", NULL, NULL},
    {"/v1/kpisx", NULL, NULL},
    {"/V1/kpis", NULL, NULL},
    {"/v1/kpi", NULL, NULL},
    {"/v1/dimensions", NULL, NULL},
    {"/v1/status/", NULL, NULL},
    {"/v1/data-quality/x", NULL, NULL},
    {"/v1/analyses/", NULL, NULL},
    {"/metrics/x", NULL, NULL},
    {"/livez ", NULL, NULL},
    {"v1/kpis", NULL, NULL},
    {"*", NULL, NULL},
};

START_TEST(path_leads_to_its_route)
{
    const char *tail = "untouched";
    const struct route *route = route_find(paths[_i].path, &tail);
    ck_assert_pstr_eq(route ? route->label : NULL, paths[_i].label);
    if (route)
        ck_assert_str_eq(tail, paths[_i].tail);
}
END_TEST

START_TEST(every_route_is_found_by_its_own_path_and_has_a_counter)
{
    ck_assert_uint_lt(route_count, METRIC_ROUTES);
    for (size_t i = 0; i < route_count; i++) {
        const char *tail;
        ck_assert_ptr_eq(route_find(routes[i].path, &tail), &routes[i]);
        ck_assert_str_eq(tail, "");
        ck_assert(routes[i].path[0] == '/' && routes[i].handle);
        ck_assert_str_eq(route_label(i), routes[i].label);
    }
    ck_assert_str_eq(route_label(route_count), "unknown");
    ck_assert_str_eq(route_label(SIZE_MAX), "unknown");
}
END_TEST

/* Routes a request that no handler sees, and gives its problem, or NULL when the body is empty. */
static json_t *answer_to(struct request *request, const char *method, const char *path)
{
    *request = (struct request){.path = path};
    route_request(request, method);
    ck_assert(!request->waiting);
    return request->response.bytes ? json_loadb(request->response.bytes, request->response.size, 0, NULL) : NULL;
}

static const struct {
    const char *path, *expected;
} unknown[] = {
    {"/v1/kpi", "There is nothing at this path; did you mean /v1/kpis?"},
    {"/metric", "There is nothing at this path; did you mean /metrics?"},
    {"/healthz-and-so-on", "There is nothing at this path; /v1/kpis lists the KPIs and /docs describes all paths."},
};

START_TEST(unknown_path_is_answered_with_the_nearest)
{
    struct request request;
    json_t *problem = answer_to(&request, "GET", unknown[_i].path);
    ck_assert_int_eq(request.response.status, HTTP_NOT_FOUND);
    ck_assert_str_eq(json_string_value(json_object_get(problem, "detail")), unknown[_i].expected);
    json_decref(problem);
    response_release(&request.response);
}
END_TEST

START_TEST(unknown_path_is_unknown_whatever_the_method)
{
    struct request request;
    json_decref(answer_to(&request, "DELETE", "/nothing-like-it"));
    ck_assert_int_eq(request.response.status, HTTP_NOT_FOUND);
    response_release(&request.response);
}
END_TEST

START_TEST(only_reading_methods_are_allowed)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "GETX", "", "H"};
    for (int i = 0; i < COUNT(methods); i++) {
        struct request request;
        json_t *problem = answer_to(&request, methods[i], "/v1/kpis/total-sales");
        ck_assert_int_eq(request.response.status, HTTP_METHOD_NOT_ALLOWED);
        ck_assert_str_eq(request.response.allow, "GET, HEAD, OPTIONS");
        ck_assert_ptr_nonnull(problem);
        json_decref(problem);
        response_release(&request.response);
    }
}
END_TEST

START_TEST(options_are_told_without_a_body)
{
    struct request request;
    ck_assert_ptr_null(answer_to(&request, "OPTIONS", "/v1/kpis"));
    ck_assert_int_eq(request.response.status, HTTP_NO_CONTENT);
    ck_assert_uint_eq(request.response.size, 0);
    ck_assert_str_eq(request.response.allow, "GET, HEAD, OPTIONS");
    response_release(&request.response);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("routes");
    tcase_add_loop_test(tests, path_leads_to_its_route, 0, COUNT(paths));
    tcase_add_test(tests, every_route_is_found_by_its_own_path_and_has_a_counter);
    tcase_add_loop_test(tests, unknown_path_is_answered_with_the_nearest, 0, COUNT(unknown));
    tcase_add_test(tests, unknown_path_is_unknown_whatever_the_method);
    tcase_add_test(tests, only_reading_methods_are_allowed);
    tcase_add_test(tests, options_are_told_without_a_body);
    return run_case(tests, "routes");
}

#include "server/request.h"
#include "tests/unit/unit.h"

/* The one header that the request has: in place of the library's function, so that no connection is needed. */
static const char *header;

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *key)
{
    (void)connection;
    (void)kind;
    (void)key;
    return header;
}

#define TAG "W/\"0123\""

static const struct {
    const char *if_none_match;
    bool matches;
} tags[] = {
    {NULL, false},
    {"", false},
    {TAG, true},
    {"\"0123\"", true},
    {"*", true},
    {" \t" TAG " \t", true},
    {"\"a\", " TAG ", \"b\"", true},
    {"\"a\"," TAG, true},
    {",,, ," TAG, true},
    {"\"a\", *", true},
    {"0123", false},
    {"\"0123", false},
    {"\"01234\"", false},
    {"\"012\"", false},
    {"w/\"0123\"", false},
    {"W/", false},
    {"\v, " TAG, true},
    {"W/W/\"0123\"", false},
    {"**", false},
    {"\"*\"", false},
    {",", false},
    {" ", false},
};

START_TEST(tag_is_found_among_those_that_the_client_has)
{
    const struct request request = {0};
    header = tags[_i].if_none_match;
    ck_assert_int_eq(request_matches(&request, TAG), tags[_i].matches);
    ck_assert_int_eq(request_matches(&request, "\"0123\""), tags[_i].matches);
}
END_TEST

static const struct {
    const char *accept;
    bool accepts;
} types[] = {
    {NULL, true},
    {"", true},
    {"application/json", true},
    {"APPLICATION/JSON", true},
    {"application/json; charset=utf-8", true},
    {"application/*", true},
    {"*/*", true},
    {"text/html, application/xhtml+xml, */*;q=0.8", true},
    {"text/html,application/json;q=0.1", true},
    {"application/json;q=0.001", true},
    {"text/html", false},
    {"text/*", false},
    {"application/jsonx", false},
    {"application/jso", false},
    {"application", false},
    {"application/problem+json", false},
    {"application/json;q=0", false},
    {"application/json;Q=0", false},
    {"application/json; q=0.000", false},
    {"application/json; q = 0", false},
    {"application/json;q =\t0", false},
    {"application/json; quality=0", true},
    {"application/json; q", true},
    {"*/*;q=0", false},
    {"*", false},
    /* The type itself counts more than a range, and a range more than any. */
    {"application/json;q=0, */*", false},
    {"*/*, application/json;q=0", false},
    {"application/*;q=0, */*", false},
    {"application/json, */*;q=0", true},
    {"application/*;q=0, application/json", true},
    /* A parameter that only ends in q. */
    {"application/json;seq=0", true},
    {"application/json;x=1;q=0", false},
};

START_TEST(accept_admits_what_it_says)
{
    const struct request request = {0};
    header = types[_i].accept;
    ck_assert_int_eq(request_accepts(&request, "application/json"), types[_i].accepts);
}
END_TEST

static const struct {
    const char *accept;
    int weight, closeness; /* weight in hundredths */
} weights[] = {
    {NULL, 100, 0},
    {"text/csv", 100, 3},
    {"text/csv;q=0.25", 25, 3},
    {"text/*;q=0.5, text/csv;q=0.75, */*", 75, 3},
    {"text/*;q=0.5, */*", 50, 2},
    {"text/html, */*;q=0.01", 1, 1},
    {"text/html", 0, 0},
    {"text/csv;q=7", 100, 3},
    {"text/csv;q=-1", 0, 3},
    {"text/csv;q=NaN", 0, 3},
    {"text/csv;q=", 0, 3},
    {"text/csv;header=present;q=0.5", 50, 3},
};

START_TEST(weight_is_that_of_the_closest_range)
{
    const struct request request = {0};
    int closeness;
    header = weights[_i].accept;
    ck_assert_int_eq((int)(request_weight(&request, "text/csv", &closeness) * 100 + 0.5), weights[_i].weight);
    ck_assert_int_eq(closeness, weights[_i].closeness);
}
END_TEST

static const struct {
    const char *accept_encoding;
    bool accepts;
} encodings[] = {
    {NULL, false},
    {"", false},
    {"gzip", true},
    {"GZip", true},
    {"deflate, gzip, br", true},
    {"br,gzip;q=0.5", true},
    {"gzip ;q=1", true},
    {"identity", false},
    {"gzip;q=0", false},
    {"gzip; q=0.0", false},
    {"gzip;q=0, gzip", false},
    {"gzip;q=0.5, identity", false},
    {"gzip, identity;q=0.5", true},
    {"identity;q=0.2, gzip;q=0.2", true},
    {"gzip;q=nonsense", false},
    {"gzipped", false},
    {"x-gzip", false},
    {"gzi", false},
    {"g", false},
};

START_TEST(gzip_is_sent_only_where_it_is_asked_for)
{
    const struct request request = {0};
    header = encodings[_i].accept_encoding;
    ck_assert_int_eq(request_accepts_gzip(&request), encodings[_i].accepts);
}
END_TEST

/* The worst that a header can hold; what counts is that it ends. */
START_TEST(endless_header_is_no_harm)
{
    static const char letters[] = ",;q= \"*/W";
    const struct request request = {0};
    char *text = malloc(100001);
    for (size_t i = 0; i < sizeof letters - 1; i++) {
        memset(text, letters[i], 100000);
        text[100000] = '\0';
        header = text;
        request_matches(&request, TAG);
        request_accepts(&request, "application/json");
        request_accepts_gzip(&request);
    }
    free(text);
}
END_TEST

START_TEST(path_without_parameters_refuses_the_first)
{
    struct raw_parameter raw[] = {{"a\"", NULL}, {"b", "c"}};
    struct request request = {.path = "/v1/status", .parameters = raw};
    json_t *problem;
    ck_assert(request_takes_none(&request));
    ck_assert_int_eq(request.response.status, 0);
    request.parameter_count = 2;
    ck_assert(!request_takes_none(&request));
    problem = json_loadb(request.response.bytes, request.response.size, 0, NULL);
    ck_assert_int_eq(request.response.status, HTTP_BAD_REQUEST);
    ck_assert_str_eq(json_string_value(json_object_get(problem, "parameter")), "a\"");
    ck_assert_str_eq(json_string_value(json_object_get(problem, "detail")), "/v1/status takes no parameters.");
    json_decref(problem);
    response_release(&request.response);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("request");
    tcase_add_loop_test(tests, tag_is_found_among_those_that_the_client_has, 0, COUNT(tags));
    tcase_add_loop_test(tests, accept_admits_what_it_says, 0, COUNT(types));
    tcase_add_loop_test(tests, weight_is_that_of_the_closest_range, 0, COUNT(weights));
    tcase_add_loop_test(tests, gzip_is_sent_only_where_it_is_asked_for, 0, COUNT(encodings));
    tcase_add_test(tests, endless_header_is_no_harm);
    tcase_add_test(tests, path_without_parameters_refuses_the_first);
    return run_case(tests, "request");
}

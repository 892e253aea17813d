#include "server/response.h"
#include "tests/unit/unit.h"

/* An allocation that is too large returns NULL, as it does without the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* The body as JSON, which the caller releases; a problem of the status that it claims to be. */
static json_t *problem_of(const struct response *response, enum http_status status)
{
    const char *bytes = response->bytes ? response->bytes : response->constant;
    json_error_t where;
    json_t *json = json_loadb(bytes, response->size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
    ck_assert_msg(json != NULL, "%s: %s", bytes, where.text);
    ck_assert_int_eq(response->status, status);
    ck_assert_str_eq(response->content_type, "application/problem+json");
    ck_assert_int_eq(json_integer_value(json_object_get(json, "status")), status);
    ck_assert_str_eq(json_string_value(json_object_get(json, "title")), http_status_title(status));
    return json;
}

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static const char *const sentences[] = {
    "A sentence.", "", "with \"quotes\" and \\", "line\nfeed\ttab\x01", "São Paulo", "100 %", "cut \xc3", "\xff\xfe",
};

START_TEST(problem_is_json_whatever_its_sentence)
{
    struct response response = {0};
    json_t *json;
    response_problem(&response, HTTP_NOT_FOUND, "%s", sentences[_i]);
    json = problem_of(&response, HTTP_NOT_FOUND);
    ck_assert_uint_eq(json_object_size(json), 4);
    ck_assert_str_eq(text_of(json, "type"), "about:blank");
    ck_assert_int_eq(text_of(json, "detail")[0] == '\0', sentences[_i][0] == '\0');
    ck_assert_int_eq(response.retry_after_s, 0);
    json_decref(json);
    response_release(&response);
}
END_TEST

START_TEST(endless_sentence_is_cut_and_is_still_json)
{
    for (size_t start = 0; start < 4; start++) {
        char text[5000];
        struct response response = {0};
        json_t *json;
        memset(text, 'x', start);
        for (size_t i = start; i + 5 < sizeof text; i += 4)
            memcpy(text + i, "\xf0\x9f\x98\x80", 5);
        response_problem(&response, HTTP_BAD_REQUEST, "%s", text);
        json = problem_of(&response, HTTP_BAD_REQUEST);
        ck_assert_uint_gt(json_string_length(json_object_get(json, "detail")), 500);
        json_decref(json);
        response_release(&response);
    }
}
END_TEST

START_TEST(unavailable_says_when_to_come_back)
{
    for (int i = 0; i < 100; i++) {
        struct response response = {0};
        response_problem(&response, HTTP_UNAVAILABLE, "Later.");
        ck_assert(response.retry_after_s >= 1 && response.retry_after_s <= 10);
        response_release(&response);
    }
}
END_TEST

START_TEST(parameter_problem_says_what_came_and_what_is_accepted)
{
    const struct parameter_error why = {"region[\"$ne\"]", "x\n", "It is \"wrong\".", "a, b"};
    struct response response = {0};
    json_t *json;
    response_parameter_problem(&response, &why);
    json = problem_of(&response, HTTP_BAD_REQUEST);
    ck_assert_str_eq(text_of(json, "parameter"), "region[\"$ne\"]");
    ck_assert_str_eq(text_of(json, "value"), "x\n");
    ck_assert_str_eq(text_of(json, "detail"), "It is \"wrong\".");
    ck_assert_str_eq(text_of(json, "accepted"), "a, b");
    json_decref(json);
    response_release(&response);
}
END_TEST

static const struct {
    enum error_kind kind;
    enum http_status status;
    bool says_why; /* else the sentence is a general one */
} kinds[] = {
    {ERROR_INVALID, HTTP_BAD_REQUEST, true},      {ERROR_TOO_LARGE, HTTP_BAD_REQUEST, true},
    {ERROR_NOT_FOUND, HTTP_NOT_FOUND, true},      {ERROR_TIMEOUT, HTTP_TIMEOUT, false},
    {ERROR_UNAVAILABLE, HTTP_UNAVAILABLE, false}, {ERROR_INTERNAL, HTTP_INTERNAL_ERROR, false},
    {ERROR_NONE, HTTP_INTERNAL_ERROR, false},
};

START_TEST(error_becomes_its_status_and_keeps_secrets)
{
    struct response response = {0};
    struct error err = {kinds[_i].kind, "/secret/path: because"};
    json_t *json;
    response_error(&response, &err);
    json = problem_of(&response, kinds[_i].status);
    ck_assert_int_eq(strstr(text_of(json, "detail"), "because") != NULL, kinds[_i].says_why);
    ck_assert_int_eq(response.retry_after_s > 0, kinds[_i].status == HTTP_UNAVAILABLE);
    json_decref(json);
    response_release(&response);
}
END_TEST

START_TEST(problem_replaces_what_was_to_be_answered)
{
    struct response response = {0};
    struct buffer body = {0};
    buffer_text(&body, "{}");
    response_take(&response, HTTP_OK, content_type_json, &body);
    snprintf(response.etag, sizeof response.etag, "\"tag\"");
    response.encoding = "gzip";
    response_problem(&response, HTTP_UNAVAILABLE, "Later.");
    json_decref(problem_of(&response, HTTP_UNAVAILABLE));
    ck_assert_str_eq(response.etag, "");
    ck_assert_ptr_null(response.encoding);
    response_problem(&response, HTTP_NOT_FOUND, "No.");
    json_decref(problem_of(&response, HTTP_NOT_FOUND));
    ck_assert_int_eq(response.retry_after_s, 0);
    response_release(&response);
    ck_assert(!response.status && !response.bytes);
}
END_TEST

START_TEST(body_is_taken_from_the_buffer)
{
    struct response response = {0};
    struct buffer body = {0};
    response_constant(&response, HTTP_OK, content_type_json, "old", 3);
    buffer_text(&body, "{\"a\":1}");
    response_take(&response, HTTP_OK, content_type_json, &body);
    ck_assert_ptr_null(body.bytes);
    ck_assert_ptr_null(response.constant);
    ck_assert_str_eq(response.bytes, "{\"a\":1}");
    ck_assert_uint_eq(response.size, 7);
    response_constant(&response, HTTP_NOT_MODIFIED, NULL, "", 0);
    ck_assert_ptr_null(response.bytes);
    response_release(&response);
}
END_TEST

START_TEST(body_without_memory_is_a_problem_without_a_tag)
{
    struct response response = {0};
    struct buffer body = {0};
    snprintf(response.etag, sizeof response.etag, "\"tag\"");
    buffer_put(&body, "x", SIZE_MAX / 4);
    response_take(&response, HTTP_OK, content_type_json, &body);
    json_decref(problem_of(&response, HTTP_INTERNAL_ERROR));
    ck_assert_str_eq(response.etag, "");
    response_release(&response);
}
END_TEST

START_TEST(every_status_has_a_title)
{
    static const int numbers[] = {
#define NUMBER(number, name, title) number,
        HTTP_STATUSES(NUMBER)
#undef NUMBER
    };
    for (int i = 0; i < COUNT(numbers); i++)
        ck_assert_str_ne(http_status_title((enum http_status)numbers[i]), "");
    ck_assert_str_eq(http_status_title((enum http_status)0), "");
}
END_TEST

/* A body of n bytes that compress well, or not at all. */
static struct response answer_of(size_t n, bool well, const char *etag)
{
    struct response response = {0};
    struct buffer body = {0};
    unsigned random = 1;
    for (size_t i = 0; i < n; i++) {
        random = random * 1103515245U + 12345U;
        buffer_char(&body, well ? 'x' : (char)(random >> 16));
    }
    response_take(&response, HTTP_OK, content_type_json, &body);
    snprintf(response.etag, sizeof response.etag, "%s", etag);
    return response;
}

static const struct {
    size_t size;
    bool well, packed;
    const char *etag, *etag_after;
} bodies[] = {
    {0, true, false, "\"a\"", "\"a\""},
    {1023, true, false, "\"a\"", "\"a\""},
    {1024, true, true, "\"a\"", "W/\"a\""},
    {1024, true, true, "W/\"a\"", "W/\"a\""},
    {1024, true, true, "", ""},
    {100000, true, true, "\"a\"", "W/\"a\""},
    {5000, false, false, "\"a\"", "\"a\""},
};

START_TEST(body_is_compressed_where_that_is_worth_while)
{
    struct response response = answer_of(bodies[_i].size, bodies[_i].well, bodies[_i].etag);
    response_compress(&response);
    ck_assert_pstr_eq(response.encoding, bodies[_i].packed ? "gzip" : NULL);
    ck_assert_int_eq(response.size < bodies[_i].size, bodies[_i].packed);
    ck_assert_str_eq(response.etag, bodies[_i].etag_after);
    ck_assert_str_eq(response.content_type, content_type_json);
    response_release(&response);
}
END_TEST

START_TEST(problem_is_not_compressed)
{
    struct response response = answer_of(5000, true, "");
    response.status = HTTP_BAD_REQUEST;
    response_compress(&response);
    ck_assert_ptr_null(response.encoding);
    response_release(&response);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("response");
    tcase_add_loop_test(tests, problem_is_json_whatever_its_sentence, 0, COUNT(sentences));
    tcase_add_test(tests, endless_sentence_is_cut_and_is_still_json);
    tcase_add_test(tests, unavailable_says_when_to_come_back);
    tcase_add_test(tests, parameter_problem_says_what_came_and_what_is_accepted);
    tcase_add_loop_test(tests, error_becomes_its_status_and_keeps_secrets, 0, COUNT(kinds));
    tcase_add_test(tests, problem_replaces_what_was_to_be_answered);
    tcase_add_test(tests, body_is_taken_from_the_buffer);
    tcase_add_test(tests, body_without_memory_is_a_problem_without_a_tag);
    tcase_add_test(tests, every_status_has_a_title);
    tcase_add_loop_test(tests, body_is_compressed_where_that_is_worth_while, 0, COUNT(bodies));
    tcase_add_test(tests, problem_is_not_compressed);
    return run_case(tests, "response");
}

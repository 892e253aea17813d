#include "core/definition.h"
#include "server/trial_requests.h"
#include "tests/unit/unit.h"

static struct trial_requests requests;
static struct definition *definition;

static void make(const char *taken, const char *more)
{
    struct mistakes none = {0};
    bson_t *filters = bson_of("{'category': 'Toys', 'region': 'West', 'seller': 'S1'}");
    json_t *json = json_of("{'title': 'T', 'group': 'g', 'summary': 'S.', 'formula': 'F.', 'pipeline': [{'$limit': 1}],"
                           " 'columns': [{'name': 'n', 'type': 'count', 'text': 'N', 'key': true}],"
                           " 'chart': {'type': 'number', 'y': ['n']}}");
    json_t *other = json_of(more);
    char text[256];
    json_object_set_new(json, "parameters", json_of(taken));
    json_object_update(json, other);
    definition = definition_parse(json, "kpi", &none);
    ck_assert_msg(definition != NULL, "%s", none.count ? none.list[0].reason : "");
    trial_requests_make(&requests, definition, filters);
    for (size_t i = 0; i < requests.count; i++) /* while the values are there */
        trial_request_text(&requests.list[i], text, sizeof text);
    json_decref(other);
    mistakes_release(&none);
    bson_destroy(filters);
}

static void forget(void)
{
    definition_free(definition);
    definition = NULL;
}

static size_t with(const char *first, const char *last)
{
    size_t found = 0;
    for (size_t i = 0; i < requests.count; i++) {
        const struct trial_request *r = &requests.list[i];
        found += r->count && strcmp(r->list[0].name, first) == 0 && strcmp(r->list[r->count - 1].name, last) == 0;
    }
    return found;
}

START_TEST(first_request_has_no_parameter)
{
    make("['from', 'to', 'category']", "{}");
    ck_assert_uint_eq(requests.list[0].count, 0);
}
END_TEST

START_TEST(quiet_ranges_are_tried_with_lines_and_without)
{
    make("['from', 'to', 'category', 'sort', 'limit', 'offset']", "{'defaults': {'sort': 'n'}}");
    ck_assert_uint_eq(with("from", "to"), 1);
    ck_assert_uint_eq(with("from", "category"), 2);
    ck_assert_uint_eq(with("limit", "limit"), 1);
    ck_assert_uint_eq(with("limit", "category"), 1);
    ck_assert_uint_eq(with("category", "category"), 1);
    for (size_t i = 0; i < requests.count; i++) {
        const struct trial_request *r = &requests.list[i];
        bool lines = r->count && strcmp(r->list[r->count - 1].name, "category") == 0 && r->count < 3 &&
                     strcmp(r->list[0].name, "from") != 0;
        ck_assert_int_eq(r->of_lines, lines);
    }
}
END_TEST

START_TEST(only_what_is_taken_is_asked_for)
{
    make("['to', 'region']", "{'single_row': true}");
    ck_assert_uint_eq(with("from", "to"), 0);
    ck_assert_uint_eq(with("limit", "limit"), 0);
    ck_assert_uint_eq(with("to", "to"), 1);
    ck_assert_uint_eq(with("region", "region"), 1);
    ck_assert_uint_eq(requests.count, 3);
}
END_TEST

START_TEST(request_is_written_as_in_a_url)
{
    struct trial_request request = {.list = {{"from", "2024-01-01"}, {"category", "Toys"}}, .count = 2};
    char text[64], cut[8];
    trial_request_text(&request, text, sizeof text);
    ck_assert_str_eq(text, "from=2024-01-01&category=Toys");
    trial_request_text(&request, cut, sizeof cut);
    ck_assert_str_eq(cut, "from=20");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("trial_requests");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_test(tests, first_request_has_no_parameter);
    tcase_add_test(tests, quiet_ranges_are_tried_with_lines_and_without);
    tcase_add_test(tests, only_what_is_taken_is_asked_for);
    tcase_add_test(tests, request_is_written_as_in_a_url);
    return run_case(tests, "trial_requests");
}

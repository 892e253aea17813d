#include "core/lint_paging.h"
#include "tests/unit/unit.h"

static struct mistakes found, warned;

static void forget(void)
{
    mistakes_release(&found);
    mistakes_release(&warned);
}

static void page(const char *pipeline)
{
    json_t *json = json_of(pipeline);
    lint_paging(json, &found, &warned);
    json_decref(json);
}

#define SORT  "{'$sort': {'$var': 'sort'}}"
#define SKIP  "{'$skip': {'$var': 'offset'}}"
#define LIMIT "{'$limit': {'$var': 'limit'}}"

static const char *const right[] = {
    "[]",
    "[" SORT ", " SKIP ", " LIMIT "]",
    "[{'$sort': {'a': 1}}, {'$limit': 50}, {'$group': {}}, " SORT ", {'$match': {}}, " SKIP ", " LIMIT
    ", {'$lookup': {'from': 'products', 'pipeline': [{'$sort': {'a': 1}}, {'$limit': 1}]}}, {'$set': {}}]",
    "[{'$facet': {'rows': [" SORT ", " SKIP ", " LIMIT "], 'all': [{'$group': {}}]}}, {'$unwind': '$rows'}]",
};

START_TEST(pages_of_sorted_rows_are_right)
{
    page(right[_i]);
    ck_assert_msg(found.count == 0, "%s: %s", right[_i], found.count ? found.list[0].reason : "");
    ck_assert_uint_eq(warned.count, 0);
}
END_TEST

static const struct {
    const char *pipeline, *place, *says;
} wrong[] = {
    {"[" SORT ", " LIMIT ", " SKIP "]", "$.pipeline[2].$skip", "is applied to what $limit has left"},
    {"[" SKIP ", " LIMIT ", " SORT "]", "$.pipeline[2].$sort", "is applied to what $limit has left"},
    {"[" SKIP ", " SORT ", " LIMIT "]", "$.pipeline[1].$sort", "is applied to what $skip has left"},
    {"[" SORT ", " SKIP ", " LIMIT ", " LIMIT "]", "$.pipeline[3].$limit", "is applied twice"},
    {"[" SORT ", {'$group': {}}, " SKIP ", " LIMIT "]", "$.pipeline[1].$group", "another order"},
    {"[" SORT ", " SKIP ", " LIMIT ", {'$sort': {'a': 1}}]", "$.pipeline[3].$sort", "another order"},
    {"[" SORT ", {'$setWindowFields': {}}]", "$.pipeline[1].$setWindowFields", "another order"},
    {"[" SORT ", " SKIP ", " LIMIT ", {'$match': {}}]", "$.pipeline[3].$match", "the number of rows"},
    {"[" SORT ", " SKIP ", {'$limit': 5}, " LIMIT "]", "$.pipeline[2].$limit", "the number of rows"},
    {"[{'$facet': {'a': [" LIMIT ", " SKIP "]}}]", "$.pipeline[0].$facet.a[1].$skip", "is applied to what $limit"},
    {"[{'$lookup': {'from': 'x', 'pipeline': [" LIMIT "]}}]", "$.pipeline[0].$lookup.pipeline[0].$limit", "joined"},
    {"[{'$unionWith': {'coll': 'x', 'pipeline': [" SORT "]}}]", "$.pipeline[0].$unionWith.pipeline[0].$sort", "joined"},
};

START_TEST(pages_of_other_rows_are_said)
{
    page(wrong[_i].pipeline);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_str_eq(found.list[0].place, wrong[_i].place);
    ck_assert_msg(strstr(found.list[0].reason, wrong[_i].says) != NULL, "%s", found.list[0].reason);
}
END_TEST

START_TEST(unwind_of_what_was_joined_is_a_warning)
{
    page("[" SORT ", " SKIP ", " LIMIT ", {'$unwind': '$label'}]");
    ck_assert_uint_eq(found.count, 0);
    ck_assert_uint_eq(warned.count, 1);
    ck_assert_str_eq(warned.list[0].place, "$.pipeline[3].$unwind");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lint_paging");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_loop_test(tests, pages_of_sorted_rows_are_right, 0, COUNT(right));
    tcase_add_loop_test(tests, pages_of_other_rows_are_said, 0, COUNT(wrong));
    tcase_add_test(tests, unwind_of_what_was_joined_is_a_warning);
    return run_case(tests, "lint_paging");
}

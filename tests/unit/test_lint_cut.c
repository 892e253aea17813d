#include "core/lint_cut.h"
#include "tests/unit/unit.h"

static struct mistakes found;

static void forget(void)
{
    mistakes_release(&found);
}

static void cut(const char *pipeline)
{
    json_t *json = json_of(pipeline);
    lint_cut(json, &found);
    json_decref(json);
}

#define SORT  "{'$sort': {'a': 1}}"
#define GROUP "{'$group': {'_id': '$a'}}"

static const char *const right[] = {
    "[]",
    "[" SORT ", {'$limit': 5}]",
    "[" SORT ", {'$skip': 5}, {'$limit': 5.0}]",
    "[" GROUP ", {'$sort': {'$var': 'sort'}}, {'$skip': {'$var': 'offset'}}, {'$limit': {'$var': 'limit'}}]",
    "[" SORT ", {'$match': {}}, {'$project': {'a': 1}}, {'$unwind': '$a'}, {'$limit': 5}]",
    "[{'$limit': 2147483647}, " GROUP ", {'$limit': 9223372036854775807}, {'$skip': 0}]",
    "[{'$group': {'_id': null}}, {'$limit': 1}]",
    "[{'$group': {'_id': 'all'}}, {'$set': {'b': 1}}, {'$limit': 1}]",
    "[{'$group': {'_id': {'$literal': '$x'}}}, {'$limit': 1}]",
    "[{'$group': {'_id': null}}, {'$unwind': '$list'}, {'$limit': 3}]",
    "[{'$facet': {'a': [" SORT "]}}, {'$unwind': {'path': '$a'}}, {'$limit': 3}]",
    "[" SORT ", {'$facet': {'a': [{'$limit': 3}]}}]",
    "[{'$lookup': {'from': 'products', 'pipeline': [" SORT ", {'$limit': 1}], 'as': 'l'}}]",
    "[{'$unionWith': 'products'}, {'$sortByCount': '$a'}, {'$limit': 1}]",
    "[{'$bucket': {'groupBy': '$a', 'boundaries': [0, 1.5, 9]}}, {'$bucketAuto': {'groupBy': '$a', 'buckets': 4}}]",
    "[{'$bucket': {'groupBy': '$a', 'boundaries': ['a', 'b']}}, {'$sort': {'a': -1, 'b': 1.0}}]",
};

START_TEST(rows_in_an_order_may_be_cut_off)
{
    cut(right[_i]);
    ck_assert_msg(found.count == 0, "%s: %s", right[_i], found.count ? found.list[0].reason : "");
}
END_TEST

static const struct {
    const char *pipeline, *place, *says;
} wrong[] = {
    {"[{'$limit': 5}]", "$.pipeline[0].$limit", "put a $sort right before it"},
    {"[{'$skip': 5}, {'$limit': 5}]", "$.pipeline[0].$skip", "put a $sort right before it"},
    {"[" SORT ", " GROUP ", {'$limit': 5}]", "$.pipeline[2].$limit", "in no order"},
    {"[" GROUP ", {'$limit': {'$var': 'limit'}}, " SORT "]", "$.pipeline[1].$limit", "in no order"},
    {"[" SORT ", {'$unionWith': 'meta'}, {'$limit': 5}]", "$.pipeline[2].$limit", "in no order"},
    {"[" SORT ", {'$setWindowFields': {'sortBy': {'b': 1}, 'output': {}}}, {'$limit': 5}]", "$.pipeline[2].$limit",
     "in no order"},
    {"[{'$group': {'_id': {'a': '$a'}}}, {'$limit': 5}]", "$.pipeline[1].$limit", "in no order"},
    {"[{'$group': {'_id': null}}, {'$unionWith': 'meta'}, {'$limit': 5}]", "$.pipeline[2].$limit", "in no order"},
    {"[{'$limit': 2147483646}]", "$.pipeline[0].$limit", "in no order"},
    {"[{'$facet': {'a': [" SORT ", {'$limit': 1}], 'b': [{'$limit': 1}]}}]", "$.pipeline[0].$facet.b[0].$limit",
     "in no order"},
    {"[" SORT ", {'$lookup': {'from': 'meta', 'pipeline': [{'$limit': 1}], 'as': 'l'}}]",
     "$.pipeline[1].$lookup.pipeline[0].$limit", "in no order"},
    {"[{'$unionWith': {'coll': 'meta', 'pipeline': [{'$limit': 1}]}}]", "$.pipeline[0].$unionWith.pipeline[0].$limit",
     "in no order"},
    /* What MongoDB refuses. */
    {"[{'$limit': 0}]", "$.pipeline[0].$limit", "a whole number from 1 on, or {\"$var\": \"limit\"}"},
    {"[{'$limit': -1}]", "$.pipeline[0].$limit", "from 1 on"},
    {"[" SORT ", {'$limit': 2.5}]", "$.pipeline[1].$limit", "a whole number"},
    {"[" SORT ", {'$limit': '5'}]", "$.pipeline[1].$limit", "a whole number"},
    {"[" SORT ", {'$limit': null}]", "$.pipeline[1].$limit", "a whole number"},
    {"[" SORT ", {'$limit': 1e300}]", "$.pipeline[1].$limit", "a whole number"},
    {"[" SORT ", {'$limit': {'$add': [1, 2]}}]", "$.pipeline[1].$limit", "a whole number"},
    {"[" SORT ", {'$limit': {'$var': 'offset'}}]", "$.pipeline[1].$limit", "{\"$var\": \"limit\"}"},
    {"[" SORT ", {'$skip': -1}]", "$.pipeline[1].$skip", "from 0 on, or {\"$var\": \"offset\"}"},
    {"[" SORT ", {'$skip': {'$var': 'limit'}}]", "$.pipeline[1].$skip", "{\"$var\": \"offset\"}"},
    {"[{'$lookup': {'from': 'meta', 'pipeline': [{'$skip': -1}], 'as': 'l'}}]",
     "$.pipeline[0].$lookup.pipeline[0].$skip", "from 0 on"},
    {"[{'$sort': {}}]", "$.pipeline[0].$sort", "names no field"},
    {"[{'$sort': {'a': 0}}]", "$.pipeline[0].$sort.a", "1 (least first)"},
    {"[{'$sort': {'a': 'asc'}}]", "$.pipeline[0].$sort.a", "1 (least first)"},
    {"[{'$group': {'n': {'$sum': 1}}}]", "$.pipeline[0].$group", "has no \"_id\""},
    {"[{'$unwind': 'items'}]", "$.pipeline[0].$unwind", "\"$payments\""},
    {"[{'$unwind': {'preserveNullAndEmptyArrays': true}}]", "$.pipeline[0].$unwind", "\"$payments\""},
    {"[{'$project': {}}]", "$.pipeline[0].$project", "is empty"},
    {"[{'$facet': {}}]", "$.pipeline[0].$facet", "is empty"},
    {"[{'$facet': {'a': [{'$facet': {'b': []}}]}}]", "$.pipeline[0].$facet.a[0].$facet", "cannot stand in a $facet"},
    {"[{'$bucketAuto': {'groupBy': '$a', 'buckets': 0}}]", "$.pipeline[0].$bucketAuto.buckets", "from 1 on"},
    {"[{'$bucket': {'groupBy': '$a', 'boundaries': [1]}}]", "$.pipeline[0].$bucket.boundaries", "two or more"},
    {"[{'$bucket': {'groupBy': '$a', 'boundaries': [1, 1]}}]", "$.pipeline[0].$bucket.boundaries[1]", "ascend"},
};

START_TEST(what_an_engine_would_choose_or_refuse_is_said_once_with_its_place)
{
    cut(wrong[_i].pipeline);
    ck_assert_msg(found.count == 1, "%s: %zu", wrong[_i].pipeline, found.count);
    ck_assert_str_eq(found.list[0].place, wrong[_i].place);
    ck_assert_msg(strstr(found.list[0].reason, wrong[_i].says) != NULL, "%s", found.list[0].reason);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lint_cut");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_loop_test(tests, rows_in_an_order_may_be_cut_off, 0, COUNT(right));
    tcase_add_loop_test(tests, what_an_engine_would_choose_or_refuse_is_said_once_with_its_place, 0, COUNT(wrong));
    return run_case(tests, "lint_cut");
}

#include "core/allow.h"
#include "tests/unit/unit.h"

static const char *const variables[] = {"filter", "limit", "prefix", NULL};

static bool check(const char *pipeline, struct error *err)
{
    json_t *json = json_of(pipeline);
    struct mistakes mistakes = {0};
    bool ok = allow_pipeline(json, variables, &mistakes);
    if (!ok)
        mistakes_error(&mistakes, err);
    mistakes_release(&mistakes);
    json_decref(json);
    return ok;
}

static const char *const allowed[] = {
    "[]",
    "[{'$match': {'$var': 'filter'}}, {'$limit': {'$var': 'limit'}}]",
    "[{'$group': {'_id': null, 'sales': {'$sum': '$sales'}}}]",
    "[{'$lookup': {'from': 'products', 'let': {'p': '$_id'}, 'pipeline': [{'$match': {'$expr': {'$eq': ['$_id', "
    "'$$p']}}}], 'as': 'x'}}]",
    "[{'$facet': {'a': [{'$skip': 1}], 'b': [{'$limit': 1}]}}]",
    /* A field may be called pipeline, and a literal holds what it likes. */
    "[{'$set': {'pipeline': ['$a', '$b'], 'x': {'$literal': {'$where': 'text', 'n': {'$var': 'limit'}}}}}]",
    "[{'$match': {'$and': [{'a': 1}, {'$var': 'filter'}]}}]",
    "[{'$match': {'$or': [{'a': {'$var': 'prefix'}}, {'b': {'$var': 'prefix'}}]}}]",
    "[{'$unionWith': {'coll': 'orders', 'pipeline': [{'$match': {'$var': 'filter'}}]}}]",
    "[{'$replaceWith': {'$mergeObjects': ['$$ROOT', '$$CURRENT.a', {'b': '$$REMOVE', 'c': '$$this', 'd': {'$literal': "
    "'$$NOW'}}]}}]",
    "[{'$unwind': '$items'}, {'$sort': {'sales': -1}}]",
    "[{'$lookup': {'from': 'customers_dim', 'as': 'x'}}, {'$unionWith': 'meta'}]",
};

START_TEST(what_only_reads_is_allowed)
{
    struct error err = {0};
    ck_assert_msg(check(allowed[_i], &err), "%s", err.message);
}
END_TEST

static const struct {
    const char *pipeline, *place, *says;
} refused[] = {
    {"[{'$limit': 1}, {'$out': 'evil'}]", "$.pipeline[1]", "not an allowed stage: '$out'"},
    {"[{'$merge': {'into': 'evil'}}]", "$.pipeline[0]", "'$merge'"},
    {"[{'$lookup': {'from': 'orders', 'pipeline': [{'$out': 'evil'}], 'as': 'x'}}]",
     "$.pipeline[0].$lookup.pipeline[0]", "'$out'"},
    {"[{'$unionWith': {'coll': 'orders', 'pipeline': [{'$merge': 'evil'}]}}]", "$unionWith.pipeline", "'$merge'"},
    {"[{'$facet': {'a': [{'$out': 'evil'}]}}]", "$facet.a", "'$out'"},
    {"[{'$match': {'$where': 'sleep(1)'}}]", "$.pipeline[0].$match", "'$where'"},
    {"[{'$match': {'$or': [{'a': 1}, {'$where': '1'}]}}]", "$.pipeline[0].$match.$or[1]", "'$where'"},
    {"[{'$set': {'a': {'$function': {'body': 'f', 'args': [], 'lang': 'js'}}}}]", "$.pipeline[0].$set.a",
     "'$function'"},
    {"[{'$group': {'_id': null, 'a': {'$accumulator': {}}}}]", "$.pipeline[0].$group.a", "'$accumulator'"},
    {"[{'$set': {'a': {'$dateTrunc': {'date': '$day', 'unit': 'day'}}}}]", "$.pipeline[0].$set.a", "'$dateTrunc'"},
    {"[{'$densify': {}}]", "$.pipeline[0]", "'$densify'"},
    /* Of nothing it gives no row on MongoDB, and a row with 0 elsewhere; of Decimal128 a double. */
    {"[{'$count': 'n'}]", "$.pipeline[0]", "'$count'"},
    {"[{'$group': {'_id': null, 'a': {'$avg': '$sales'}}}]", "$.pipeline[0].$group.a", "'$avg'"},
    {"[{'$mach': {}}]", "$.pipeline[0]", "did you mean '$match'?"},
    {"[{'$set': {'a': {'$smu': '$b'}}}]", "$.pipeline[0].$set.a", "did you mean '$sum'?"},
    {"[{'$limit': {'$var': 'limt'}}]", "$.pipeline[0].$limit", "no variable 'limt'; did you mean 'limit'?"},
    {"[{'$match': {'a': {'$var': 'filter', 'b': 1}}}]", "$.pipeline[0].$match.a", "a variable is written"},
    {"[{'$match': {'$var': 7}}]", "$.pipeline[0].$match", "a variable is written"},
    {"[{'$set': {'a': {'$literal': [{'b': {'$var': 'limt'}}]}}}]", "$.pipeline[0].$set.a.$literal",
     "no variable 'limt'"},
    {"[{'$lookup': {'from': {'db': 'admin', 'coll': 'x'}, 'as': 'x'}}]", "$.pipeline[0].$lookup",
     "'from' must be the name of a collection"},
    {"[{'$unionWith': {'pipeline': []}}]", "$.pipeline[0].$unionWith", "'coll' must be the name of a collection"},
    /* What is no data is not to be read through a KPI. */
    {"[{'$unionWith': 'system.users'}]", "$.pipeline[0].$unionWith", "'system.users' is no collection"},
    {"[{'$lookup': {'from': 'imports', 'as': 'x'}}]", "$.pipeline[0].$lookup", "'imports' is no collection"},
    {"[{'$facet': {'a': [{'$lookup': {'from': 'product', 'as': 'x'}}]}}]", "$.pipeline[0].$facet.a[0].$lookup",
     "did you mean 'products'?"},
    {"[{'$unionWith': {'coll': '_dim', 'pipeline': []}}]", "$.pipeline[0].$unionWith", "'_dim' is no collection"},
    /* In an expression a text from a request could be a field path. */
    {"[{'$match': {'$expr': {'$var': 'filter'}}}]", "$.pipeline[0].$match.$expr", "is a whole condition"},
    {"[{'$set': {'a': {'$and': [{'$var': 'filter'}]}}}]", "$.pipeline[0].$set.a.$and[0]", "is a whole condition"},
    {"[{'$match': {'$expr': {'$and': [{'$var': 'filter'}]}}}]", "$.pipeline[0].$match.$expr.$and[0]",
     "is a whole condition"},
    {"[{'$set': {'a': {'$var': 'filter'}}}]", "$.pipeline[0].$set.a", "is a whole condition"},
    {"[{'$match': {'$expr': {'$eq': ['$a', {'$var': 'prefix'}]}}}]", "$.pipeline[0].$match.$expr.$eq[1]",
     "a condition on a text"},
    {"[{'$set': {'a': {'$var': 'prefix'}}}]", "$.pipeline[0].$set.a", "a condition on a text"},
    {"[{'$set': {'a': '$$NOW'}}]", "$.pipeline[0].$set.a", "'$$NOW'"},
    {"[{'$set': {'a': ['$$USER_ROLES.role']}}]", "$.pipeline[0].$set.a[0]", "'$$USER_ROLES'"},
    {"[{'$replaceWith': '$$CLUSTER_TIME'}]", "$.pipeline[0].$replaceWith", "'$$CLUSTER_TIME'"},
    {"['$match']", "$.pipeline[0]", "a stage is an object with one key"},
    {"[{}]", "$.pipeline[0]", "a stage is an object with one key"},
    {"[{'$limit': 1, '$skip': 1}]", "$.pipeline[0]", "a stage is an object with one key"},
};

START_TEST(what_writes_runs_code_or_has_no_value_is_refused_with_its_place)
{
    struct error err = {0};
    ck_assert_msg(!check(refused[_i].pipeline, &err), "%s is allowed", refused[_i].pipeline);
    ck_assert_msg(strstr(err.message, refused[_i].place) != NULL, "no place in: %s", err.message);
    ck_assert_msg(strstr(err.message, refused[_i].says) != NULL, "no reason in: %s", err.message);
}
END_TEST

START_TEST(all_that_is_wrong_is_found_at_once)
{
    static const char *const places[] = {"$.pipeline[0].$match.a", "$.pipeline[1]", "$.pipeline[2].$facet.x[0]",
                                         "$.pipeline[3].$set.a[1]"};
    json_t *json =
        json_of("[{'$match': {'a': {'$regx': 1}, 'b': 2}}, {'$out': 'x'}, {'$facet': {'x': [{'$merge': 'y'}]}},"
                " {'$set': {'a': [1, {'$var': 'nothing'}]}}]");
    struct mistakes mistakes = {0};
    ck_assert(!allow_pipeline(json, variables, &mistakes));
    ck_assert_uint_eq(mistakes.count, COUNT(places));
    for (size_t i = 0; i < mistakes.count; i++)
        ck_assert_str_eq(mistakes.list[i].place, places[i]);
    mistakes_release(&mistakes);
    json_decref(json);
}
END_TEST

START_TEST(nesting_without_end_is_refused)
{
    struct mistakes mistakes = {0};
    json_t *value = json_integer(1), *pipeline;
    for (int i = 0; i < 500; i++)
        value = json_pack("[o]", value);
    pipeline = json_pack("[{s:o}]", "$set", json_pack("{s:o}", "a", value));
    ck_assert(!allow_pipeline(pipeline, variables, &mistakes));
    ck_assert_str_eq(mistakes.list[0].reason, "nested too deep");
    mistakes_release(&mistakes);
    json_decref(pipeline);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("allow");
    tcase_add_loop_test(tc, what_only_reads_is_allowed, 0, COUNT(allowed));
    tcase_add_loop_test(tc, what_writes_runs_code_or_has_no_value_is_refused_with_its_place, 0, COUNT(refused));
    tcase_add_test(tc, all_that_is_wrong_is_found_at_once);
    tcase_add_test(tc, nesting_without_end_is_refused);
    return run_case(tc, "allow");
}

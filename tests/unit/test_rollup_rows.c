#include "core/rollup_rows.h"
#include "tests/unit/request.h"

static struct catalog *catalog;

static void load(void)
{
    catalog = shipped_catalog();
}

static void unload(void)
{
    catalog_release(catalog);
}

#define MERGED "{'$replaceWith': {'$mergeObjects': ['$rows', {'day': '$day'}]}}"

/* Stages of a definition, and what becomes of them on rows of day, region, country and the measures. */
static const struct {
    const char *stages, *read;
} examples[] = {
    {"[{'$group': {'_id': '$region', 'sales': {'$sum': '$sales'}}}, {'$project': {'region': '$_id', 'sales': "
     "'$sales'}}]",
     "[{'$group': {'_id': '$rows.region', 'sales': {'$sum': '$rows.sales'}}},"
     " {'$project': {'region': '$_id', 'sales': '$sales'}}]"},
    /* The day lies beside the rows. */
    {"[{'$group': {'_id': {'d': '$day', 'r': ['$region', '$region.x']}, 'n': {'$sum': {'$multiply': [2, "
     "'$orders']}}}}]",
     "[{'$group': {'_id': {'d': '$day', 'r': ['$rows.region', '$rows.region.x']},"
     " 'n': {'$sum': {'$multiply': [2, '$rows.orders']}}}}]"},
    /* What only looks like a field. */
    {"[{'$group': {'_id': {'$literal': '$region'}, 'a': {'$max': '$regions'}, 'b': {'$max': 'region'}, 'c': {'$max': "
     "'$$this.region'}}}]",
     "[{'$group': {'_id': {'$literal': '$region'}, 'a': {'$max': '$regions'}, 'b': {'$max': 'region'}, 'c': {'$max': "
     "'$$this.region'}}}]"},
    {"[{'$match': {'region': '$region', 'day': 1, 'x': 2, '$or': [{'sales': {'$gt': 1}}, {'country.a': null}],"
     " '$expr': {'$eq': ['$region', '$country']}}}, {'$match': {'units': 1}}, {'$group': {'_id': null}},"
     " {'$match': {'region': 1}}]",
     "[{'$match': {'rows.region': '$region', 'day': 1, 'x': 2, '$or': [{'rows.sales': {'$gt': 1}}, {'rows.country.a': "
     "null}], '$expr': {'$eq': ['$rows.region', '$rows.country']}}}, {'$match': {'rows.units': 1}},"
     " {'$group': {'_id': null}}, {'$match': {'region': 1}}]"},
    /* Where the longer paths would not do, the rows are taken out first. */
    {"[{'$match': {'region': 'a'}}, {'$set': {'x': '$region'}}, {'$group': {'_id': '$region'}}]",
     "[{'$match': {'rows.region': 'a'}}, " MERGED ", {'$set': {'x': '$region'}}, {'$group': {'_id': '$region'}}]"},
    {"[{'$group': {'_id': '$region', 'all': {'$push': '$$ROOT'}}}]",
     "[" MERGED ", {'$group': {'_id': '$region', 'all': {'$push': '$$ROOT'}}}]"},
    {"[{'$group': {'_id': '$region', 'best': {'$top': {'sortBy': {'sales': -1}, 'output': '$sales'}}}}]",
     "[" MERGED ", {'$group': {'_id': '$region', 'best': {'$top': {'sortBy': {'sales': -1}, 'output': '$sales'}}}}]"},
    {"[{'$sort': {'sales': 1}}, {'$limit': 3}]", "[" MERGED ", {'$sort': {'sales': 1}}, {'$limit': 3}]"},
    {"[]", "[]"},
};

START_TEST(stages_are_told_where_the_rows_lie)
{
    char *wrapped = NULL;
    bson_t *stages, pipeline = BSON_INITIALIZER;
    bson_iter_t it;
    const uint8_t *bytes;
    uint32_t n;
    bson_t list;
    ck_assert_int_gt(asprintf(&wrapped, "{'a': %s}", examples[_i].stages), 0);
    stages = bson_of(wrapped);
    ck_assert(bson_iter_init_find(&it, stages, "a"));
    bson_iter_array(&it, &n, &bytes);
    ck_assert(bson_init_static(&list, bytes, n));
    rollup_read_rows(catalog_rollup(catalog, "sales_by_day_region"), &list, &pipeline);
    assert_bson_array(&pipeline, examples[_i].read);
    bson_destroy(&pipeline);
    bson_destroy(stages);
    free(wrapped);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rollup_rows");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_loop_test(tests, stages_are_told_where_the_rows_lie, 0, COUNT(examples));
    return run_case(tests, "rollup_rows");
}

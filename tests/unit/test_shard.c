#include "loader/shard.h"
#include "tests/unit/unit.h"

static void assert_json(bson_t *doc, const char *expected)
{
    char *json = bson_as_relaxed_extended_json(doc, NULL);
    ck_assert_str_eq(json, expected);
    bson_free(json);
    bson_destroy(doc);
}

START_TEST(commands_shard_orders_by_day_and_id)
{
    assert_json(shard_enable_command("shop"), "{ \"enableSharding\" : \"shop\" }");
    assert_json(shard_collection_command("shop", "orders"),
                "{ \"shardCollection\" : \"shop.orders\", \"key\" : { \"day\" : 1, \"_id\" : 1 } }");
    assert_json(shard_index_command("orders"),
                "{ \"createIndexes\" : \"orders\", \"indexes\" : [ { \"key\" : { \"day\" "
                ": 1, \"_id\" : 1 }, \"name\" : \"day_1__id_1\" } ] }");
}
END_TEST

START_TEST(order_is_found_by_the_whole_key)
{
    bson_t *order = BCON_NEW("_id", BCON_UTF8("A-1"), "customer_id", BCON_UTF8("C"), "day", BCON_DATE_TIME(86400000));
    bson_t *filter = bson_new();
    shard_filter(filter, order);
    assert_json(filter, "{ \"day\" : { \"$date\" : \"1970-01-02T00:00:00Z\" }, \"_id\" : \"A-1\" }");
    bson_destroy(order);
}
END_TEST

static struct batch *batch_of(int documents)
{
    struct batch *batch = batch_new();
    batch->kind = KIND_ORDER;
    for (int i = 0; i < documents; i++) {
        char id[32];
        bson_t *doc = batch_begin(batch);
        snprintf(id, sizeof id, "order-%d", i);
        BSON_APPEND_UTF8(doc, "_id", id);
        BSON_APPEND_DATE_TIME(doc, "day", 86400000 * (int64_t)i);
        batch_end(batch, doc, "import");
    }
    return batch;
}

START_TEST(documents_of_a_batch_are_found_by_their_keys)
{
    struct batch *batch = batch_of(BATCH_DOCUMENTS);
    struct batch_index *index = malloc(sizeof *index);
    char id[32];
    batch_index_make(index, batch);
    for (size_t i = 0; i < BATCH_DOCUMENTS; i++) {
        snprintf(id, sizeof id, "order-%zu", i);
        ck_assert_uint_eq(batch_index_find(index, batch, (struct text){id, strlen(id)}), i);
    }
    ck_assert_uint_eq(batch_index_find(index, batch, (struct text){"order-x", 7}), batch->count);
    ck_assert_uint_eq(batch_index_find(index, batch, (struct text){"", 0}), batch->count);
    free(index);
    batch_free(batch);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("shard");
    tcase_add_test(tests, commands_shard_orders_by_day_and_id);
    tcase_add_test(tests, order_is_found_by_the_whole_key);
    tcase_add_test(tests, documents_of_a_batch_are_found_by_their_keys);
    return run_case(tests, "shard");
}

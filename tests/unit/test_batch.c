#include "loader/batch.h"
#include "tests/unit/suite.h"

#include <malloc.h>

static void add(struct batch *batch, const char *id, const char *name, const char *import)
{
    bson_t *doc = batch_begin(batch);
    BSON_APPEND_UTF8(doc, "_id", id);
    BSON_APPEND_UTF8(doc, "name", name);
    batch_end(batch, doc, import);
}

START_TEST(hash_is_of_the_content_alone)
{
    struct batch *batch = batch_new();
    add(batch, "a", "one", "first import");
    add(batch, "a", "one", "second import");
    add(batch, "a", "two", "first import");
    ck_assert_uint_eq(batch->count, 3);
    ck_assert_int_eq(batch->hashes[0], batch->hashes[1]);
    ck_assert_int_ne(batch->hashes[0], batch->hashes[2]);
    batch_free(batch);
}
END_TEST

START_TEST(documents_end_with_hash_and_import)
{
    struct batch *batch = batch_new();
    bson_t doc;
    uint32_t n;
    add(batch, "a", "one", "i1");
    memcpy(&n, batch->bytes, 4);
    ck_assert(bson_init_static(&doc, batch->bytes, n));
    ck_assert(bson_validate(&doc, BSON_VALIDATE_UTF8, NULL));
    ck_assert(bson_has_field(&doc, "hash") && bson_has_field(&doc, "import_id"));
    batch_free(batch);
}
END_TEST

/* libbson clears one byte more. The sanitizers do not see what it does, but under them it is known how much it got. */
START_TEST(five_bytes_that_are_left_are_enough_to_begin_in)
{
    char name[256] = "";
    unsigned tight = 0;
    for (size_t n = 0; n < sizeof name - 1; n++) {
        struct batch *batch = batch_new();
        add(batch, "a", name, "i1");
        if (bson_writer_get_length(batch->writer) + 5 == batch->room) {
            ck_assert_uint_gt(malloc_usable_size(batch->bytes), batch->room);
            add(batch, "b", name, "i1");
            tight++;
        }
        batch_free(batch);
        name[n] = 'x';
    }
    ck_assert_uint_gt(tight, 0);
}
END_TEST

START_TEST(full_batch_says_so_and_is_reused)
{
    struct batch *batch = batch_new();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < BATCH_DOCUMENTS; i++) {
            ck_assert(!batch_is_full(batch));
            add(batch, "an id", "a name", "an import");
        }
        ck_assert(batch_is_full(batch));
        batch_clear(batch);
        ck_assert_uint_eq(batch->count, 0);
    }
    batch_free(batch);
}
END_TEST

/* Nobody answers; but all that is to be sent is put together, under the sanitizers. */
START_TEST(every_fate_is_sent_and_silence_is_an_error)
{
    mongoc_client_t *client;
    mongoc_collection_t *collection;
    struct batch *batch = batch_new();
    struct error err = {0};
    bool exists;
    mongoc_init();
    client = mongoc_client_new("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50");
    collection = mongoc_client_get_collection(client, "x", "orders");
    add(batch, "a", "one", "i1");
    add(batch, "b", "two", "i1");
    add(batch, "c", "three", "i1");
    batch->fates[0] = FATE_INSERT;
    batch->fates[1] = FATE_UPDATE;
    batch->fates[2] = FATE_UNCHANGED;
    ck_assert(!batch_send(batch, collection, false, &exists, &err));
    ck_assert(!exists);
    ck_assert_int_eq(err.kind, ERROR_UNAVAILABLE);
    ck_assert(!batch_look_up(batch, collection, &err));
    ck_assert_int_eq(err.kind, ERROR_UNAVAILABLE);
    for (int i = 0; i < 3; i++)
        batch->fates[i] = FATE_UNCHANGED;
    ck_assert(batch_send(batch, collection, false, &exists, &err));
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    mongoc_cleanup();
    batch_free(batch);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("batch");
    tcase_add_test(tests, hash_is_of_the_content_alone);
    tcase_add_test(tests, documents_end_with_hash_and_import);
    tcase_add_test(tests, five_bytes_that_are_left_are_enough_to_begin_in);
    tcase_add_test(tests, full_batch_says_so_and_is_reused);
    tcase_add_test(tests, every_fate_is_sent_and_silence_is_an_error);
    return run_case(tests, "batch");
}

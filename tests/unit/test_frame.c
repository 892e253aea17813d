#include "core/frame.h"
#include "tests/unit/suite.h"

#include <bson/bson.h>
#include <string.h>

/* {ok: 1}, as a reply of one section, and as one of old servers. */
static const uint8_t msg[] = {
    34, 0, 0, 0,  1,   0,   0, 0, 2, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 0, /* document: */ 13,
    0,  0, 0, 16, 'o', 'k', 0, 1, 0, 0, 0, 0};
static const uint8_t reply[] = {49, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,  1, 0, 0, 0,  0,   0,   0, 0, 0, 0, 0, 0, 0,
                                0,  0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 13, 0, 0, 0, 16, 'o', 'k', 0, 1, 0, 0, 0, 0};

START_TEST(what_a_server_sends_is_whole)
{
    ck_assert(frame_is_whole(msg, sizeof msg));
    ck_assert(frame_is_whole(reply, sizeof reply));
}
END_TEST

/* Which bytes say how long something is, or what: of the message, and of the document with its one element. */
static bool is_frame_of_msg(size_t at)
{
    return at < 4 || (at >= 12 && at < 16) || (at >= 20 && at < 26) || at == 28 || at == sizeof msg - 1;
}

START_TEST(every_bit_of_a_frame_counts)
{
    for (size_t at = 0; at < sizeof msg; at++)
        for (int bit = 0; bit < 8; bit++) {
            uint8_t garbled[sizeof msg];
            memcpy(garbled, msg, sizeof msg);
            garbled[at] = (uint8_t)(garbled[at] ^ 1U << bit);
            ck_assert_msg(frame_is_whole(garbled, sizeof garbled) == !is_frame_of_msg(at), "byte %zu, bit %d", at, bit);
        }
}
END_TEST

START_TEST(a_document_that_is_longer_than_its_reply_is_refused)
{
    uint8_t garbled[sizeof reply];
    memcpy(garbled, reply, sizeof reply);
    garbled[36] = 14;
    ck_assert(!frame_is_whole(garbled, sizeof garbled));
    garbled[36] = 4;
    ck_assert(!frame_is_whole(garbled, sizeof garbled));
}
END_TEST

/* {cursor: {firstBatch: [{n: 1}]}}: libmongoc asserts that the rows of a batch are documents. */
START_TEST(documents_inside_end_where_they_say)
{
    enum { BEFORE = 21, SIZE = BEFORE + 50 };
    bson_t *document = BCON_NEW("cursor", "{", "firstBatch", "[", "{", "n", BCON_INT32(1), "}", "]", "}");
    uint8_t batch[SIZE];
    static const size_t lengths[] = {33, 49, 56};
    ck_assert_uint_eq(document->len, SIZE - BEFORE);
    memcpy(batch, msg, BEFORE);
    memcpy(batch + BEFORE, bson_get_data(document), document->len);
    bson_destroy(document);
    batch[0] = SIZE;
    ck_assert(frame_is_whole(batch, sizeof batch));
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int change = -1; change <= 1; change += 2) {
            batch[lengths[i]] = (uint8_t)(batch[lengths[i]] + change);
            ck_assert_msg(!frame_is_whole(batch, sizeof batch), "the length at %zu, changed by %d", lengths[i], change);
            batch[lengths[i]] = (uint8_t)(batch[lengths[i]] - change);
        }
    ck_assert(frame_is_whole(batch, sizeof batch));
}
END_TEST

START_TEST(documents_nested_without_end_are_refused)
{
    enum { LEVELS = 5000, BEFORE = 7, EACH = BEFORE + 1 };
    static uint8_t deep[21 + LEVELS * EACH + 5];
    uint32_t size = sizeof deep;
    memcpy(deep, msg, 21);
    memcpy(deep, &size, sizeof size);
    for (uint32_t level = 0; level <= LEVELS; level++) {
        uint8_t *at = deep + 21 + level * BEFORE;
        if (level)
            memcpy(at - 3, "\3a", 3);
        size = (LEVELS - level) * EACH + 5;
        memcpy(at, &size, sizeof size);
    }
    ck_assert(!frame_is_whole(deep, sizeof deep));
}
END_TEST

START_TEST(what_is_cut_off_is_refused)
{
    for (size_t size = 0; size < sizeof msg; size++) {
        uint8_t cut[sizeof msg];
        memcpy(cut, msg, sizeof msg);
        ck_assert(!frame_is_whole(cut, size));
        cut[0] = (uint8_t)size;
        ck_assert(!frame_is_whole(cut, size));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("frame");
    tcase_add_test(tests, what_a_server_sends_is_whole);
    tcase_add_test(tests, every_bit_of_a_frame_counts);
    tcase_add_test(tests, a_document_that_is_longer_than_its_reply_is_refused);
    tcase_add_test(tests, documents_inside_end_where_they_say);
    tcase_add_test(tests, documents_nested_without_end_are_refused);
    tcase_add_test(tests, what_is_cut_off_is_refused);
    return run_case(tests, "frame");
}

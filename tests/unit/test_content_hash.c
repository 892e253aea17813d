#include "loader/content_hash.h"

#include "tests/unit/suite.h"

/* The values are kept in databases: they must not change. */
START_TEST(values_stay_what_they_were)
{
    ck_assert_uint_eq(content_hash("", 0), content_hash("x", 0));
    ck_assert_uint_eq(content_hash("", 0), UINT64_C(0xee35dbbcdb239456));
    ck_assert_uint_eq(content_hash("order-1", 7), UINT64_C(0xe14f29240d8fc302));
    ck_assert_uint_eq(content_hash("The quick brown fox jumps over the lazy dog", 43), UINT64_C(0xc878b84fe438886e));
}
END_TEST

START_TEST(every_byte_counts)
{
    char text[100];
    memset(text, 'a', sizeof text);
    for (size_t n = 1; n <= sizeof text; n++) {
        uint64_t before = content_hash(text, n);
        ck_assert_uint_ne(before, content_hash(text, n - 1));
        for (size_t i = 0; i < n; i++) {
            text[i] ^= 1;
            ck_assert_uint_ne(before, content_hash(text, n));
            text[i] ^= 1;
        }
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("content_hash");
    tcase_add_test(tests, values_stay_what_they_were);
    tcase_add_test(tests, every_byte_counts);
    return run_case(tests, "content_hash");
}

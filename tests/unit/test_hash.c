#include "core/hash.h"
#include "tests/unit/unit.h"

/* The first half of the digests that FIPS 180-4 gives as examples, and of the empty text. */
static const struct {
    const char *text, *hash;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb924"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039"},
};

START_TEST(hash_is_the_first_half_of_sha_256)
{
    char text[HASH_TEXT_MAX];
    hash_text(vectors[_i].text, strlen(vectors[_i].text), text);
    ck_assert_str_eq(text, vectors[_i].hash);
}
END_TEST

START_TEST(hash_of_a_million_letters_is_the_known_one)
{
    char text[HASH_TEXT_MAX], *bytes = malloc(1000000);
    memset(bytes, 'a', 1000000);
    hash_text(bytes, 1000000, text);
    ck_assert_str_eq(text, "cdc76e5c9914fb9281a1c7e284d73e67");
    free(bytes);
}
END_TEST

START_TEST(nul_bytes_count)
{
    char one[HASH_TEXT_MAX], two[HASH_TEXT_MAX];
    hash_text("\0", 1, one);
    hash_text("\0\0", 2, two);
    ck_assert_str_ne(one, two);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hash");
    tcase_add_loop_test(tests, hash_is_the_first_half_of_sha_256, 0, COUNT(vectors));
    tcase_add_test(tests, hash_of_a_million_letters_is_the_known_one);
    tcase_add_test(tests, nul_bytes_count);
    return run_case(tests, "hash");
}

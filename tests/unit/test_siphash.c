#include "core/siphash.h"
#include "tests/unit/suite.h"

/* The key 00 01 … 0f on the message 00 01 … of n bytes; the hashes are what OpenSSL makes of it. */
static const struct {
    size_t n;
    uint64_t hash[2];
} vectors[] = {
    {0, {0xe6a825ba047f81a3, 0x930255c71472f66d}},
    {1, {0x44af996bd8c187da, 0x45fc229b11597634}},
    {15, {0x11a8b03399e99354, 0xd9c3cf970fec087e}},
    {63, {0x4a83502f77d15051, 0x7cbd3f979a063e50}},
};

START_TEST(hashes_are_those_of_another_implementation)
{
    const struct siphash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    unsigned char message[64];
    uint64_t hash[2];
    for (unsigned i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)i;
    siphash(&key, message, vectors[_i].n, hash);
    ck_assert_uint_eq(hash[0], vectors[_i].hash[0]);
    ck_assert_uint_eq(hash[1], vectors[_i].hash[1]);
}
END_TEST

START_TEST(every_process_has_another_key)
{
    struct siphash_key one = siphash_random_key(), other = siphash_random_key();
    ck_assert(one.a != other.a || one.b != other.b);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("siphash");
    tcase_add_loop_test(tests, hashes_are_those_of_another_implementation, 0, COUNT(vectors));
    tcase_add_test(tests, every_process_has_another_key);
    return run_case(tests, "siphash");
}

#include "server/gzip.h"
#include "tests/unit/unit.h"

#include <zlib.h>

/* Unpacks and compares. */
static void assert_unpacked(const struct buffer *packed, const char *expected, size_t n)
{
    z_stream z = {.next_in = (Bytef *)packed->bytes, .avail_in = (uInt)packed->used};
    char *text = malloc(n + 1);
    z.next_out = (Bytef *)text;
    z.avail_out = (uInt)n + 1;
    ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(z.total_out, n);
    ck_assert_int_eq(z.avail_in, 0);
    ck_assert_mem_eq(text, expected, n);
    inflateEnd(&z);
    free(text);
}

/* Sizes of the pieces that a text of 100,000 bytes comes in. */
static const size_t pieces[] = {1, 7, 1000, 16384, 99999, 100000};

START_TEST(text_in_pieces_is_one_file)
{
    enum { SIZE = 100000 };
    char *text = malloc(SIZE);
    struct gzip *gzip = gzip_new();
    struct buffer out = {0};
    for (size_t i = 0; i < SIZE; i++) /* does not compress well */
        text[i] = (char)(i * 2654435761U >> 13);
    for (size_t i = 0; i < SIZE; i += pieces[_i])
        ck_assert(gzip_put(gzip, text + i, SIZE - i < pieces[_i] ? SIZE - i : pieces[_i], false, &out));
    ck_assert(gzip_put(gzip, NULL, 0, true, &out));
    assert_unpacked(&out, text, SIZE);
    gzip_free(gzip);
    buffer_release(&out);
    free(text);
}
END_TEST

START_TEST(nothing_is_a_file_too)
{
    struct gzip *gzip = gzip_new();
    struct buffer out = {0};
    ck_assert(gzip_put(gzip, NULL, 0, true, &out));
    assert_unpacked(&out, "", 0);
    gzip_free(gzip);
    buffer_release(&out);
    gzip_free(NULL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("gzip");
    tcase_add_loop_test(tests, text_in_pieces_is_one_file, 0, COUNT(pieces));
    tcase_add_test(tests, nothing_is_a_file_too);
    return run_case(tests, "gzip");
}

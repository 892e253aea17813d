#include "loader/encoding_guess.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"
#include <fcntl.h>

static const enum encoding automatic[] = {ENCODING_UTF8, ENCODING_WINDOWS_1252};
static const enum encoding all[] = {ENCODING_UTF8, ENCODING_WINDOWS_1252, ENCODING_ISO_8859_1};

static enum encoding guess(const char *bytes, size_t n, const enum encoding *allowed, int count)
{
    char *folder = temporary_folder(), *path = temporary_file_in(folder, "x.csv", bytes, n);
    int fd = open(path, O_RDONLY);
    enum encoding found;
    ck_assert_int_ge(fd, 0);
    found = encoding_guess(fd, allowed, count);
    close(fd);
    temporary_unlink(path);
    temporary_remove(folder);
    return found;
}

static const struct {
    const char *bytes;
    enum encoding encoding;
} samples[] = {
    {"plain", ENCODING_UTF8},
    {"", ENCODING_UTF8},
    {"quantit\xc3\xa9", ENCODING_UTF8},
    {"quantit\xe9", ENCODING_WINDOWS_1252},
    {"quantit\xe9;a", ENCODING_WINDOWS_1252},
    {"\x93quoted\x94 \x80", ENCODING_WINDOWS_1252},
    {"\xc3\xa9\xc3\xa8\xc3\xa0 and one broken \xe9", ENCODING_UTF8},
    {"\xc3\xa9 once by chance, \xe9 \xe8 \xe0", ENCODING_WINDOWS_1252},
    {"\xe2\x82", ENCODING_WINDOWS_1252},
};

START_TEST(encoding_is_told_from_the_bytes)
{
    ck_assert_int_eq(guess(samples[_i].bytes, strlen(samples[_i].bytes), automatic, 2), samples[_i].encoding);
}
END_TEST

START_TEST(byte_that_means_nothing_in_one_encoding_leads_to_the_next)
{
    ck_assert_int_eq(guess("\x81\xe9", 2, all, 3), ENCODING_ISO_8859_1);
    ck_assert_int_eq(guess("\x81\xe9", 2, automatic, 2), ENCODING_WINDOWS_1252); /* the last: rows will say */
    ck_assert_int_eq(guess("\xe9", 1, all, 1), ENCODING_UTF8);
}
END_TEST

START_TEST(characters_across_the_bounds_of_reading_are_whole)
{
    enum { COUNT_OF = 400000 };
    char *bytes = malloc(3 * COUNT_OF + 1);
    ck_assert_ptr_nonnull(bytes);
    bytes[0] = 'x';
    for (int i = 0; i < COUNT_OF; i++)
        memcpy(bytes + 1 + 3 * (size_t)i, "\xe2\x82\xac", 3);
    ck_assert_int_eq(guess(bytes, 3 * COUNT_OF + 1, automatic, 2), ENCODING_UTF8);
    memset(bytes, 'a', 3 * COUNT_OF);
    bytes[3 * COUNT_OF] = (char)0xe9;
    ck_assert_int_eq(guess(bytes, 3 * COUNT_OF + 1, automatic, 2), ENCODING_WINDOWS_1252);
    free(bytes);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("encoding_guess");
    tcase_add_loop_test(tests, encoding_is_told_from_the_bytes, 0, COUNT(samples));
    tcase_add_test(tests, byte_that_means_nothing_in_one_encoding_leads_to_the_next);
    tcase_add_test(tests, characters_across_the_bounds_of_reading_are_whole);
    return run_case(tests, "encoding_guess");
}

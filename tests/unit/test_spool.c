#include "loader/inflate.h"
#include "loader/spool.h"
#include "tests/unit/suite.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

START_TEST(temporary_file_keeps_what_is_written)
{
    struct error err = {0};
    char back[6] = "";
    int fd = spool_open(&err);
    ck_assert_int_ge(fd, 0);
    ck_assert(spool_write(fd, "abc", 3, &err));
    ck_assert(spool_write(fd, "de", 2, &err));
    ck_assert(spool_write(fd, NULL, 0, &err));
    ck_assert_int_eq(pread(fd, back, 6, 0), 5);
    ck_assert_str_eq(back, "abcde");
    close(fd);
}
END_TEST

START_TEST(folder_that_takes_none_is_named)
{
    struct error err = {0};
    setenv("TMPDIR", "/nowhere/at/all", 1);
    ck_assert_int_eq(spool_open(&err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "no temporary file can be made in /nowhere/at/all"));
    ck_assert_ptr_nonnull(strstr(err.message, "TMPDIR"));
    unsetenv("TMPDIR");
}
END_TEST

START_TEST(full_disk_is_told)
{
    struct error err = {0};
    int fd = open("/dev/full", O_WRONLY);
    ck_assert(!spool_write(fd, "x", 1, &err));
    ck_assert_str_eq(err.message,
                     "the temporary files in /tmp cannot grow (No space left on device); set TMPDIR to a folder "
                     "with more room");
    close(fd);
}
END_TEST

/* Appends a member of the bytes to a file. */
static void pack(int fd, const unsigned char *bytes, size_t n)
{
    unsigned char out[70000];
    z_stream stream;
    struct error err;
    memset(&stream, 0, sizeof stream);
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)n;
    stream.next_out = out;
    stream.avail_out = sizeof out;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert(spool_write(fd, out, sizeof out - stream.avail_out, &err));
    deflateEnd(&stream);
}

/* A packed file that is cut anywhere gives an error or, between members, what was before: never less than it says. */
START_TEST(file_that_is_cut_anywhere_is_told)
{
    struct error err;
    int whole = spool_open(&err);
    off_t between, size;
    pack(whole, (const unsigned char *)"a,b\n1,2\n", 8);
    between = lseek(whole, 0, SEEK_CUR);
    pack(whole, (const unsigned char *)"3,4\n", 4);
    size = lseek(whole, 0, SEEK_CUR);
    for (off_t n = size; n > 0; n--) {
        int fd;
        ck_assert_int_eq(ftruncate(whole, n), 0);
        fd = inflate_file(whole, "x.gz", UINT64_MAX, &err);
        ck_assert_int_eq(fd >= 0, n == size || n == between);
        if (fd < 0)
            ck_assert_msg(strstr(err.message, "it ends too early"), "%s", err.message);
        else
            ck_assert_int_eq(lseek(fd, 0, SEEK_END), n == size ? 12 : 8);
        if (fd >= 0)
            close(fd);
    }
    close(whole);
}
END_TEST

/* Sizes around the buffers', which unpack to much more than they are. */
START_TEST(what_unpacks_to_many_buffers_is_whole)
{
    static const size_t sizes[] = {1, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 3 << 20};
    for (int i = 0; i < COUNT(sizes); i++) {
        struct error err;
        unsigned char *bytes = calloc(sizes[i], 1);
        int packed = spool_open(&err), fd;
        pack(packed, bytes, sizes[i]);
        fd = inflate_file(packed, "x.gz", sizes[i], &err);
        ck_assert_int_eq(lseek(fd, 0, SEEK_END), (off_t)sizes[i]);
        close(fd);
        ck_assert_int_eq(inflate_file(packed, "x.gz", sizes[i] - 1, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.message, "--max-download"));
        close(packed);
        free(bytes);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("spool");
    tcase_add_test(tests, temporary_file_keeps_what_is_written);
    tcase_add_test(tests, folder_that_takes_none_is_named);
    tcase_add_test(tests, full_disk_is_told);
    tcase_add_test(tests, file_that_is_cut_anywhere_is_told);
    tcase_add_test(tests, what_unpacks_to_many_buffers_is_whole);
    return run_case(tests, "spool");
}

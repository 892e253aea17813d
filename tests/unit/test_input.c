#include "loader/input.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"
#include <fcntl.h>
#include <time.h>

static char *folder, *path;
static struct arena arena;
static struct input input;
static const struct fileset_options options = {.download = {.most = 1 << 20, .stall_seconds = 5}};
static struct error err;

static void setup(void)
{
    folder = temporary_folder();
    path = NULL;
    arena = (struct arena){0};
    input = (struct input){.fd = -1};
    err = (struct error){0};
}

static void teardown(void)
{
    input_close(&input);
    arena_release(&arena);
    if (path)
        temporary_unlink(path);
    temporary_remove(folder);
}

static void open_file(const void *bytes, size_t n)
{
    path = temporary_file_in(folder, "in.csv", bytes, n);
    ck_assert_msg(input_open_file(&input, &arena, path, &options, &err), "%s", err.message);
}

/* Changes the file through another descriptor; the clock of file times ticks a few times a second at worst. */
static void change(void (*how)(int fd))
{
    int fd = open(path, O_RDWR);
    struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
    nanosleep(&tick, NULL);
    how(fd);
    close(fd);
}

static void append(int fd)
{
    ck_assert_int_eq(pwrite(fd, "x", 1, lseek(fd, 0, SEEK_END)), 1);
}

static void overwrite(int fd)
{
    ck_assert_int_eq(pwrite(fd, "x", 1, 0), 1);
}

static void shorten(int fd)
{
    ck_assert_int_eq(ftruncate(fd, 1), 0);
}

static void other_rights(int fd)
{
    ck_assert_int_eq(fchmod(fd, 0600), 0);
    ck_assert_int_eq(fchmod(fd, 0640), 0);
}

static void overwrite_and_set_time_back(int fd)
{
    struct stat info;
    struct timespec times[2];
    ck_assert_int_eq(fstat(fd, &info), 0);
    overwrite(fd);
    times[0] = info.st_atim;
    times[1] = info.st_mtim;
    ck_assert_int_eq(futimens(fd, times), 0);
}

static const struct {
    void (*change)(int fd);
    bool digested;
    const char *sentence; /* NULL: none */
} changes[] = {
    {append, true, "changed while it was read"},
    {overwrite, false, "changed while it was read"},
    {shorten, true, "was truncated while it was read"},
    {other_rights, true, NULL},
    {other_rights, false, "changed while it was read"},
    {overwrite_and_set_time_back, true, "changed while it was read"},
};

START_TEST(change_while_reading_is_told)
{
    struct input_digest digest;
    open_file("a\n1\n", 4);
    if (changes[_i].digested)
        ck_assert(input_digest(&input, 0, &digest, &err));
    ck_assert(input_check_unchanged(&input, &err));
    change(changes[_i].change);
    ck_assert_int_eq(input_check_unchanged(&input, &err), !changes[_i].sentence);
    if (changes[_i].sentence)
        ck_assert_msg(strstr(err.message, changes[_i].sentence), "%s", err.message);
}
END_TEST

/* sha256sum says these. */
#define SHA_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_A     "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

static const struct {
    const char *text;
    uint64_t upto;
    const char *whole, *first;
    bool ends_line;
} digests[] = {
    {"", 0, SHA_EMPTY, SHA_EMPTY, true},     {"", 1, SHA_EMPTY, "", true},        {"abc", 0, SHA_ABC, SHA_EMPTY, false},
    {"abc", 1, SHA_ABC, SHA_A, false},       {"abc", 3, SHA_ABC, SHA_ABC, false}, {"abc", 4, SHA_ABC, "", false},
    {"abc", UINT64_MAX, SHA_ABC, "", false},
};

START_TEST(digest_of_all_and_of_the_first_bytes)
{
    struct input_digest digest;
    open_file(digests[_i].text, strlen(digests[_i].text));
    ck_assert(input_digest(&input, digests[_i].upto, &digest, &err));
    ck_assert_str_eq(digest.whole, digests[_i].whole);
    ck_assert_str_eq(digest.first, digests[_i].first);
    ck_assert_str_eq(input.sha256, digests[_i].whole);
    ck_assert_int_eq(digest.ends_line, digests[_i].ends_line);
}
END_TEST

START_TEST(last_line_end_is_told)
{
    static const struct {
        const char *bytes;
        size_t n;
        bool ends;
    } ends[] = {{"a\n", 2, true}, {"a\r\n", 3, true}, {"a\r", 2, true}, {"a", 1, false}, {"a\n\0", 3, false}};
    for (int i = 0; i < COUNT(ends); i++) {
        struct input_digest digest;
        open_file(ends[i].bytes, ends[i].n);
        ck_assert(input_digest(&input, 0, &digest, &err));
        ck_assert_int_eq(digest.ends_line, ends[i].ends);
        input_close(&input);
        temporary_unlink(path);
        path = NULL;
    }
}
END_TEST

static const int firsts[] = {1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20, (2 << 20) + 1, (5 << 20) + 16};

START_TEST(digest_of_first_bytes_is_that_of_a_shorter_file)
{
    enum { SIZE = (5 << 20) + 17 };
    const int first = firsts[_i];
    struct input_digest of_long, again, of_short;
    char *bytes = malloc(SIZE);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 >> 3);
    open_file(bytes, SIZE);
    ck_assert(input_digest(&input, (uint64_t)first, &of_long, &err));
    input_forget_digest(&input);
    ck_assert(input_digest(&input, (uint64_t)first, &again, &err));
    ck_assert_str_eq(of_long.whole, again.whole);
    ck_assert_str_eq(of_long.first, again.first);
    input_close(&input);
    temporary_unlink(path);
    open_file(bytes, (size_t)first);
    ck_assert(input_digest(&input, 0, &of_short, &err));
    ck_assert_str_eq(of_long.first, of_short.whole);
    free(bytes);
}
END_TEST

START_TEST(digest_of_a_file_that_got_shorter_fails)
{
    struct input_digest digest;
    open_file("abc", 3);
    change(shorten);
    ck_assert(!input_digest(&input, 0, &digest, &err));
    ck_assert_msg(strstr(err.message, "was truncated while it was read"), "%s", err.message);
}
END_TEST

START_TEST(origin_is_the_real_path)
{
    char link[4096], *real = realpath(folder, NULL), expected[4096];
    snprintf(link, sizeof link, "%s/link.csv", folder);
    snprintf(expected, sizeof expected, "%s/in.csv", real);
    path = temporary_file_in(folder, "in.csv", "a\n", 2);
    ck_assert_int_eq(symlink("in.csv", link), 0);
    ck_assert_msg(input_open_file(&input, &arena, link, &options, &err), "%s", err.message);
    ck_assert_str_eq(input.name, "link.csv");
    ck_assert_str_eq(input.origin, expected);
    ck_assert_uint_eq(input.size, 2);
    unlink(link);
    free(real);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
    ck_assert(!input_open_file(&input, &arena, "/nowhere/at.csv", &options, &err));
    ck_assert_str_eq(err.message, "/nowhere/at.csv cannot be opened: there is no such file");
    ck_assert(!input_open_file(&input, &arena, folder, &options, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "is no regular file"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("input");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, change_while_reading_is_told, 0, COUNT(changes));
    tcase_add_loop_test(tests, digest_of_all_and_of_the_first_bytes, 0, COUNT(digests));
    tcase_add_test(tests, last_line_end_is_told);
    tcase_add_loop_test(tests, digest_of_first_bytes_is_that_of_a_shorter_file, 0, COUNT(firsts));
    tcase_add_test(tests, digest_of_a_file_that_got_shorter_fails);
    tcase_add_test(tests, origin_is_the_real_path);
    tcase_add_test(tests, what_cannot_be_opened_says_why);
    return run_case(tests, "input");
}

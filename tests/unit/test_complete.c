#include "loader/complete.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"
#include <fcntl.h>
#include <sys/stat.h>

enum { LONG_MS = 3600 * 1000 };

START_TEST(file_that_is_open_for_writing_is_not_complete)
{
    char *folder = temporary_folder(), *path = temporary_file_in(folder, "a.csv", "a,b\n", 4);
    int reader, writer = open(path, O_WRONLY);
    ck_assert(!file_is_complete(path, 0, false));
    close(writer);
    reader = open(path, O_RDONLY);
    ck_assert(file_is_complete(path, 0, false));
    ck_assert(file_is_complete(path, 0, true)); /* the system knows better than what was seen */
    close(reader);
    temporary_unlink(path);
    temporary_remove(folder);
}
END_TEST

START_TEST(file_that_has_changed_lately_is_not_complete)
{
    char *folder = temporary_folder(), *path = temporary_file_in(folder, "a.csv", "a,b\n", 4);
    struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    ck_assert(!file_is_complete(path, LONG_MS, false));
    ck_assert_int_eq(utimensat(AT_FDCWD, path, long_ago, 0), 0); /* as cp -p and rsync leave it */
    ck_assert(!file_is_complete(path, LONG_MS, false));
    ck_assert(file_is_complete(path, 0, false));
    temporary_unlink(path);
    temporary_remove(folder);
}
END_TEST

START_TEST(what_is_no_file_is_left_to_the_load)
{
    char *folder = temporary_folder();
    ck_assert(file_is_complete("/nowhere/a.csv", LONG_MS, true));
    ck_assert(file_is_complete(folder, LONG_MS, true));
    temporary_remove(folder);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("complete");
    tcase_add_test(tests, file_that_is_open_for_writing_is_not_complete);
    tcase_add_test(tests, file_that_has_changed_lately_is_not_complete);
    tcase_add_test(tests, what_is_no_file_is_left_to_the_load);
    return run_case(tests, "complete");
}

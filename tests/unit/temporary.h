/* Temporary files for unit tests. */
#ifndef KPI_TESTS_TEMPORARY_H
#define KPI_TESTS_TEMPORARY_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder of its own; the tests remove what they put into it, with temporary_remove(). */
static inline char *temporary_folder(void)
{
    char *path = strdup("/tmp/kpi-unit-XXXXXX");
    ck_assert_ptr_nonnull(path);
    ck_assert_ptr_nonnull(mkdtemp(path));
    return path;
}

/* Writes a file into the folder and returns its path, which the caller frees. */
static inline char *temporary_file_in(const char *folder, const char *name, const void *bytes, size_t n)
{
    char *path = NULL;
    FILE *file;
    ck_assert_int_gt(asprintf(&path, "%s/%s", folder, name), 0);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

/* Removes a file and frees its path. */
static inline void temporary_unlink(char *path)
{
    unlink(path);
    free(path);
}

static inline void temporary_remove(char *folder)
{
    ck_assert_int_eq(rmdir(folder), 0);
    free(folder);
}

#endif

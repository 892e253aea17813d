#include "core/installed.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"

#include <sys/stat.h>

static char *root;

/* root/bin and root/share/kpi-server/profiles, and nothing else. */
static const char *const folders[] = {"bin", "share", "share/kpi-server", "share/kpi-server/profiles"};

static const char *under_root(const char *path)
{
    static char full[2][INSTALLED_ROOM];
    static int turn;
    char *out = full[turn++ % 2];
    snprintf(out, INSTALLED_ROOM, "%s/%s", root, path);
    return out;
}

static void make_tree(void)
{
    root = temporary_folder();
    for (int i = 0; i < COUNT(folders); i++)
        ck_assert_int_eq(mkdir(under_root(folders[i]), 0755), 0);
}

static void remove_tree(void)
{
    for (int i = COUNT(folders) - 1; i >= 0; i--)
        ck_assert_int_eq(rmdir(under_root(folders[i])), 0);
    temporary_remove(root);
}

START_TEST(folder_lies_in_the_share_beside_bin)
{
    char out[INSTALLED_ROOM];
    ck_assert_ptr_eq(installed_beside(under_root("bin/kpi-load"), "profiles", out, sizeof out), out);
    ck_assert_str_eq(out, under_root("share/kpi-server/profiles"));
}
END_TEST

START_TEST(what_is_not_installed_is_not_found)
{
    char out[INSTALLED_ROOM];
    ck_assert_ptr_null(installed_beside(under_root("bin/kpi-load"), "pipelines", out, sizeof out));
    ck_assert_ptr_null(installed_beside(under_root("build/kpi-load"), "profiles", out, sizeof out));
    ck_assert_ptr_null(installed_beside("/kpi-load", "profiles", out, sizeof out));
    ck_assert_ptr_null(installed_beside("kpi-load", "profiles", out, sizeof out));
    ck_assert_ptr_null(installed_beside("", "profiles", out, sizeof out));
    ck_assert_ptr_null(installed_folder("profiles", out, sizeof out)); /* of this program */
}
END_TEST

START_TEST(path_that_has_no_room_is_not_cut)
{
    char out[INSTALLED_ROOM], longest[2 * INSTALLED_ROOM];
    ck_assert_ptr_null(installed_beside(under_root("bin/kpi-load"), "profiles", out, strlen(root) + 8));
    memset(longest, '/', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_ptr_null(installed_beside(longest, "profiles", out, sizeof out));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("installed");
    tcase_add_checked_fixture(tests, make_tree, remove_tree);
    tcase_add_test(tests, folder_lies_in_the_share_beside_bin);
    tcase_add_test(tests, what_is_not_installed_is_not_found);
    tcase_add_test(tests, path_that_has_no_room_is_not_cut);
    return run_case(tests, "installed");
}

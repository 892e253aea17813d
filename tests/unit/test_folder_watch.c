#include "server/folder_watch.h"
#include "tests/unit/unit.h"

#include <poll.h>

static char *root;
static struct folder_watch watch;

static void make_root(void)
{
    root = temporary_pipelines();
    folder_watch_open(&watch, root);
}

static void drop_root(void)
{
    folder_watch_close(&watch);
    remove_pipelines(root);
}

/* Waits as the server does, until a change is due. */
static void wait_until_due(void)
{
    while (!folder_watch_due(&watch)) {
        struct pollfd events = {.fd = watch.fd, .events = POLLIN};
        poll(&events, 1, folder_watch_wait_ms(&watch));
    }
}

static void assert_quiet(void)
{
    ck_assert(!folder_watch_due(&watch));
    ck_assert_int_eq(folder_watch_wait_ms(&watch), -1);
}

static void run(const char *format)
{
    char command[4096];
    snprintf(command, sizeof command, format, root, root, root);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(folder_in_which_nothing_happens_is_waited_for_without_end)
{
    ck_assert_int_ge(watch.fd, 0);
    assert_quiet();
}
END_TEST

static const char *const changes[] = {
    "echo '{}' > '%s/kpi/a.json'",
    "touch '%s/x' && mv '%s/x' '%s/source/a.json'",
    "ln -s /dev/null '%s/dimension/a.json'",
    "ln -s elsewhere '%s/kpi/..tmp' && mv '%s/kpi/..tmp' '%s/kpi/..data'",
};

START_TEST(change_is_due_once)
{
    run(changes[_i]);
    wait_until_due();
    assert_quiet();
}
END_TEST

START_TEST(removed_file_is_a_change)
{
    put_file(root, "kpi/a.json", "{}");
    wait_until_due();
    run("rm '%s/kpi/a.json'");
    wait_until_due();
    assert_quiet();
}
END_TEST

START_TEST(what_editors_keep_for_themselves_is_no_change)
{
    run("cd '%s/kpi' && echo > .a.json.swp && echo > a.json~ && echo > 4913 && ln -s x .#a.json && rm 4913");
    assert_quiet();
}
END_TEST

START_TEST(folder_that_comes_back_is_watched_again)
{
    run("rm -r '%s/kpi'");
    wait_until_due();
    run("mkdir '%s/kpi'");
    wait_until_due();
    while (watch.retry_ms || watch.changed)
        wait_until_due();
    put_file(root, "kpi/a.json", "{}");
    wait_until_due();
}
END_TEST

START_TEST(rollups_that_come_later_are_watched)
{
    run("mkdir '%s/rollup'");
    wait_until_due();
    while (watch.retry_ms || watch.changed)
        wait_until_due();
    ck_assert_int_ge(watch.fd, 0);
    put_file(root, "rollup/a.json", "{}");
    wait_until_due();
    assert_quiet();
}
END_TEST

START_TEST(folder_that_is_not_there_yet_is_looked_for)
{
    char path[4096];
    struct folder_watch other;
    snprintf(path, sizeof path, "%s/later", root);
    folder_watch_open(&other, path);
    ck_assert_int_eq(other.fd, -1);
    ck_assert_int_ge(folder_watch_wait_ms(&other), 0);
    run("mkdir -p '%s/later/kpi' '%s/later/source' '%s/later/dimension'");
    while (!folder_watch_due(&other))
        poll(NULL, 0, folder_watch_wait_ms(&other));
    ck_assert_int_ge(other.fd, 0);
    folder_watch_close(&other);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("folder_watch");
    tcase_add_checked_fixture(tests, make_root, drop_root);
    tcase_add_test(tests, folder_in_which_nothing_happens_is_waited_for_without_end);
    tcase_add_loop_test(tests, change_is_due_once, 0, COUNT(changes));
    tcase_add_test(tests, removed_file_is_a_change);
    tcase_add_test(tests, what_editors_keep_for_themselves_is_no_change);
    tcase_add_test(tests, folder_that_comes_back_is_watched_again);
    tcase_add_test(tests, rollups_that_come_later_are_watched);
    tcase_add_test(tests, folder_that_is_not_there_yet_is_looked_for);
    return run_case(tests, "folder_watch");
}

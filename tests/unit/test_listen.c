#include "server/listen.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/socket.h>

static char address[64];
static struct error err;

static int open_as(const char *text, bool guarded)
{
    err = (struct error){0};
    snprintf(address, sizeof address, "untouched");
    return listen_open(text, guarded, address, sizeof address, &err);
}

static int open_on(const char *text)
{
    return open_as(text, true);
}

/* Whether this machine has the loopback of IPv6. */
static bool has_ipv6(void)
{
    int fd = open_on("[::1]:0");
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void assert_is_listening(int fd, const char *prefix)
{
    int on = 0;
    socklen_t size = sizeof on;
    size_t n = strlen(prefix);
    ck_assert_msg(fd >= 0, "%s", err.message);
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size), 0);
    ck_assert_int_eq(on, 1);
    ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    ck_assert_msg(strncmp(address, prefix, n) == 0, "%s", address);
    ck_assert_int_gt(strtol(address + n, NULL, 10), 0);
}

START_TEST(port_0_takes_a_free_one_and_tells_it)
{
    int fd = open_on("127.0.0.1:0");
    assert_is_listening(fd, "127.0.0.1:");
    close(fd);
}
END_TEST

START_TEST(ipv6_address_is_in_brackets)
{
    int fd;
    if (!has_ipv6())
        return;
    fd = open_on("[::1]:0");
    assert_is_listening(fd, "[::1]:");
    close(fd);
}
END_TEST

START_TEST(no_address_is_every_address)
{
    int fd = open_on(":0");
    ck_assert_msg(fd >= 0, "%s", err.message);
    ck_assert(strncmp(address, "0.0.0.0:", 8) == 0 || strncmp(address, "[::]:", 5) == 0);
    close(fd);
}
END_TEST

START_TEST(unguarded_an_address_that_others_reach_is_refused_with_the_ways_out)
{
    static const char *const reachable[] = {"0.0.0.0:0", ":0", "[::]:0", "[::ffff:0.0.0.0]:0", "192.0.2.1:0"};
    for (int i = 0; i < COUNT(reachable); i++) {
        ck_assert_int_eq(open_as(reachable[i], false), -1);
        ck_assert_ptr_nonnull(strstr(err.message, reachable[i]));
        ck_assert_ptr_nonnull(strstr(err.message, "kpi-server key add NAME --keys FILE"));
        ck_assert_ptr_nonnull(strstr(err.message, "--public"));
    }
}
END_TEST

START_TEST(unguarded_the_loopback_is_served)
{
    static const char *const own[] = {"127.0.0.1:0", "127.1.2.3:0", "localhost:0", "[::1]:0", "[::ffff:127.0.0.1]:0"};
    for (int i = 0; i < COUNT(own); i++) {
        int fd = own[i][0] != '[' || has_ipv6() ? open_as(own[i], false) : open_on("127.0.0.1:0");
        ck_assert_msg(fd >= 0, "%s: %s", own[i], err.message);
        close(fd);
    }
}
END_TEST

START_TEST(port_in_use_is_said_with_the_way_out)
{
    char again[64], expected[256];
    int first = open_on("127.0.0.1:0");
    ck_assert_int_ge(first, 0);
    snprintf(again, sizeof again, "%s", address);
    ck_assert_int_eq(open_on(again), -1);
    snprintf(expected, sizeof expected,
             "cannot listen on %s: Address already in use; choose another with --listen (make run: PORT=)", again);
    assert_error(&err, ERROR_INVALID, expected);
    close(first);
    first = open_on(again);
    ck_assert_msg(first >= 0, "%s", err.message);
    close(first);
}
END_TEST

static const char *const refused[] = {
    "",
    ":",
    "8080",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:http",
    "127.0.0.1:-1",
    "127.0.0.1:+1",
    "127.0.0.1: 80",
    "127.0.0.1:80 ",
    "127.0.0.1:0x50",
    "127.0.0.1:65536",
    "127.0.0.1:99999",
    "127.0.0.1:123456",
    "::1:80",
    "::1",
    "[::1]",
    "[::1]80",
    "[::1:80",
    "::1]:80",
    "http://127.0.0.1:80",
};

START_TEST(what_is_no_address_and_port_is_refused)
{
    char expected[256];
    ck_assert_int_eq(open_on(refused[_i]), -1);
    snprintf(expected, sizeof expected, "--listen: '%s' is no ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080",
             refused[_i]);
    assert_error(&err, ERROR_INVALID, expected);
    ck_assert_str_eq(address, "untouched");
}
END_TEST

START_TEST(endless_host_is_refused)
{
    char text[2000];
    memset(text, 'a', sizeof text);
    strcpy(text + sizeof text - 4, ":80");
    ck_assert_int_eq(open_on(text), -1);
    ck_assert_int_eq(err.kind, ERROR_INVALID);
}
END_TEST

START_TEST(address_of_another_machine_cannot_be_taken)
{
    ck_assert_int_eq(open_on("192.0.2.1:0"), -1);
    ck_assert_int_eq(strncmp(err.message, "cannot listen on 192.0.2.1:0: ", 30), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("listen");
    tcase_add_test(tests, port_0_takes_a_free_one_and_tells_it);
    tcase_add_test(tests, ipv6_address_is_in_brackets);
    tcase_add_test(tests, no_address_is_every_address);
    tcase_add_test(tests, unguarded_an_address_that_others_reach_is_refused_with_the_ways_out);
    tcase_add_test(tests, unguarded_the_loopback_is_served);
    tcase_add_test(tests, port_in_use_is_said_with_the_way_out);
    tcase_add_loop_test(tests, what_is_no_address_and_port_is_refused, 0, COUNT(refused));
    tcase_add_test(tests, endless_host_is_refused);
    tcase_add_test(tests, address_of_another_machine_cannot_be_taken);
    return run_case(tests, "listen");
}

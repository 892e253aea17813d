/* Versions that are known are asked for, on a server of one thread that keeps the last request. What else can become of
 * a transfer is tried with the whole program. */
#include "loader/fileset.h"
#include "tests/unit/suite.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;
static unsigned short port;
static pthread_t thread;
static char request[4096];
static int requests;

static void answer(int fd)
{
    static const char whole[] = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nETag: \"new\"\r\n"
                                "Last-Modified: Sat, 21 Nov 2026 10:00:00 GMT\r\nConnection: close\r\n\r\na,b\n1,2\n";
    static const char same[] = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";
    size_t n = 0;
    const char *reply;
    memset(request, 0, sizeof request);
    while (!strstr(request, "\r\n\r\n") && n < sizeof request - 1) {
        ssize_t got = read(fd, request + n, sizeof request - 1 - n);
        if (got <= 0)
            return;
        n += (size_t)got;
    }
    requests++;
    reply = strstr(request, "\"new\"") || strstr(request, "Since: Sat, 21 Nov 2026 10:00:00") ? same : whole;
    if (write(fd, reply, strlen(reply)) < 0)
        return;
}

static void *serve(void *unused)
{
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        answer(fd);
        close(fd);
    }
    return unused;
}

static void setup(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &n), 0);
    port = ntohs(address.sin_port);
    requests = 0;
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void teardown(void)
{
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    curl_global_cleanup();
}

static struct source_version known_version;
static char asked_for[200];

static bool known(void *context, const char *origin, struct source_version *version)
{
    ck_assert_ptr_eq(context, &known_version);
    snprintf(asked_for, sizeof asked_for, "%s", origin);
    *version = known_version;
    return true;
}

static const struct fileset_options options = {
    .download = {.most = 1 << 20, .stall_seconds = 20}, .known = known, .context = &known_version};

static bool collect(struct fileset *set, const char *path)
{
    char url[200], *paths[] = {url};
    struct error err = {0};
    bool ok;
    memset(set, 0, sizeof *set);
    asked_for[0] = '\0';
    snprintf(url, sizeof url, "http://127.0.0.1:%d/%s", port, path);
    ok = fileset_collect(set, paths, 1, &options, &err);
    ck_assert_msg(ok, "%s", err.message);
    return ok;
}

static const struct {
    struct source_version known;
    bool modified;
} versions[] = {
    {{"", ""}, true},
    {{"\"old\"", ""}, true},
    {{"\"old\"", "Fri, 20 Nov 2026 10:00:00 GMT"}, true},
    {{"\"new\"", ""}, false},
    {{"", "Sat, 21 Nov 2026 10:00:00 GMT"}, false},
};

START_TEST(known_version_is_not_fetched)
{
    struct fileset set;
    known_version = versions[_i].known;
    collect(&set, "a.csv");
    ck_assert_int_eq(fileset_not_modified(&set), !versions[_i].modified);
    ck_assert_int_eq(set.inputs[0].not_modified, !versions[_i].modified);
    ck_assert_int_eq(set.inputs[0].fd >= 0, versions[_i].modified);
    ck_assert_str_eq(asked_for, set.inputs[0].origin);
    /* What the next load is to know: what the server says, or else what was known. */
    ck_assert_str_eq(set.inputs[0].version.etag, versions[_i].modified ? "\"new\"" : known_version.etag);
    ck_assert_str_eq(set.inputs[0].version.last_modified,
                     versions[_i].modified ? "Sat, 21 Nov 2026 10:00:00 GMT" : known_version.last_modified);
    fileset_release(&set);
}
END_TEST

START_TEST(what_was_left_is_fetched_when_it_is_needed)
{
    struct fileset set;
    struct error err = {0};
    known_version = (struct source_version){"\"new\"", ""};
    collect(&set, "a.csv");
    ck_assert_int_eq(set.inputs[0].fd, -1);
    ck_assert(!fileset_match(&set, "native", "loader/profiles", &err)); /* its columns are of no profile */
    ck_assert_msg(strstr(err.message, "its columns are a, b"), "%s", err.message);
    ck_assert(!set.inputs[0].not_modified);
    ck_assert_uint_eq(set.inputs[0].size, 8);
    ck_assert_int_eq(requests, 2);
    fileset_release(&set);
}
END_TEST

START_TEST(address_with_secrets_in_its_query_is_not_known)
{
    struct fileset set;
    known_version = (struct source_version){"\"new\"", ""};
    collect(&set, "a.csv?key=orders");
    ck_assert_str_eq(asked_for, "");
    ck_assert(!set.inputs[0].not_modified);
    ck_assert_ptr_nonnull(strstr(request, "GET /a.csv?key=orders HTTP/"));
    fileset_release(&set);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("download");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, known_version_is_not_fetched, 0, COUNT(versions));
    tcase_add_test(tests, what_was_left_is_fetched_when_it_is_needed);
    tcase_add_test(tests, address_with_secrets_in_its_query_is_not_known);
    return run_case(tests, "download");
}

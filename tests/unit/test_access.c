/* How often wrong keys are told so, with a clock of our own. */
#include "core/log.h"
#include "server/access.h"
#include "server/request.h"
#include "tests/unit/unit.h"
#include <netinet/in.h>

enum { SECOND = 1000000, FIRST = 1000 };

static struct sockaddr_in client = {.sin_family = AF_INET};

/* The address and the key of the client, instead of libmicrohttpd's. */
const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
                                                        enum MHD_ConnectionInfoType type, ...)
{
    static union MHD_ConnectionInfo info;
    (void)connection;
    ck_assert_int_eq(type, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    info.client_addr = (struct sockaddr *)&client;
    return &info;
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *name)
{
    (void)connection;
    (void)kind;
    return strcmp(name, "X-API-Key") == 0 ? "kpi_wrong" : NULL;
}

/* The status of the answer to a wrong key that comes at a time, in microseconds. */
static enum http_status ask(struct access *access, uint64_t now_us)
{
    struct request request = {.path = "/v1/kpis", .tail = "", .started_us = now_us};
    enum http_status status;
    ck_assert(!access_admits(access, &request, "GET"));
    status = request.response.status;
    response_release(&request.response);
    return status;
}

static void spend(struct access *access, uint64_t now_us)
{
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(ask(access, now_us), HTTP_UNAUTHORIZED);
    ck_assert_int_eq(ask(access, now_us), HTTP_TOO_MANY);
}

/* As SECURITY.md says. */
START_TEST(ten_wrong_keys_at_once_and_then_one_in_two_seconds_are_told_401)
{
    char *folder = temporary_folder(), *file = temporary_file_in(folder, "keys", "", 0);
    uint64_t now = (uint64_t)FIRST * SECOND;
    struct error err = {0};
    struct access *access;
    ck_assert_int_eq(chmod(file, 0600), 0);
    log_configure(LOG_ERROR, false);
    access = access_new(&(struct access_config){.keys_file = file}, &err);
    ck_assert_msg(access, "%s", err.message);
    client.sin_addr.s_addr = htonl(0x7f000001);
    spend(access, now);
    ck_assert_int_eq(ask(access, now + 2 * SECOND - 1), HTTP_TOO_MANY);
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(ask(access, now + 2 * (uint64_t)i * SECOND), HTTP_UNAUTHORIZED);
        ck_assert_int_eq(ask(access, now + 2 * (uint64_t)i * SECOND + SECOND), HTTP_TOO_MANY);
    }
    client.sin_addr.s_addr = htonl(0x7f000002);
    spend(access, now); /* another address */
    spend(access, now + 20 * (uint64_t)SECOND);
    access_free(access);
    unlink(file);
    rmdir(folder);
    free(file);
    free(folder);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("access");
    tcase_add_test(tests, ten_wrong_keys_at_once_and_then_one_in_two_seconds_are_told_401);
    return run_case(tests, "access");
}

/* Bytes on a connection: read by libmicrohttpd, held to what the server asks of every request, answered in a form that
 * its client can read. The KPI itself is not computed.
 *
 * Input: the bytes as they come. */
#include "server/form.h"
#include "server/request_check.h"
#include "tests/fuzz/request.h"
#include <sys/socket.h>

enum { STEPS_MOST = 40, SENT_MOST = 48 * 1024, ANSWER_ROOM = 1 << 18 };

static struct MHD_Daemon *server;
static char answers[ANSWER_ROOM];
static unsigned asked; /* requests of this connection that the server has seen */

static void *on_uri(void *data, const char *uri, struct MHD_Connection *connection)
{
    struct request *request = calloc(1, sizeof *request);
    (void)data;
    fuzz_require(request, "no memory");
    request->connection = connection;
    request_check_uri(request, uri);
    asked++;
    return request;
}

/* The parameters as a KPI reads them. */
static void answer(struct request *request)
{
    const struct definition *definition = fuzz_definition((unsigned)strlen(request->path));
    struct dataset dataset = fuzz_dataset(0, 0);
    struct query query;
    struct parameter_error why = {0};
    if (request->refused)
        response_problem(&request->response, request->refused, "%s", request->refused_because);
    else if (form_negotiate(request) == FORMAT_COUNT)
        response_problem(&request->response, HTTP_NOT_ACCEPTABLE, "It is there in other forms only.");
    else if (!query_parse(&query, definition, &dataset, request->parameters, request->parameter_count, &why))
        response_parameter_problem(&request->response, &why);
    else
        response_constant(&request->response, HTTP_OK, content_type_json, "{}", 2);
}

static enum MHD_Result send_response(struct request *request)
{
    struct response *response = &request->response;
    const void *body = response->bytes ? response->bytes : response->constant;
    struct MHD_Response *out =
        MHD_create_response_from_buffer(response->size, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;
    if (response->bytes)
        fuzz_require_json(response->bytes, response->size);
    response_add_headers(response, out);
    result = MHD_queue_response(request->connection, (unsigned)response->status, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct request *request = *context;
    (void)data;
    (void)connection;
    (void)upload;
    if (!request->seen) {
        request->seen = true;
        request->path = request_target_path(url);
        request->tail = "";
        request_check(request, method, version);
        request_check_parameters(request);
        if (!request->refused && !request->has_body)
            return MHD_YES;
        answer(request);
        return send_response(request);
    }
    *upload_size = 0;
    answer(request);
    return send_response(request);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct request *request = *context;
    (void)data;
    (void)connection;
    (void)how;
    if (request)
        request_free(request);
    *context = NULL;
}

static void start(void)
{
    server = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, NULL,
                              MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                              NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(32 * 1024), MHD_OPTION_END);
    fuzz_require(server, "libmicrohttpd does not start");
}

/* Sends the bytes and the end, and gathers what comes back. */
static size_t converse(struct bytes in)
{
    struct sockaddr_storage address = {.ss_family = AF_INET};
    int pair[2];
    size_t used = 0;
    fuzz_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0, "no sockets");
    fuzz_require(MHD_add_connection(server, pair[1], (struct sockaddr *)&address, sizeof(struct sockaddr_in)) ==
                     MHD_YES,
                 "the connection is not taken");
    if (in.n)
        fuzz_require(send(pair[0], in.at, in.n, MSG_NOSIGNAL) == (ssize_t)in.n, "not all is sent");
    shutdown(pair[0], SHUT_WR);
    for (int step = 0; step < STEPS_MOST; step++) {
        ssize_t n;
        MHD_run(server);
        n = recv(pair[0], answers + used, ANSWER_ROOM - used, 0);
        if (n == 0)
            break;
        used += n > 0 ? (size_t)n : 0;
    }
    close(pair[0]);
    for (int step = 0; step < 3; step++)
        MHD_run(server);
    return used;
}

/* Whether it is an answer that ends where the next begins; *n shrinks to what is behind it. */
static const char *read_answer(const char *p, const char *end)
{
    static const char length_name[] = "Content-Length: ";
    const char *body, *length;
    unsigned status;
    fuzz_require(end - p > 12 && memcmp(p, "HTTP/1.", 7) == 0, "no answer: %.*s", (int)(end - answers), answers);
    status = (unsigned)strtoul(p + 9, NULL, 10);
    fuzz_require(status < 500 || status == 501 || status == 505, "status %u", status);
    body = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
    fuzz_require(body, "headers without an end");
    body += 4;
    /* Where a Content-Length is no number, libmicrohttpd up to 0.9.75 says its headers twice. */
    if (end - body >= body - p && memcmp(p, body, (size_t)(body - p)) == 0)
        body += body - p;
    length = memmem(p, (size_t)(body - p), length_name, sizeof length_name - 1);
    fuzz_require(length, "no length");
    return body + strtoul(length + sizeof length_name - 1, NULL, 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *p = answers, *end;
    unsigned answered = 0;
    bool head = n >= 4 && memmem(bytes, n, "HEAD", 4);
    if (n > SENT_MOST)
        return 0;
    if (!server)
        start();
    asked = 0;
    end = answers + converse((struct bytes){bytes, n});
    if (head) /* a length without a body */
        return 0;
    for (; p < end; answered++)
        p = read_answer(p, end);
    fuzz_require(p == end, "the last answer is cut short");
    fuzz_require(answered <= asked + 1, "%u answers to %u requests", answered, asked);
    return 0;
}

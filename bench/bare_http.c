/* What libmicrohttpd takes at most: one answer to every request, from two threads. What kpi-server's hits are measured
 * against: nothing is looked up here, nothing is counted, and no header of the request is read.
 *
 *   bare_http ANSWER      listens on a port of 127.0.0.1, which is its standard output
 *
 * The file ANSWER holds the status, a line for each header, an empty line, and the body. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 2, CONNECTIONS_MOST = 8192 }; /* as kpi-server has them */

struct answer {
    unsigned status;
    struct MHD_Response *response;
};

static void die(const char *what)
{
    fprintf(stderr, "bare_http: %s\n", what);
    exit(1);
}

/* The file's bytes, and a NUL behind them. */
static char *read_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size >= 0)
        bytes = malloc((size_t)size + 1);
    if (!bytes)
        die(path);
    *n = (size_t)size;
    rewind(file);
    if (fread(bytes, 1, *n, file) != *n)
        die(path);
    bytes[*n] = '\0';
    fclose(file);
    return bytes;
}

/* Cuts the line at *at off, and goes to the next. */
static char *next_line(char **at)
{
    char *line = *at, *end = strchr(line, '\n');
    if (!end)
        die("the answer has no empty line before its body");
    *end = '\0';
    *at = end + 1;
    return line;
}

/* One response for all requests: libmicrohttpd counts who uses it. */
static void make_answer(const char *path, struct answer *answer)
{
    size_t n, head = 0;
    char *bytes = read_file(path, &n), *at = bytes, *line;
    const char *body = strstr(bytes, "\n\n");
    if (!body)
        die("the answer has no empty line before its body");
    head = (size_t)(body + 2 - bytes);
    answer->status = (unsigned)strtoul(next_line(&at), NULL, 10);
    answer->response = MHD_create_response_from_buffer(n - head, bytes + head, MHD_RESPMEM_PERSISTENT);
    while (answer->response && *(line = next_line(&at))) {
        char *value = strstr(line, ": ");
        if (!value)
            die("a header is no 'Name: value'");
        *value = '\0';
        if (MHD_add_response_header(answer->response, line, value + 2) != MHD_YES)
            die("libmicrohttpd refuses a header");
    }
    if (!answer->response)
        die("out of memory");
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **seen)
{
    const struct answer *answer = data;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (!*seen) { /* an answer to the first call would close the connection */
        *seen = data;
        return MHD_YES;
    }
    return MHD_queue_response(connection, answer->status, answer->response);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const union MHD_DaemonInfo *info;
    struct MHD_Daemon *daemon;
    struct answer answer;
    if (argc != 2)
        die("usage: bare_http ANSWER");
    make_answer(argv[1], &answer);
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, &answer, MHD_OPTION_SOCK_ADDR,
                              &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
                              (unsigned)CONNECTIONS_MOST, MHD_OPTION_END);
    info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info)
        die("libmicrohttpd does not start");
    printf("%u\n", (unsigned)info->port);
    fflush(stdout);
    for (;;)
        pause(); /* until a signal ends it */
}

/* A bare libmicrohttpd program that answers every GET with the bytes of one file: as much as any server on that library
 * can be asked for. The same threads, connection memory and headers as kpi-server; nothing is looked at.
 *
 *     bare_http PORT FILE */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 2, CONNECTION_MEMORY = 44 * 1024, CONNECTIONS_MOST = 8192, IDLE_TIMEOUT_S = 60 };

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **context)
{
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (!*context) { /* a reply to the first call would close the connection */
        *context = data;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, data);
}

static struct MHD_Response *response_of(const char *path)
{
    static const char *const headers[][2] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, "application/json; charset=utf-8"},
        {MHD_HTTP_HEADER_ETAG, "W/\"03365ba3f56e7c760674eb388da6b4f8\""},
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding"},
        {"Cache-Status", "kpi-server; hit"},
    };
    static char bytes[16 << 20];
    struct MHD_Response *response;
    FILE *file = fopen(path, "rb");
    size_t size;
    if (!file)
        return NULL;
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    response = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; response && i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    return response;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct MHD_Response *response = argc == 3 ? response_of(argv[2]) : NULL;
    struct MHD_Daemon *daemon = NULL;
    sigset_t signals;
    int number;
    if (response) {
        address.sin_port = htons((uint16_t)atoi(argv[1]));
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals, NULL);
        daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request,
                                  response, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE,
                                  (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
                                  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
                                  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    }
    if (!daemon) {
        fprintf(stderr, "usage: bare_http PORT FILE\n");
        return EXIT_FAILURE;
    }
    sigwait(&signals, &number);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return EXIT_SUCCESS;
}

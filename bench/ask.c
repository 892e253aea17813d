/* What a client waits for an answer, without what an interpreter takes to be woken and to read it.
 *
 *   ask PORT PATH
 *
 * For each line of the standard input asks the server on 127.0.0.1 once, over one connection, and tells the seconds
 * from the first byte sent to the last one read, and the number of bytes of the answer. */
#include "bench/clock.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MOST = 8 << 20 };

static void die(const char *what)
{
    fprintf(stderr, "ask: %s\n", what);
    exit(1);
}

static int connect_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        die("no connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

/* How long the whole answer is, once its head is there; else 0. */
static size_t whole_size(const char *answer)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *end = strstr(answer, "\r\n\r\n"), *length = end ? strstr(answer, name) : NULL;
    if (!end)
        return 0;
    if (!length || length > end)
        die("the answer does not say how long it is");
    return (size_t)(end - answer) + 4 + strtoul(length + sizeof name - 1, NULL, 10);
}

static size_t ask(int fd, const char *request, size_t size)
{
    static char answer[ANSWER_MOST];
    size_t used = 0, whole = 0;
    if (write(fd, request, size) != (ssize_t)size)
        die("the request was not taken");
    while (!whole || used < whole) {
        ssize_t n = read(fd, answer + used, sizeof answer - 1 - used);
        if (n <= 0)
            die("the connection was closed, or the answer is too long");
        used += (size_t)n;
        answer[used] = '\0';
        whole = whole ? whole : whole_size(answer);
    }
    if (strncmp(answer, "HTTP/1.1 200 ", strlen("HTTP/1.1 200 ")) != 0)
        die(answer);
    return used;
}

int main(int argc, char **argv)
{
    char request[4096], line[16];
    int fd, size;
    if (argc != 3)
        die("usage: ask PORT PATH");
    fd = connect_to(argv[1]);
    size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n", argv[2], argv[1]);
    if (size < 0 || (size_t)size >= sizeof request)
        die("the path is too long");
    while (fgets(line, sizeof line, stdin)) {
        double start = clock_seconds();
        size_t bytes = ask(fd, request, (size_t)size);
        printf("%.6f %zu\n", clock_seconds() - start, bytes);
        fflush(stdout);
    }
    close(fd);
    return 0;
}

#include "server/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, PORT_MOST = 65535 };

/* Cuts text into host and port; the brackets of an IPv6 address are taken off. */
static bool split(const char *text, char *host, size_t room, const char **port)
{
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")] || strlen(colon + 1) > 5 ||
        strtol(colon + 1, NULL, 10) > PORT_MOST)
        return false;
    if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    } else if (memchr(text, ':', n)) {
        return false;
    }
    if (n >= room)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    *port = colon + 1;
    return true;
}

static void describe(int fd, char *address, size_t room)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char host[48] = "", port[8] = "";
    if (getsockname(fd, (struct sockaddr *)&bound, &size) == 0)
        getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(address, room, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

int listen_open(const char *text, char *address, size_t room, struct error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char host[256];
    const char *port;
    int fd, why, one = 1;
    if (!split(text, host, sizeof host, &port)) {
        error_set(err, ERROR_INVALID, "--listen: '%s' is no ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080", text);
        return -1;
    }
    why = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (why) {
        error_set(err, ERROR_INVALID, "--listen: '%s': %s", text, gai_strerror(why));
        return -1;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, BACKLOG)) {
        error_set(err, ERROR_INVALID, "cannot listen on %s: %s%s", text, strerror(errno),
                  errno == EADDRINUSE ? "; choose another with --listen (make run: PORT=)" : "");
        if (fd >= 0)
            close(fd);
        fd = -1;
    } else {
        describe(fd, address, room);
    }
    freeaddrinfo(found);
    return fd;
}

#include "server/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
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

/* Whether only this machine reaches the address. */
static bool is_loopback(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (address->sa_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return address->sa_family == AF_INET6 &&
           (IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET));
}

static int open_socket(const struct addrinfo *at, const char *text, struct error *err)
{
    int one = 1, fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd >= 0 && bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error_set(err, ERROR_INVALID, "cannot listen on %s: %s%s", text, strerror(errno),
              errno == EADDRINUSE ? "; choose another with --listen (make run: PORT=)" : "");
    if (fd >= 0)
        close(fd);
    return -1;
}

int listen_open(const char *text, bool guarded, char *address, size_t room, struct error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char host[256];
    const char *port;
    int fd = -1, why;
    if (!split(text, host, sizeof host, &port)) {
        error_set(err, ERROR_INVALID, "--listen: '%s' is no ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080", text);
        return -1;
    }
    why = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (why) {
        error_set(err, ERROR_INVALID, "--listen: '%s': %s", text, gai_strerror(why));
        return -1;
    }
    if (guarded || is_loopback(found->ai_addr))
        fd = open_socket(found, text, err);
    else
        error_set(
            err, ERROR_INVALID,
            "--listen %s: others can reach this address, and nobody is asked who they are. Make a key (kpi-server "
            "key add NAME --keys FILE) and start with --keys FILE; or listen on 127.0.0.1 behind a proxy that "
            "asks; or say --public (KPI_PUBLIC=1) if whoever reaches it may read everything",
            text);
    if (fd >= 0)
        describe(fd, address, room);
    freeaddrinfo(found);
    return fd;
}

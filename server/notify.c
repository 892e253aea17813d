#include "server/notify.h"
#include "core/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or with @ a name that is in no file system, for which a zero byte stands in its place. */
static socklen_t address_of(const char *name, struct sockaddr_un *address)
{
    size_t n = strlen(name);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((*name != '/' && *name != '@') || n < 2 || n >= sizeof address->sun_path)
        return 0;
    memcpy(address->sun_path, name, n);
    if (*name == '@')
        address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

void notify_state(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t size = name ? address_of(name, &address) : 0;
    int fd = size ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (name && (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0))
        log_event(LOG_WARN, "NOTIFY_SOCKET cannot be told", LOG_STR("state", state),
                  LOG_STR("reason", size ? strerror(errno) : "it names no socket"));
    if (fd >= 0)
        close(fd);
}

#include "server/capacity.h"

#include <sys/resource.h>

enum {
    CONNECTIONS_MOST = 8192,
    CONNECTIONS_LEAST = 16,
    LISTENERS_MOST = 4096,
    OWN_FILES = 64,       /* listening and epoll sockets, the log, definitions while they are read, and some to spare */
    FILES_PER_CLIENT = 3, /* of the driver: members of a replica set that it reads from and watches */
};

static unsigned long long files_beside(unsigned pool_size)
{
    return OWN_FILES + CAPACITY_REFUSALS + (unsigned long long)FILES_PER_CLIENT * pool_size;
}

bool capacity_of(unsigned long long files, unsigned pool_size, struct capacity *capacity, struct error *err)
{
    unsigned long long beside = files_beside(pool_size), left = files > beside ? files - beside : 0;
    if (left < CONNECTIONS_LEAST) {
        error_set(err, ERROR_INVALID,
                  "the system permits %llu open files, and %llu are needed at least; raise the limit (ulimit -Hn, "
                  "LimitNOFILE= of systemd), or lower --workers",
                  files, beside + CONNECTIONS_LEAST);
        return false;
    }
    capacity->connections = left < CONNECTIONS_MOST ? (unsigned)left : CONNECTIONS_MOST;
    capacity->listeners = capacity->connections * 3 / 4;
    if (capacity->listeners > LISTENERS_MOST)
        capacity->listeners = LISTENERS_MOST;
    return true;
}

bool capacity_claim(unsigned pool_size, struct capacity *capacity, struct error *err)
{
    rlim_t wanted = (rlim_t)files_beside(pool_size) + CONNECTIONS_MOST;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return capacity_of(wanted, pool_size, capacity, err);
    if (files.rlim_cur < wanted && files.rlim_cur < files.rlim_max) {
        struct rlimit more = {files.rlim_max < wanted ? files.rlim_max : wanted, files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            files = more;
    }
    return capacity_of(files.rlim_cur, pool_size, capacity, err);
}

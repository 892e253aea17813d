#include "loader/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder(void)
{
    const char *dir = getenv("TMPDIR");
    return dir && *dir ? dir : "/tmp";
}

int spool_open(struct error *err)
{
    int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        char path[4096];
        snprintf(path, sizeof path, "%s/kpi-load-XXXXXX", folder());
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        error_set(err, ERROR_INTERNAL, "no temporary file can be made in %s (%s); set TMPDIR to another folder",
                  folder(), strerror(errno));
    return fd;
}

bool spool_write(int fd, const void *bytes, size_t n, struct error *err)
{
    const char *at = bytes;
    while (n) {
        ssize_t written = write(fd, at, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            error_set(err, ERROR_INTERNAL,
                      "the temporary files in %s cannot grow (%s); set TMPDIR to a folder with more room", folder(),
                      strerror(errno));
            return false;
        }
        at += written;
        n -= (size_t)written;
    }
    return true;
}

#include "core/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const char *reason, struct error *err)
{
    error_set(err, ERROR_INVALID, "cannot be read: %s", reason);
    return false;
}

bool plain_file_is(int fd, size_t bytes_most, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return refuse(strerror(errno), err);
    if (S_ISREG(info.st_mode) && (size_t)info.st_size <= bytes_most)
        return true;
    if (!S_ISREG(info.st_mode))
        error_set(err, ERROR_INVALID, "is no plain file");
    else
        error_set(err, ERROR_INVALID, "is larger than %zu MiB", bytes_most >> 20);
    return false;
}

int plain_file_open(const char *path, size_t bytes_most, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        refuse(strerror(errno), err);
    if (fd < 0 || plain_file_is(fd, bytes_most, err))
        return fd;
    close(fd);
    return -1;
}

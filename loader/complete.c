#include "loader/complete.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Where no lease is given because the server gave none, which says nothing of writers. */
static bool is_remote(int fd)
{
    static const uint32_t remote[] = {0x6969, 0x517B, 0xFF534D42, 0xFE534D42}; /* NFS; SMB, CIFS and SMB2 */
    struct statfs system;
    if (fstatfs(fd, &system) != 0)
        return false;
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
        if ((uint32_t)system.f_type == remote[i])
            return true;
    return false;
}

/* A lease to read is given when nobody has the file open for writing. It is given back at once; a program that opens
 * the file in between waits that long. */
static bool has_writer(int fd, bool seen_open)
{
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        return false;
    }
    return seen_open || (errno == EAGAIN && !is_remote(fd));
}

/* By the time of the inode, which no program sets: a copy that keeps the time of its original is new all the same. A
 * time that is yet to come is that of another clock, and tells nothing. */
static bool is_quiet(const struct stat *file, long quiet_ms)
{
    struct timespec now;
    int64_t age;
    clock_gettime(CLOCK_REALTIME, &now);
    age = ((int64_t)now.tv_sec - file->st_ctim.tv_sec) * 1000 + (now.tv_nsec - file->st_ctim.tv_nsec) / 1000000;
    return age < 0 || age >= quiet_ms;
}

bool file_is_complete(const char *path, long quiet_ms, bool seen_open)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat file;
    bool complete = true;
    if (fd < 0)
        return true;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode))
        complete = !has_writer(fd, seen_open) && is_quiet(&file, quiet_ms);
    close(fd);
    return complete;
}

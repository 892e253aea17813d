/* Counts how often a program asks the heap, and for how many bytes, in the file that COUNT_FILE names; for LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static uint64_t unseen[2], *counter = unseen;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("COUNT_FILE");
    int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    void *shared;
    if (fd < 0 || ftruncate(fd, sizeof unseen) != 0)
        return;
    shared = mmap(NULL, sizeof unseen, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared != MAP_FAILED)
        counter = shared;
    close(fd);
}

static void count(size_t size)
{
    __atomic_fetch_add(&counter[0], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&counter[1], size, __ATOMIC_RELAXED);
}

void *malloc(size_t size)
{
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count(n * size);
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    count(size);
    return __libc_realloc(old, size);
}

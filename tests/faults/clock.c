/* A time of day that a test sets: preloaded, it adds the seconds of a file to CLOCK_REALTIME, and to all that goes by
 * it.
 *
 * KPI_TEST_CLOCK names the file: eight bytes, shared with the test, which changes them while the program runs. The
 * monotonic clocks stay what they are, as when somebody sets a real clock. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 20, YEAR_S = 366 * 86400 };

static _Atomic int64_t *offset;

__attribute__((constructor)) static void open_file(void)
{
    const char *path = getenv("KPI_TEST_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    if (at == MAP_FAILED)
        abort();
    offset = at;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += atomic_load(offset);
    return (int)failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

static struct timespec later(struct timespec from, int64_t ns)
{
    ns += from.tv_nsec;
    return (struct timespec){from.tv_sec + ns / 1000000000, ns % 1000000000};
}

/* A moment within the first years of 1970 is one of a clock that counts from the machine's start. Another one is waited
 * for in steps, as it comes and goes with the clock that is set. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    if (until->tv_sec < 10 * (int64_t)YEAR_S)
        return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, until);
    while (1) {
        struct timespec now, step;
        int64_t left_ns;
        int why;
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec))
            return ETIMEDOUT;
        left_ns = STEP_MS * 1000000;
        if (until->tv_sec - now.tv_sec < 2) {
            int64_t exact_ns = (until->tv_sec - now.tv_sec) * 1000000000 + until->tv_nsec - now.tv_nsec;
            left_ns = exact_ns < left_ns ? exact_ns : left_ns;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        step = later(now, left_ns);
        why = pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &step);
        if (why != ETIMEDOUT)
            return why;
    }
}

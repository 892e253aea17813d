#include "server/request_id.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

bool request_id_is_sane(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:+/=@-";
    size_t n = text ? strspn(text, allowed) : 0;
    return n > 0 && n <= REQUEST_ID_MAX && text[n] == '\0';
}

/* What sets this process apart from all others. Two threads that meet here for the first time may both draw: the ids
 * of one of them begin otherwise, and that is all. */
static uint64_t seed_of_process(void)
{
    static uint64_t seed; /* atomic; 0: not drawn yet */
    uint64_t drawn = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    struct timespec now;
    if (drawn)
        return drawn;
    if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn) {
        clock_gettime(CLOCK_REALTIME, &now);
        drawn = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec;
    }
    drawn |= 1;
    __atomic_store_n(&seed, drawn, __ATOMIC_RELAXED);
    return drawn;
}

/* A bijection that leaves no trace of an order (splitmix64, Steele et al., OOPSLA 2014). */
static uint64_t scatter(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void request_id_make(char id[REQUEST_ID_MADE])
{
    static uint64_t made; /* atomic */
    uint64_t seed = seed_of_process(), number = __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    snprintf(id, REQUEST_ID_MADE, "%016llx%016llx", (unsigned long long)scatter(seed),
             (unsigned long long)scatter(seed + number * 2));
}

/* Whether text begins with n digits as the header has them, in lower case, of which one at least is not 0. */
static bool is_number(const char *text, size_t n, bool may_be_zero)
{
    return strspn(text, "0123456789abcdef") >= n && (may_be_zero || strspn(text, "0") < n);
}

bool trace_parent_parse(const char *header, struct trace_parent *out)
{
    /* version-trace-parent-flags */
    enum { TRACE = 3, PARENT = 36, FLAGS = 53, LENGTH = 55 };
    if (!header || strlen(header) < LENGTH || header[TRACE - 1] != '-' || header[PARENT - 1] != '-' ||
        header[FLAGS - 1] != '-')
        return false;
    if (!is_number(header, 2, true) || strncmp(header, "ff", 2) == 0 || !is_number(header + TRACE, 32, false) ||
        !is_number(header + PARENT, 16, false) || !is_number(header + FLAGS, 2, true))
        return false;
    /* Later versions may say more behind it; that of today says no more. */
    if (header[LENGTH] && (strncmp(header, "00", 2) == 0 || header[LENGTH] != '-'))
        return false;
    snprintf(out->trace_id, sizeof out->trace_id, "%.32s", header + TRACE);
    snprintf(out->parent_id, sizeof out->parent_id, "%.16s", header + PARENT);
    return true;
}

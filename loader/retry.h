/* Trying again while the database is away: every write of a load may be repeated without harm.
 *
 *     struct retry retry = retry_for(seconds);
 *     do
 *         ok = write(…, err);
 *     while (!ok && retry_again(&retry, err)); */
#ifndef KPI_LOADER_RETRY_H
#define KPI_LOADER_RETRY_H

#include "core/error.h"
#include <stdbool.h>
#include <stdint.h>

struct retry {
    long seconds;
    int64_t until_ms; /* 0: nothing has failed yet */
    int wait_ms;
};

/* Gives up `seconds` after the first failure. */
struct retry retry_for(long seconds);

/* Waits, longer from time to time, and says whether to try again: not when the error is another than that the database
 * is away, when the time is over, or when a signal asks to stop; then err says why. */
bool retry_again(struct retry *retry, struct error *err);

#endif

#include "loader/retry.h"
#include "loader/progress.h"
#include "loader/stop.h"

#include <stdio.h>
#include <time.h>

enum { WAIT_FIRST_MS = 100, WAIT_MOST_MS = 5000, NAP_MS = 100 };

struct retry retry_for(long seconds)
{
    return (struct retry){.seconds = seconds, .wait_ms = WAIT_FIRST_MS};
}

/* Sleeps in short naps, so that a signal does not have to wait. */
static bool sleep_unless_stopped(int64_t ms, struct error *err)
{
    int64_t until = progress_now_ms() + ms;
    while (progress_now_ms() < until) {
        struct timespec nap = {0, NAP_MS * 1000000L};
        if (stop_asked(err))
            return false;
        nanosleep(&nap, NULL);
    }
    return !stop_asked(err);
}

bool retry_again(struct retry *retry, struct error *err)
{
    int64_t now = progress_now_ms();
    if (err->kind != ERROR_UNAVAILABLE || retry->seconds == 0)
        return false;
    if (!retry->until_ms) {
        retry->until_ms = now + retry->seconds * 1000;
        fprintf(stderr, "%s; trying again for up to %ld s\n", err->message, retry->seconds);
    }
    if (now >= retry->until_ms) {
        struct error why = *err;
        error_set(err, ERROR_UNAVAILABLE, "%s, also not within the %ld s of --retry", why.message, retry->seconds);
        return false;
    }
    if (!sleep_unless_stopped(retry->wait_ms < retry->until_ms - now ? retry->wait_ms : retry->until_ms - now, err))
        return false;
    retry->wait_ms = retry->wait_ms * 2 > WAIT_MOST_MS ? WAIT_MOST_MS : retry->wait_ms * 2;
    return true;
}

#include "loader/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 30, LINE_EVERY_MS = 5000, BAR_EVERY_MS = 100, CALLS_BETWEEN_LOOKS = 256 };

int64_t progress_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_start(struct progress *progress)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO)};
    progress->next_ms = progress_now_ms() + (progress->terminal ? BAR_EVERY_MS : LINE_EVERY_MS);
}

void progress_step(struct progress *progress, const char *doing, uint64_t done, uint64_t total)
{
    if (progress->calls++ % CALLS_BETWEEN_LOOKS == 0)
        progress_tell(progress, doing, done, total);
}

void progress_tell(struct progress *progress, const char *doing, uint64_t done, uint64_t total)
{
    int64_t now = progress_now_ms();
    int percent;
    if (now < progress->next_ms)
        return;
    percent = total ? (int)(100.0 * (double)done / (double)total) : 100;
    if (progress->terminal) {
        char bar[WIDTH + 1];
        memset(bar, ' ', WIDTH);
        memset(bar, '#', (size_t)(WIDTH * percent / 100));
        bar[WIDTH] = '\0';
        fprintf(stderr, "\r\033[K[%s] %3d %%  %s", bar, percent, doing);
        progress->drawn = true;
        progress->next_ms = now + BAR_EVERY_MS;
    } else {
        fprintf(stderr, "%s: %d %%\n", doing, percent);
        progress->next_ms = now + LINE_EVERY_MS;
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

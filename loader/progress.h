/* Telling people how far a load is: a bar that is drawn over on a terminal, a line every few seconds elsewhere. */
#ifndef KPI_LOADER_PROGRESS_H
#define KPI_LOADER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool terminal;
    bool drawn; /* a bar stands on the last line */
    int64_t next_ms;
    unsigned calls;
};

void progress_start(struct progress *progress);

/* done of total; cheap enough to be called for every row. */
void progress_step(struct progress *progress, const char *doing, uint64_t done, uint64_t total);

/* The same for what is not so many: looks at the clock each time. */
void progress_tell(struct progress *progress, const char *doing, uint64_t done, uint64_t total);

/* Takes the bar away, before something else is written. */
void progress_clear(struct progress *progress);

/* A clock for durations, in milliseconds. */
int64_t progress_now_ms(void);

#endif

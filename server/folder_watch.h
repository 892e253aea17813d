/* Seeing that definitions change: the pipelines folder and those in it that the server reads, by inotify.
 *
 * A change is due when the folders have been quiet for a moment, so that what is written together is read together, and
 * an editor's steps (truncate and write, or a temporary file that is renamed) are one change. For one thread. */
#ifndef KPI_SERVER_FOLDER_WATCH_H
#define KPI_SERVER_FOLDER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct folder_watch {
    const char *dir;
    int fd;           /* to be polled for reading; -1 while nothing is watched */
    bool changed;     /* something happened that is not due yet */
    int64_t first_ms; /* when that was */
    int64_t last_ms;  /* when something happened last */
    int64_t retry_ms; /* when a folder that went is looked for again; 0: never */
};

/* Begins to watch. Where the system has no watches left, that is logged, and nothing is ever due. */
void folder_watch_open(struct folder_watch *watch, const char *dir);
void folder_watch_close(struct folder_watch *watch);

/* How long to wait for events at most, in ms; -1: for ever. */
int folder_watch_wait_ms(const struct folder_watch *watch);

/* Takes in what has happened, without waiting. Whether a change is due, which is thereby taken. */
bool folder_watch_due(struct folder_watch *watch);

#endif

#include "server/folder_watch.h"
#include "core/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* However busy an editor is, its changes are read after two seconds. */
enum { QUIET_MS = 200, BUSY_MOST_MS = 2000, RETRY_MS = 500 };

static const char *const folders[] = {"", "/kpi", "/source", "/dimension", "/rollup"};
enum { FOLDERS = sizeof folders / sizeof folders[0], ROLLUP_FOLDER = FOLDERS - 1 };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note_change(struct folder_watch *w)
{
    w->last_ms = now_ms();
    if (!w->changed)
        w->first_ms = w->last_ms;
    w->changed = true;
}

/* Watches each folder by its path. False with errno when one cannot be. There need be no rollups; the folder above
 * tells when theirs comes. */
static bool add_folders(struct folder_watch *w)
{
    const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_MODIFY |
                            IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    for (int i = 0; i < FOLDERS; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s%s", w->dir, folders[i]);
        if (inotify_add_watch(w->fd, path, events) < 0 && (i != ROLLUP_FOLDER || errno != ENOENT))
            return false;
    }
    return true;
}

/* Watches anew, or not at all; a folder that is not there may come back. */
static bool start(struct folder_watch *w)
{
    int why;
    w->retry_ms = 0;
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->fd >= 0 && add_folders(w))
        return true;
    why = errno;
    folder_watch_close(w);
    if (why == ENOENT || why == ENOTDIR)
        w->retry_ms = now_ms() + RETRY_MS;
    else
        log_event(LOG_WARN, "changes of definitions are not seen by themselves; SIGHUP reads them again",
                  LOG_STR("pipelines", w->dir), LOG_STR("reason", strerror(why)));
    return false;
}

void folder_watch_open(struct folder_watch *w, const char *dir)
{
    *w = (struct folder_watch){.dir = dir, .fd = -1};
    start(w);
}

void folder_watch_close(struct folder_watch *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

/* Definitions, and what Kubernetes swaps when the files of a volume change; no editor's own files. */
static bool is_read(const char *name)
{
    size_t n = strlen(name);
    return strcmp(name, "..data") == 0 || (name[0] != '.' && n > 5 && strcmp(name + n - 5, ".json") == 0);
}

/* A file that is created is whole when it is closed, and one that is truncated when it has been written; but a link is
 * whole as soon as it is there. Which folder it is in, is not known: it is looked for in all. */
static bool is_link(const struct folder_watch *w, const char *name)
{
    for (int i = 0; i < FOLDERS; i++) {
        char path[4096];
        struct stat info;
        snprintf(path, sizeof path, "%s%s/%s", w->dir, folders[i], name);
        if (lstat(path, &info) == 0 && (S_ISLNK(info.st_mode) || info.st_nlink > 1))
            return true;
    }
    return false;
}

static void note(struct folder_watch *w, const struct inotify_event *event)
{
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
        w->retry_ms = now_ms() + RETRY_MS;
        note_change(w);
    } else if (event->mask & IN_Q_OVERFLOW) {
        note_change(w);
    } else if (event->len && event->mask & IN_ISDIR) {
        w->retry_ms = now_ms(); /* one of ours may have come, or gone and come back */
        note_change(w);
    } else if (event->len && is_read(event->name)) {
        if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) ||
            (event->mask & IN_CREATE && is_link(w, event->name)))
            note_change(w);
        else
            w->last_ms = now_ms(); /* it is being written */
    }
}

static void read_events(struct folder_watch *w)
{
    _Alignas(struct inotify_event) char bytes[16 << 10];
    ssize_t n;
    while (w->fd >= 0 && (n = read(w->fd, bytes, sizeof bytes)) > 0) {
        const struct inotify_event *event;
        for (char *at = bytes; at < bytes + n; at += sizeof *event + event->len) {
            event = (const void *)at;
            note(w, event);
        }
    }
}

static int64_t due_ms(const struct folder_watch *w)
{
    int64_t quiet = w->last_ms + QUIET_MS, most = w->first_ms + BUSY_MOST_MS;
    return quiet < most ? quiet : most;
}

int folder_watch_wait_ms(const struct folder_watch *w)
{
    int64_t when = w->changed ? due_ms(w) : INT64_MAX, left;
    if (w->retry_ms && w->retry_ms < when)
        when = w->retry_ms;
    if (when == INT64_MAX)
        return -1;
    left = when - now_ms();
    return left < 0 ? 0 : (int)left;
}

bool folder_watch_due(struct folder_watch *w)
{
    read_events(w);
    if (w->retry_ms && w->retry_ms <= now_ms()) {
        folder_watch_close(w);
        if (start(w)) /* what happened meanwhile was not seen */
            note_change(w);
    }
    if (!w->changed || now_ms() < due_ms(w))
        return false;
    w->changed = false;
    return true;
}

#include "loader/watch.h"
#include "loader/fileset.h"
#include "loader/load.h"
#include "loader/stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* However busy the folder is, it is loaded a minute after the first drop: somebody may append to a file for ever. */
enum { BUSY_MOST_MS = 60 * 1000, NEVER = -1 };

struct watch {
    const struct options *options;
    const char *dir;
    int fd;
    bool dropped;     /* something came since the last load began */
    int64_t first_ms; /* when that was */
    int64_t last_ms;  /* when something was last written */
    int64_t retry_ms; /* when the load that failed is tried again, or NEVER */
};

static void say(const struct watch *w, const char *what)
{
    char now[32];
    time_t seconds = time(NULL);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    fprintf(stderr, "%s %s: %s\n", now, w->dir, what);
}

static void drop(struct watch *w)
{
    w->last_ms = progress_now_ms();
    if (!w->dropped)
        w->first_ms = w->last_ms;
    w->dropped = true;
}

static bool gone(const struct watch *w)
{
    fprintf(stderr, "kpi-load: the folder %s was deleted or moved; make it again, then start this again\n", w->dir);
    return false;
}

/* Asks for the folder's events; again does no harm. */
static bool listen_to_folder(const struct watch *w)
{
    const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF;
    return inotify_add_watch(w->fd, w->dir, events | IN_ONLYDIR) >= 0;
}

static bool start(struct watch *w)
{
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->fd >= 0 && listen_to_folder(w))
        return true;
    if (errno == ENOENT || errno == ENOTDIR)
        fprintf(stderr, "kpi-load: --watch: there is no folder %s\n", w->dir);
    else
        fprintf(stderr, "kpi-load: --watch: %s cannot be watched: %s%s\n", w->dir, strerror(errno),
                errno == ENOSPC || errno == EMFILE ? "; raise fs.inotify.max_user_watches or max_user_instances" : "");
    return false;
}

/* A link is whole as soon as it is there, and is never closed by a writer. */
static bool is_link(const struct watch *w, const char *name)
{
    char path[4096];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return lstat(path, &info) == 0 && (S_ISLNK(info.st_mode) || info.st_nlink > 1);
}

static void note(struct watch *w, const struct inotify_event *event)
{
    if (!event->len || !fileset_takes(event->name))
        return;
    if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO) || (event->mask & IN_CREATE && is_link(w, event->name)))
        drop(w);
    else
        w->last_ms = progress_now_ms(); /* another file is being written: it may belong to the same set */
}

/* Takes in what has happened. False when the folder is gone. */
static bool read_events(struct watch *w)
{
    _Alignas(struct inotify_event) char bytes[16 << 10];
    ssize_t n;
    while ((n = read(w->fd, bytes, sizeof bytes)) > 0) {
        const struct inotify_event *event;
        for (char *at = bytes; at < bytes + n; at += sizeof *event + event->len) {
            event = (const void *)at;
            if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED))
                return gone(w);
            if (event->mask & IN_Q_OVERFLOW) { /* what came is not known: a file, or the folder's end */
                if (!listen_to_folder(w))
                    return gone(w);
                drop(w);
            }
            note(w, event);
        }
    }
    return true;
}

/* When the next load is to begin, or NEVER. */
static int64_t next_load(const struct watch *w)
{
    int64_t quiet = w->last_ms + (int64_t)w->options->number[OPTION_WATCH_SETTLE] * 1000;
    if (!w->dropped)
        return w->retry_ms;
    return quiet < w->first_ms + BUSY_MOST_MS ? quiet : w->first_ms + BUSY_MOST_MS;
}

/* Waits for events, or until the time has come. Signals arrive only while it waits, so that none is missed. */
static void wait_until(const struct watch *w, int64_t when)
{
    struct pollfd events = {.fd = w->fd, .events = POLLIN};
    int64_t left = when == NEVER ? 0 : when - progress_now_ms();
    struct timespec timeout = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
    sigset_t stops, before;
    struct error ignored;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, &before);
    if (!stop_asked(&ignored) && (when == NEVER || left > 0))
        ppoll(&events, 1, when == NEVER ? NULL : &timeout, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int is_taken(const struct dirent *entry)
{
    return fileset_takes(entry->d_name);
}

static bool has_files(const struct watch *w)
{
    struct dirent **entries;
    int n = scandir(w->dir, &entries, is_taken, NULL);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    if (n >= 0)
        free(entries);
    return n != 0; /* a folder that cannot be listed is for the load to say */
}

/* Loads all that is in the folder. */
static void load(struct watch *w)
{
    struct options options = *w->options;
    char *dir = (char *)(uintptr_t)w->dir;
    enum load_result result;
    options.arguments = &dir;
    options.argument_count = 1;
    w->dropped = false;
    w->retry_ms = NEVER;
    if (!has_files(w)) {
        say(w, "no CSV file is there yet");
        return;
    }
    say(w, "loading");
    result = load_run(&options);
    if (result == LOAD_ALL || result == LOAD_SOME_REJECTED) {
        say(w, result == LOAD_ALL ? "loaded" : "loaded, but for some rows");
        return;
    }
    say(w, "the load failed; it is tried again when something is dropped, or after --watch-retry seconds");
    w->retry_ms = progress_now_ms() + (int64_t)w->options->number[OPTION_WATCH_RETRY] * 1000;
}

int watch_run(const struct options *options)
{
    struct watch w = {.options = options,
                      .dir = options->text[OPTION_WATCH],
                      .dropped = true,
                      .last_ms = progress_now_ms() - (int64_t)options->number[OPTION_WATCH_SETTLE] * 1000,
                      .retry_ms = NEVER};
    struct error stopped;
    bool there = start(&w);
    w.first_ms = w.last_ms;
    while (there && !stop_asked(&stopped)) {
        int64_t when = next_load(&w);
        if (when != NEVER && when <= progress_now_ms())
            load(&w);
        else
            wait_until(&w, when);
        there = read_events(&w);
    }
    if (w.fd >= 0)
        close(w.fd);
    return there ? 0 : 1;
}

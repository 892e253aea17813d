#include "loader/watch.h"
#include "loader/complete.h"
#include "loader/fileset.h"
#include "loader/load.h"
#include "loader/name_list.h"
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

/* However busy the folder is, what is complete is loaded after that many settling times: somebody may write one of the
 * files for ever. */
enum { BUSY_MOST = 30, LOOK_MS = 1000, NEVER = -1 };

struct watch {
    const struct options *options;
    const char *dir;
    int fd;
    bool pointless;           /* no load can come to its end */
    bool dropped;             /* something came since the last load began */
    int64_t first_ms;         /* when that was */
    int64_t last_ms;          /* when something was last written */
    int64_t retry_ms;         /* when the load that failed is tried again, or NEVER */
    int64_t look_ms;          /* when those that wait are looked at again, or NEVER */
    int64_t quiet_ms;         /* how long a file must have rested to be loaded now */
    struct name_list open;    /* written, and not closed since, as far as events tell */
    struct name_list waiting; /* still being written, and left for another load */
    struct name_list aside;   /* unfit to be loaded, and left out so that the others are */
};

/* file: that it is about, or NULL. */
static void say_of(const struct watch *w, const char *file, const char *what)
{
    char now[32];
    time_t seconds = time(NULL);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    fprintf(stderr, "%s %s: %s%s%s\n", now, w->dir, file ? file : "", file ? " " : "", what);
}

static void say(const struct watch *w, const char *what)
{
    say_of(w, NULL, what);
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
    const uint32_t files = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_MODIFY | IN_DELETE;
    return inotify_add_watch(w->fd, w->dir, files | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) >= 0;
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
    if (event->mask & IN_MODIFY)
        name_list_add(&w->open, event->name);
    else if (!(event->mask & IN_CREATE))
        name_list_remove(&w->open, event->name);
    if (event->mask & (IN_DELETE | IN_MOVED_FROM))
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
                name_list_clear(&w->open);
                drop(w);
            }
            note(w, event);
        }
    }
    return true;
}

static int64_t settle_ms(const struct watch *w)
{
    return (int64_t)w->options->number[OPTION_WATCH_SETTLE] * 1000;
}

/* How long the files that are complete wait for the others. */
static int64_t busy_until(const struct watch *w)
{
    return w->first_ms + BUSY_MOST * settle_ms(w);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == NEVER || (b != NEVER && b < a) ? b : a;
}

/* When there is something to do again, or NEVER. */
static int64_t next_turn(const struct watch *w)
{
    return w->dropped ? earlier(w->last_ms + settle_ms(w), busy_until(w)) : earlier(w->retry_ms, w->look_ms);
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

static bool is_complete(const struct watch *w, const char *name, int64_t quiet_ms)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return file_is_complete(path, quiet_ms, name_list_has(&w->open, name));
}

/* Tells the files that wait from those that are complete; gives the number of these. */
static size_t survey(struct watch *w)
{
    struct dirent **entries;
    int n = scandir(w->dir, &entries, is_taken, alphasort);
    size_t complete = n < 0; /* a folder that cannot be listed is for the load to say */
    name_list_clear(&w->waiting);
    for (int i = 0; i < n; i++) {
        if (is_complete(w, entries[i]->d_name, w->quiet_ms))
            complete++;
        else
            name_list_add(&w->waiting, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return complete;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether the load that begins is to read the file: somebody may have opened it since the survey. */
static bool takes(void *context, const char *path)
{
    struct watch *w = context;
    const char *name = name_of(path);
    if (name_list_has(&w->aside, name) || name_list_has(&w->waiting, name))
        return false;
    if (is_complete(w, name, w->quiet_ms))
        return true;
    name_list_add(&w->waiting, name);
    return false;
}

/* Loads what is complete. A file for which that fails is left out, and the others are loaded. */
static enum load_result load_complete(struct watch *w, size_t complete)
{
    struct options options = *w->options;
    struct fileset_scope scope = {.takes = takes, .context = w};
    char *dir = (char *)(uintptr_t)w->dir;
    enum load_result result;
    options.arguments = &dir;
    options.argument_count = 1;
    name_list_clear(&w->aside);
    result = load_run(&options, &scope);
    while (result == LOAD_FAILED && *scope.unfit && w->aside.count + 1 < complete) {
        say_of(w, name_of(scope.unfit),
               "is set aside, for the reason above; the other files are loaded without it, and it is tried again when "
               "something is dropped");
        name_list_add(&w->aside, name_of(scope.unfit));
        *scope.unfit = '\0';
        result = load_run(&options, &scope);
    }
    return result;
}

static void load(struct watch *w, size_t complete)
{
    enum load_result result;
    say(w, "loading");
    result = load_complete(w, complete);
    if (result == LOAD_ALL || result == LOAD_SOME_REJECTED) {
        say(w, w->aside.count       ? "loaded, but for files that are set aside"
               : result == LOAD_ALL ? "loaded"
                                    : "loaded, but for some rows");
        return;
    }
    say(w, "the load failed; it is tried again when something is dropped, or after --watch-retry seconds");
    w->retry_ms = progress_now_ms() + (int64_t)w->options->number[OPTION_WATCH_RETRY] * 1000;
}

/* Whether trying can help at all. */
static bool suits(struct watch *w)
{
    struct error why;
    w->pointless = !load_suits_server(w->options, &why);
    if (w->pointless)
        fprintf(stderr, "kpi-load: %s\n", why.message);
    return !w->pointless;
}

/* Whether one of the files that wait has been completed. */
static bool any_completed(const struct watch *w)
{
    for (size_t i = 0; i < w->waiting.count; i++)
        if (is_complete(w, w->waiting.names[i], settle_ms(w)))
            return true;
    return false;
}

/* The folder is quiet, or was busy for long enough: its files are loaded, those that belong together in one load if
 * they come to an end in that time. */
static void begin_load(struct watch *w)
{
    bool late = progress_now_ms() >= busy_until(w);
    size_t complete;
    if (!suits(w))
        return;
    w->quiet_ms = late ? 0 : settle_ms(w); /* a file that never rests is taken while nobody has it open */
    complete = survey(w);
    if (w->waiting.count && !late) {
        w->last_ms = progress_now_ms();
        w->dropped = true;
        return;
    }
    w->dropped = false;
    w->retry_ms = NEVER;
    for (size_t i = 0; i < w->waiting.count; i++)
        say_of(w, w->waiting.names[i], "waits: it is still being written");
    if (complete)
        load(w, complete);
    else if (!w->waiting.count)
        say(w, "no CSV file is there yet");
    w->look_ms = w->waiting.count ? progress_now_ms() + LOOK_MS : NEVER;
}

static void take_turn(struct watch *w)
{
    bool look = !w->dropped && w->look_ms != NEVER && earlier(w->retry_ms, w->look_ms) == w->look_ms;
    if (!look) {
        begin_load(w);
        return;
    }
    w->look_ms = progress_now_ms() + LOOK_MS;
    if (any_completed(w))
        drop(w);
}

int watch_run(const struct options *options)
{
    struct watch w = {.options = options,
                      .dir = options->text[OPTION_WATCH],
                      .dropped = true,
                      .last_ms = progress_now_ms() - (int64_t)options->number[OPTION_WATCH_SETTLE] * 1000,
                      .retry_ms = NEVER,
                      .look_ms = NEVER};
    struct error stopped;
    bool there = start(&w);
    w.first_ms = progress_now_ms();
    signal(SIGIO, SIG_IGN); /* somebody opens a file while it is looked at */
    while (there && !w.pointless && !stop_asked(&stopped)) {
        int64_t when = next_turn(&w);
        if (when != NEVER && when <= progress_now_ms())
            take_turn(&w);
        else
            wait_until(&w, when);
        there = read_events(&w);
    }
    if (w.fd >= 0)
        close(w.fd);
    name_list_clear(&w.open);
    name_list_clear(&w.waiting);
    name_list_clear(&w.aside);
    return there && !w.pointless ? 0 : 1;
}

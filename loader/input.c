#include "loader/input.h"
#include "loader/inflate.h"
#include "loader/spool.h"
#include "loader/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CHUNK = 256 << 10, WAITING_AFTER_MS = 3000, MAGIC_MOST = 10 };

static bool cannot_open(const char *path, int reason, struct error *err)
{
    error_set(err, reason == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "%s cannot be opened: %s%s", path,
              reason == ENOENT ? "there is no such file" : strerror(reason),
              reason == EMFILE ? "; load in parts, or allow more with ulimit -n" : "");
    return false;
}

/* The path without links, by which the next load knows the file again. */
static const char *real_path(struct arena *arena, const char *path)
{
    char *resolved = realpath(path, NULL);
    const char *kept = arena_string(arena, resolved ? resolved : path);
    free(resolved);
    return kept;
}

/* Makes fd, which the input owns from now on, what it is read from. */
static bool use(struct input *input, int fd, struct error *err)
{
    input_close(input);
    input->fd = fd;
    if (fstat(fd, &input->opened) != 0)
        return cannot_open(input->path, errno, err);
    input->size = (uint64_t)input->opened.st_size;
    return true;
}

/* Waits until a pipe has something, or its end. False when a signal came. */
static bool wait_for(int fd, const char *name, bool *patient, struct error *err)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (!stop_asked(err)) {
        int ready = poll(&wait, 1, *patient ? -1 : WAITING_AFTER_MS);
        if (ready > 0)
            return true;
        if (ready == 0)
            fprintf(stderr, "waiting for something to come from %s\n", name);
        *patient = *patient || ready == 0;
    }
    return false;
}

/* Copies what comes from a pipe up to its end. */
static bool copy_stream(int from, int to, const char *name, struct error *err)
{
    char *chunk = memory_zeroed(CHUNK, 1);
    bool patient = false, ok = false;
    for (;;) {
        ssize_t n;
        if (!wait_for(from, name, &patient, err))
            break;
        n = read(from, chunk, CHUNK);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            error_set(err, ERROR_INVALID, "%s cannot be read: %s", name, strerror(errno));
        ok = n == 0;
        if (n <= 0 || !spool_write(to, chunk, (size_t)n, err))
            break;
    }
    free(chunk);
    return ok;
}

/* Makes a copy of what comes from `from` the input's file. */
static bool use_copy(struct input *input, int from, struct error *err)
{
    int to = spool_open(err);
    if (to < 0)
        return false;
    if (!copy_stream(from, to, input->path, err)) {
        close(to);
        return false;
    }
    return use(input, to, err);
}

/* Formats that are often taken for CSV. */
static const struct {
    const char *bytes, *what;
} others[] = {
    {"PK\x03\x04", "is a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV"},
    {"\xd0\xcf\x11\xe0", "is an Excel workbook; save the sheet as CSV"},
    {"\xfd"
     "7zXZ",
     "is packed with xz; unpack it, or pack it with gzip"},
    {"\x28\xb5\x2f\xfd", "is packed with zstd; unpack it, or pack it with gzip"},
    {"BZh91AY&SY", "is packed with bzip2; unpack it, or pack it with gzip"},
};

static bool check_format(const struct input *input, const char *magic, struct error *err)
{
    size_t n = strlen(input->name);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strncmp(magic, others[i].bytes, strlen(others[i].bytes)) == 0) {
            error_set(err, ERROR_INVALID, "%s %s", input->path, others[i].what);
            return false;
        }
    /* A server may have unpacked what it names so; a file that is named so and is none is a mistake. */
    if (!input->url && input->size && n > 3 && strcasecmp(input->name + n - 3, ".gz") == 0) {
        error_set(err, ERROR_INVALID, "%s is named .gz and is no gzip file; pack it, or name it as what it is",
                  input->path);
        return false;
    }
    return true;
}

/* Unpacks the file if it is packed, whatever its name. */
static bool unpack(struct input *input, const struct fileset_options *options, struct error *err)
{
    char magic[MAGIC_MOST + 1] = "";
    bool fetched = input->url;
    int fd;
    if (pread(input->fd, magic, MAGIC_MOST, 0) < 0)
        return cannot_open(input->path, errno, err);
    if (memcmp(magic, "\x1f\x8b", 2) != 0)
        return check_format(input, magic, err);
    fd = inflate_file(input->fd, input->path, fetched ? options->download.most : UINT64_MAX, err);
    if (fd < 0)
        return false;
    if (!input_check_unchanged(input, err)) {
        close(fd);
        return false;
    }
    return use(input, fd, err);
}

bool input_open_file(struct input *input, struct arena *arena, const char *path, const struct fileset_options *options,
                     struct error *err)
{
    const char *slash = strrchr(path, '/');
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hold us here */
    input->path = path;
    input->name = slash ? slash + 1 : path;
    input->origin = "-";
    if (fd < 0)
        return cannot_open(path, errno, err);
    if (!use(input, fd, err))
        return false;
    input->device = input->opened.st_dev;
    input->inode = input->opened.st_ino;
    if (S_ISFIFO(input->opened.st_mode) && input->named)
        return use_copy(input, fd, err) && unpack(input, options, err);
    if (!S_ISREG(input->opened.st_mode)) {
        error_set(err, ERROR_INVALID, "%s is no regular file", path);
        return false;
    }
    input->origin = real_path(arena, path);
    return unpack(input, options, err);
}

bool input_open_stdin(struct input *input, const struct fileset_options *options, struct error *err)
{
    struct stat info;
    int fd;
    input->path = input->name = "stdin";
    input->origin = "-";
    if (fstat(STDIN_FILENO, &info) != 0)
        return cannot_open(input->path, errno, err);
    input->device = info.st_dev;
    input->inode = info.st_ino;
    if (isatty(STDIN_FILENO))
        fprintf(stderr, "reading standard input; Ctrl-D ends it\n");
    if (!S_ISREG(info.st_mode) || lseek(STDIN_FILENO, 0, SEEK_CUR) != 0) /* or what somebody else has left of a file */
        return use_copy(input, STDIN_FILENO, err) && unpack(input, options, err);
    fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return cannot_open(input->path, errno, err);
    return use(input, fd, err) && unpack(input, options, err);
}

bool input_open_url(struct input *input, struct arena *arena, const char *address,
                    const struct fileset_options *options, struct error *err)
{
    struct url *url = arena_take(arena, sizeof *url);
    struct source_version known = {0};
    struct download got;
    bool ask;
    if (!url_read(url, arena, address, err))
        return false;
    input->url = url;
    input->path = url->shown;
    input->name = url->name;
    input->origin = url->origin;
    /* Where the origin lacks a part of the address, what is known may be of another file. */
    ask = options->known && !url->hides && options->known(options->context, url->origin, &known);
    if (!download_file(url, ask ? &known : NULL, &options->download, &got, err))
        return false;
    input->not_modified = got.not_modified;
    input->version = got.not_modified ? known : got.version;
    return got.not_modified || (use(input, got.fd, err) && unpack(input, options, err));
}

bool input_fetch(struct input *input, struct arena *arena, const struct fileset_options *options, struct error *err)
{
    struct fileset_options unconditional = *options;
    unconditional.known = NULL;
    return input_open_url(input, arena, input->url->whole, &unconditional, err);
}

void input_take_whole(struct input *input)
{
    input->skipped = input->appended = input->changed = false;
    input->copy_of = NULL;
}

void input_close(struct input *input)
{
    if (input->fd >= 0)
        close(input->fd);
    input->fd = -1;
    input_forget_digest(input);
}

#include "loader/input.h"
#include "core/hash.h"
#include "loader/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

static bool cannot_open(const char *path, int reason, struct error *err)
{
    const char *why = reason == ENOENT ? "there is no such file" : strerror(reason);
    error_set(err, reason == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "%s cannot be opened: %s%s", path, why,
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

bool input_open(struct input *input, struct arena *arena, const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    input->path = path;
    input->name = slash ? slash + 1 : path;
    input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hold us */
    if (input->fd < 0 || fstat(input->fd, &input->opened) != 0)
        return cannot_open(path, errno, err);
    if (!S_ISREG(input->opened.st_mode)) {
        error_set(err, ERROR_INVALID, "%s is no regular file", path);
        return false;
    }
    input->origin = real_path(arena, path);
    input->size = (uint64_t)input->opened.st_size;
    input->device = input->opened.st_dev;
    input->inode = input->opened.st_ino;
    return true;
}

void input_close(struct input *input)
{
    if (input->fd >= 0)
        close(input->fd);
    input->fd = -1;
}

static bool changed(const struct input *input, bool shorter, struct error *err)
{
    if (shorter)
        error_set(err, ERROR_INVALID, "%s was truncated while it was read; load it again once it is complete",
                  input->path);
    else
        error_set(err, ERROR_INVALID, "%s changed while it was read; load it again once nobody writes into it",
                  input->path);
    return false;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool input_check_unchanged(struct input *input, struct error *err)
{
    struct input_digest again;
    struct stat now;
    char before[sizeof input->sha256];
    if (fstat(input->fd, &now) != 0)
        return cannot_open(input->path, errno, err);
    if (now.st_size != input->opened.st_size || !same_time(now.st_mtim, input->opened.st_mtim))
        return changed(input, now.st_size < input->opened.st_size, err);
    if (same_time(now.st_ctim, input->opened.st_ctim))
        return true;
    /* Moved, linked or given other rights; or written and its time set back, which only the bytes tell. */
    memcpy(before, input->sha256, sizeof before);
    if (!*before)
        return changed(input, false, err);
    return input_digest(input, 0, &again, err) && (strcmp(before, again.whole) == 0 || changed(input, false, err));
}

static void digits(struct sha256_ctx *sha, char text[65])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(sha, sizeof digest, digest);
    hash_digits(digest, sizeof digest, text);
}

/* Up to n bytes at offset; 0 when there are none although there should be. */
static size_t read_at(const struct input *input, char *bytes, size_t n, uint64_t offset, struct error *err)
{
    ssize_t got;
    do
        got = pread(input->fd, bytes, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        error_set(err, ERROR_INVALID, "%s cannot be read: %s", input->path, strerror(errno));
    else if (got == 0)
        changed(input, true, err);
    return got > 0 ? (size_t)got : 0;
}

bool input_digest(struct input *input, uint64_t upto, struct input_digest *digest, struct error *err)
{
    struct sha256_ctx sha, first;
    char *chunk = memory_zeroed(CHUNK, 1);
    uint64_t at = 0;
    bool ok = true;
    *digest = (struct input_digest){.ends_line = true};
    sha256_init(&sha);
    while (ok) {
        /* A chunk ends where the first bytes do, so that their digest is that of the context right then. */
        uint64_t left = at < upto && upto < input->size ? upto - at : input->size - at;
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        if (at == upto) {
            first = sha;
            digits(&first, digest->first);
        }
        if (n == 0)
            break;
        n = read_at(input, chunk, n, at, err);
        sha256_update(&sha, n, (const uint8_t *)chunk);
        digest->ends_line = n && strchr("\r\n", chunk[n - 1]) && chunk[n - 1];
        at += n;
        ok = n && !stop_asked(err);
    }
    digits(&sha, digest->whole);
    if (ok)
        memcpy(input->sha256, digest->whole, sizeof input->sha256);
    free(chunk);
    return ok;
}

#include "core/hash.h"
#include "loader/input.h"
#include "loader/stop.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

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

static bool unreadable(const struct input *input, struct error *err)
{
    error_set(err, ERROR_INVALID, "%s cannot be read: %s", input->path, strerror(errno));
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
        return unreadable(input, err);
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
        unreadable(input, err);
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

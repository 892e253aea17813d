#include "core/hash.h"
#include "loader/input.h"
#include "loader/stop.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

/* What one pass over the bytes has told: their digest, and how far it was at every CHUNK bytes, so that the digest of
 * the first bytes, however many, takes little reading. */
struct input_pass {
    struct sha256_ctx whole;
    struct sha256_ctx *marks; /* before the first byte, before that at CHUNK, at 2 CHUNK, … */
    size_t count, room;
    char last; /* byte, or NUL */
};

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
    input_forget_digest(input);
    return input_digest(input, 0, &again, err) && (strcmp(before, again.whole) == 0 || changed(input, false, err));
}

static void digits(struct sha256_ctx sha, char text[65])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&sha, sizeof digest, digest);
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

/* Adds the bytes between two places to the digest; `marks` notes what it was before every CHUNK of them. */
static bool add_bytes(const struct input *input, struct sha256_ctx *sha, uint64_t from, uint64_t to,
                      struct input_pass *marks, struct error *err)
{
    char *chunk = memory_zeroed(CHUNK, 1);
    bool ok = true;
    while (ok && from < to) {
        uint64_t left = to - from, step = CHUNK - from % CHUNK;
        size_t n;
        if (marks && from % CHUNK == 0) {
            marks->marks = memory_grow(marks->marks, &marks->room, marks->count + 1, sizeof *marks->marks);
            marks->marks[marks->count++] = *sha;
        }
        n = read_at(input, chunk, (size_t)(left < step ? left : step), from, err);
        sha256_update(sha, n, (const uint8_t *)chunk);
        if (marks && n)
            marks->last = chunk[n - 1];
        from += n;
        ok = n && !stop_asked(err);
    }
    free(chunk);
    return ok;
}

void input_forget_digest(struct input *input)
{
    if (input->pass)
        free(input->pass->marks);
    free(input->pass);
    input->pass = NULL;
}

bool input_read_digest(struct input *input, struct error *err)
{
    if (input->pass)
        return true;
    input->pass = memory_zeroed(1, sizeof *input->pass);
    sha256_init(&input->pass->whole);
    if (add_bytes(input, &input->pass->whole, 0, input->size, input->pass, err)) {
        digits(input->pass->whole, input->sha256);
        return true;
    }
    input_forget_digest(input);
    return false;
}

bool input_digest(struct input *input, uint64_t upto, struct input_digest *digest, struct error *err)
{
    const struct input_pass *pass;
    struct sha256_ctx first;
    if (!input_read_digest(input, err))
        return false;
    pass = input->pass;
    *digest = (struct input_digest){.ends_line = input->size == 0 || pass->last == '\n' || pass->last == '\r'};
    digits(pass->whole, digest->whole);
    if (upto == input->size)
        digits(pass->whole, digest->first);
    if (upto >= input->size)
        return true;
    first = pass->marks[upto / CHUNK];
    if (!add_bytes(input, &first, upto - upto % CHUNK, upto, NULL, err))
        return false;
    digits(first, digest->first);
    return true;
}

#include "loader/encoding_guess.h"
#include "loader/encoding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 256 << 10, CHARACTER_MOST = 4 };

/* What was seen of a file's bytes. */
struct seen {
    uint64_t whole, broken; /* characters of UTF-8 beyond ASCII; bytes that are part of none */
    bool undefined;         /* a byte that means nothing in windows-1252 */
};

/* How many bytes of ASCII stand at the beginning, eight at a time. */
static size_t ascii_run(const char *bytes, size_t n)
{
    size_t at = 0;
    uint64_t word;
    for (; n - at >= sizeof word; at += sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (at < n && !(bytes[at] & 0x80))
        at++;
    return at;
}

/* Looks at bytes[0..n) and returns how many were used: all but a character that may go on behind them. */
static size_t look(struct seen *seen, const char *bytes, size_t n, bool at_end)
{
    size_t at = ascii_run(bytes, n);
    for (; at < n; at += ascii_run(bytes + at, n - at)) {
        unsigned char c = (unsigned char)bytes[at];
        size_t length = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (n - at < length && !at_end)
            break;
        seen->undefined |= memchr("\x81\x8d\x8f\x90\x9d", c, 5) != NULL;
        if (n - at >= length && text_is_utf8((struct text){bytes + at, length})) {
            for (size_t i = 1; i < length; i++)
                seen->undefined |= memchr("\x81\x8d\x8f\x90\x9d", bytes[at + i], 5) != NULL;
            seen->whole++;
            at += length;
        } else {
            seen->broken++;
            at++;
        }
    }
    return at;
}

static struct seen look_at_file(int fd)
{
    struct seen seen = {0};
    char *chunk = memory_zeroed(CHUNK + CHARACTER_MOST, 1);
    size_t left = 0;
    off_t offset = 0;
    for (;;) {
        ssize_t n = pread(fd, chunk + left, CHUNK, offset);
        size_t have, used;
        if (n < 0 && errno == EINTR)
            continue;
        have = left + (n > 0 ? (size_t)n : 0);
        used = look(&seen, chunk, have, n <= 0);
        if (n <= 0)
            break;
        offset += n;
        left = have - used;
        memmove(chunk, chunk + used, left);
    }
    free(chunk);
    return seen;
}

enum encoding encoding_guess(int fd, const enum encoding *allowed, int count)
{
    struct seen seen;
    if (count == 1)
        return allowed[0];
    seen = look_at_file(fd);
    for (int i = 0; i < count; i++) {
        if (allowed[i] == ENCODING_UTF8 && (seen.broken == 0 || seen.whole > seen.broken))
            return ENCODING_UTF8;
        if (allowed[i] == ENCODING_WINDOWS_1252 && !seen.undefined)
            return ENCODING_WINDOWS_1252;
        if (allowed[i] == ENCODING_ISO_8859_1)
            return ENCODING_ISO_8859_1;
    }
    return allowed[count - 1];
}

#include "loader/inflate.h"
#include "loader/arena.h"
#include "loader/spool.h"
#include "loader/stop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 256 << 10, GZIP_WINDOW = 15 + 16 };

struct unpacking {
    const char *path;
    int from, to;
    uint64_t read, written, most;
    z_stream stream;
    bool in_member; /* a member has begun and not ended */
    unsigned char in[CHUNK], out[CHUNK];
};

static bool corrupt(const struct unpacking *u, const char *how, struct error *err)
{
    error_set(err, ERROR_INVALID, "%s is a damaged .gz file: %s; nothing of it is loaded, fetch or pack it again",
              u->path, how);
    return false;
}

/* Reads what comes next of the packed file; *end says that there is no more. */
static bool read_packed(struct unpacking *u, bool *end, struct error *err)
{
    ssize_t n;
    do
        n = pread(u->from, u->in, CHUNK, (off_t)u->read);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        error_set(err, ERROR_INVALID, "%s cannot be read: %s", u->path, strerror(errno));
        return false;
    }
    *end = n == 0;
    u->read += (uint64_t)n;
    u->stream.next_in = u->in;
    u->stream.avail_in = (unsigned)n;
    return true;
}

/* Unpacks what fits into one chunk and writes it. */
static bool step(struct unpacking *u, struct error *err)
{
    size_t n;
    int result;
    u->stream.next_out = u->out;
    u->stream.avail_out = CHUNK;
    result = inflate(&u->stream, Z_NO_FLUSH);
    n = CHUNK - u->stream.avail_out;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return corrupt(u, u->stream.msg ? u->stream.msg : "its bytes mean nothing", err);
    u->in_member = result != Z_STREAM_END;
    if (n > u->most - u->written) {
        error_set(err, ERROR_TOO_LARGE, "%s unpacks to more than the %llu MiB that --max-download allows", u->path,
                  (unsigned long long)(u->most >> 20));
        return false;
    }
    u->written += n;
    return spool_write(u->to, u->out, n, err) && !stop_asked(err);
}

/* Starts the next member. Zeros behind the last one are padding, as of a tape. */
static bool next_member(struct unpacking *u, struct error *err)
{
    while (u->stream.avail_in && !*u->stream.next_in) {
        u->stream.next_in++;
        u->stream.avail_in--;
    }
    if (u->stream.avail_in == 0)
        return true;
    if (*u->stream.next_in != 0x1f)
        return corrupt(u, "something else stands behind its end", err);
    inflateReset(&u->stream);
    u->in_member = true;
    return true;
}

static bool unpack(struct unpacking *u, struct error *err)
{
    for (;;) {
        bool end;
        if (!read_packed(u, &end, err))
            return false;
        if (end)
            return !u->in_member || corrupt(u, "it ends too early", err);
        do {
            if ((!u->in_member && !next_member(u, err)) || (u->in_member && !step(u, err)))
                return false;
        } while (u->stream.avail_in || (u->in_member && u->stream.avail_out == 0));
    }
}

int inflate_file(int from, const char *path, uint64_t most, struct error *err)
{
    struct unpacking *u = memory_zeroed(1, sizeof *u);
    bool ok = false;
    int to;
    u->path = path;
    u->from = from;
    u->most = most;
    u->to = spool_open(err);
    if (u->to >= 0 && inflateInit2(&u->stream, GZIP_WINDOW) == Z_OK) {
        ok = unpack(u, err);
        inflateEnd(&u->stream);
    } else if (u->to >= 0) {
        error_set(err, ERROR_INTERNAL, "zlib does not start");
    }
    if (!ok && u->to >= 0)
        close(u->to);
    to = ok ? u->to : -1;
    free(u);
    return to;
}

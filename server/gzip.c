#include "server/gzip.h"

#include <stdlib.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, MEMORY = 8, PIECE = 1 << 30 };

struct gzip {
    z_stream z;
};

struct gzip *gzip_new(void)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    if (gzip &&
        deflateInit2(&gzip->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK)
        return gzip;
    free(gzip);
    return NULL;
}

void gzip_free(struct gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->z);
    free(gzip);
}

bool gzip_put(struct gzip *gzip, const void *bytes, size_t n, bool last, struct buffer *out)
{
    unsigned char some[16 * 1024];
    z_stream *z = &gzip->z;
    z->next_in = (z_const Bytef *)(uintptr_t)bytes;
    do {
        uInt piece = n < PIECE ? (uInt)n : PIECE;
        int flush = last && piece == n ? Z_FINISH : Z_NO_FLUSH;
        z->avail_in = piece;
        n -= piece;
        do {
            z->next_out = some;
            z->avail_out = sizeof some;
            if (deflate(z, flush) == Z_STREAM_ERROR)
                return false;
            buffer_put(out, some, sizeof some - z->avail_out);
        } while (z->avail_out == 0);
    } while (n);
    return !out->failed;
}

bool gzip_whole(const void *bytes, size_t n, struct buffer *out)
{
    struct gzip *gzip = gzip_new();
    bool ok = gzip && gzip_put(gzip, bytes, n, true, out);
    gzip_free(gzip);
    return ok;
}

/* Packed files: of whatever bytes, and of bytes that were packed before.
 *
 * Input: what is done, then the bytes. */
#include "loader/inflate.h"
#include "tests/fuzz/fuzz.h"
#include <zlib.h>

enum { MOST = 1 << 20 };

/* Unpacks; -1 where it cannot be, and then there is a sentence. */
static int unpack(struct bytes in, uint64_t most)
{
    struct error err = {0};
    int from = bytes_file(in), to = inflate_file(from, "x.gz", most, &err);
    fuzz_require((to < 0) == (err.kind != ERROR_NONE), "%d: %s", to, err.message);
    fuzz_require(to < 0 || lseek(to, 0, SEEK_END) <= (off_t)most, "more than is allowed");
    close(from);
    return to;
}

/* Packs the bytes behind what is in the buffer. */
static size_t pack(struct bytes in, uint8_t *out, size_t room)
{
    z_stream stream = {.next_in = (uint8_t *)(uintptr_t)in.at,
                       .avail_in = (unsigned)in.n,
                       .next_out = out,
                       .avail_out = (unsigned)room};
    fuzz_require(deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib does not start");
    fuzz_require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "no room");
    deflateEnd(&stream);
    return room - stream.avail_out;
}

/* What is packed, in one member or two, comes back; with less room than it takes it does not. */
static void check_round_trip(struct bytes in, unsigned how)
{
    size_t room = 2 * (in.n + 1024), half = how & 2 ? in.n / 2 : in.n, used;
    uint8_t *packed = malloc(room), *back = malloc(in.n + 1);
    int fd;
    fuzz_require(packed && back, "no memory");
    used = pack((struct bytes){in.at, half}, packed, room);
    if (half < in.n)
        used += pack((struct bytes){in.at + half, in.n - half}, packed + used, room - used);
    fd = unpack((struct bytes){packed, used}, in.n);
    fuzz_require(fd >= 0, "what was packed cannot be unpacked");
    fuzz_require(pread(fd, back, in.n + 1, 0) == (ssize_t)in.n && (!in.n || memcmp(back, in.at, in.n) == 0),
                 "it is not the same");
    close(fd);
    fuzz_require(!in.n || unpack((struct bytes){packed, used}, in.n - 1) < 0, "more than is allowed");
    fuzz_require(used < 20 || unpack((struct bytes){packed, used - 9}, MOST) < 0, "what is cut short is taken");
    free(packed);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    unsigned how = bytes_next(&in);
    int fd = how & 1 ? -1 : unpack(in, MOST);
    if (fd >= 0)
        close(fd);
    if (how & 1)
        check_round_trip(in, how);
    return 0;
}

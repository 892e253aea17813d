/* A body that is sent while it is made: bytes go from a worker's thread to the connection through a bounded buffer, so
 * that an answer of any length takes the same memory.
 *
 * A stream has two ends, and is freed when both are closed. The writer's belongs to a job; the reader's to a response,
 * and then to libmicrohttpd. Each end is used by one thread at a time; stream_break() may be called from any thread
 * while the writer's end is open. */
#ifndef KPI_SERVER_STREAM_H
#define KPI_SERVER_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

enum { STREAM_ROOM = 256 * 1024 }; /* for a body of any length */

/* How fast a reader must be once the buffer is full. The time that it is waited for is patience; each second uses up a
 * second of it, and every `rate` bytes that the reader takes give one back, never more than patience_s in all. So a
 * reader that stands still is given up after patience_s, one at half the rate after twice that, one at the rate never.
 */
struct stream_pace {
    unsigned patience_s;
    size_t rate; /* bytes a second; 0: any byte gives all patience back */
};

/* The reader, for the log. */
struct stream_reader {
    char address[64]; /* "" where it is not known */
    uint64_t taken;   /* bytes that have left for it */
    bool slow;        /* it was given up */
};

/* room: bytes that may wait for the reader. NULL: out of memory. Until stream_set_pace() a reader only must not stand
 * still for half a minute. */
struct stream *stream_new(size_t room);
void stream_set_pace(struct stream *stream, const struct stream_pace *pace);

/* Waits while the buffer is full. False: nobody reads any more, or not at the pace; what is written from then on is
 * lost, and the connection of a reader that was too slow is cut. */
bool stream_write(struct stream *stream, const void *bytes, size_t n);

/* The same without waiting: all of the bytes, or none of them when there is no room. False: none, or nobody reads any
 * more. */
bool stream_offer(struct stream *stream, const void *bytes, size_t n);

/* Closes the writer's end. A body that is not whole ends in a broken connection, not in what looks like its end. */
void stream_end(struct stream *stream, bool whole);

/* Breaks the body off: the reader's connection is cut, and the writer is told with its next bytes. */
void stream_break(struct stream *stream);

/* Whether the client has closed its side of the connection while nothing was there to be sent to it, which nobody would
 * notice otherwise before the next bytes. For a stream whose writer's end is open. */
bool stream_has_left(struct stream *stream);

/* Says who reads; for a stream whose writer's end is open. */
void stream_describe_reader(struct stream *stream, struct stream_reader *reader);

/* A response with the stream as its body, which takes the reader's end over. NULL: out of memory; the end is closed. */
struct MHD_Response *stream_response(struct stream *stream, struct MHD_Connection *connection);

/* Closes the reader's end: the writer is told with its next bytes. NULL is fine. */
void stream_close(struct stream *stream);

#endif

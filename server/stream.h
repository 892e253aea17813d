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

struct stream;

struct stream *stream_new(void); /* NULL: out of memory */

/* Waits while the buffer is full. False: nobody reads any more, or nothing was read for a long time; what is written
 * from then on is lost. */
bool stream_write(struct stream *stream, const void *bytes, size_t n);

/* Closes the writer's end. A body that is not whole ends in a broken connection, not in what looks like its end. */
void stream_end(struct stream *stream, bool whole);

/* Breaks the body off: the reader's connection is cut, and the writer is told with its next bytes. */
void stream_break(struct stream *stream);

/* A response with the stream as its body, which takes the reader's end over. NULL: out of memory; the end is closed. */
struct MHD_Response *stream_response(struct stream *stream, struct MHD_Connection *connection);

/* Closes the reader's end: the writer is told with its next bytes. NULL is fine. */
void stream_close(struct stream *stream);

#endif

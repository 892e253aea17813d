#include "server/stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    ROOM = 256 * 1024,
    BLOCK = 32 * 1024, /* libmicrohttpd asks for so much at a time */
    PATIENCE_S = 30,   /* for a reader that takes nothing */
};

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t taken; /* there is room, or nobody reads any more */
    struct MHD_Connection *connection;
    bool suspended;     /* the connection waits for bytes */
    bool written;       /* the writer's end is closed */
    bool broken;        /* the body is not whole */
    bool closed;        /* the reader's end is closed */
    size_t start, used; /* of bytes, which wrap around */
    unsigned char bytes[ROOM];
};

struct stream *stream_new(void)
{
    struct stream *stream = malloc(sizeof *stream);
    if (!stream)
        return NULL;
    memset(stream, 0, offsetof(struct stream, bytes));
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->taken, NULL);
    return stream;
}

/* With the lock held, which it gives back; the stream may be gone afterwards. */
static void unlock_and_free_if_done(struct stream *stream)
{
    bool done = stream->written && stream->closed;
    pthread_mutex_unlock(&stream->lock);
    if (!done)
        return;
    pthread_cond_destroy(&stream->taken);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

/* With the lock held. */
static void wake_reader(struct stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

/* With the lock held: waits for room. False when there will be none. */
static bool wait_for_room(struct stream *stream)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (stream->used == ROOM && !stream->closed && !stream->broken)
        if (pthread_cond_timedwait(&stream->taken, &stream->lock, &until) != 0 && stream->used == ROOM)
            stream->broken = true;
    return !stream->closed && !stream->broken;
}

bool stream_write(struct stream *stream, const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    bool ok = true;
    pthread_mutex_lock(&stream->lock);
    while (n && (ok = wait_for_room(stream))) {
        size_t end = (stream->start + stream->used) % ROOM;
        size_t most = end < stream->start ? stream->start - end : ROOM - end;
        size_t some = n < most ? n : most;
        memcpy(stream->bytes + end, from, some);
        stream->used += some;
        from += some;
        n -= some;
        wake_reader(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    return ok;
}

void stream_end(struct stream *stream, bool whole)
{
    pthread_mutex_lock(&stream->lock);
    stream->written = true;
    stream->broken = stream->broken || !whole;
    wake_reader(stream);
    unlock_and_free_if_done(stream);
}

void stream_break(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->broken = true;
    pthread_cond_signal(&stream->taken);
    wake_reader(stream);
    pthread_mutex_unlock(&stream->lock);
}

/* An ordinary end of the connection is how a body without a length or chunks ends (HTTP/1.0): it has to be a reset, so
 * that no client takes what it has for all. To dissolve the connection does that; the socket stays for its owner. */
static void reset_connection(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (info)
        connect(info->connect_fd, &nowhere, sizeof nowhere);
}

static ssize_t read_some(void *data, uint64_t position, char *out, size_t most)
{
    struct stream *stream = data;
    size_t run;
    ssize_t n = 0;
    (void)position;
    pthread_mutex_lock(&stream->lock);
    if (stream->broken) {
        reset_connection(stream->connection);
        n = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (stream->used) {
        run = ROOM - stream->start < stream->used ? ROOM - stream->start : stream->used;
        n = (ssize_t)(run < most ? run : most);
        memcpy(out, stream->bytes + stream->start, (size_t)n);
        stream->start = (stream->start + (size_t)n) % ROOM;
        stream->used -= (size_t)n;
        pthread_cond_signal(&stream->taken);
    } else if (stream->written) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        MHD_suspend_connection(stream->connection);
        stream->suspended = true;
    }
    pthread_mutex_unlock(&stream->lock);
    return n;
}

static void close_reader(void *data)
{
    stream_close(data);
}

struct MHD_Response *stream_response(struct stream *stream, struct MHD_Connection *connection)
{
    struct MHD_Response *response;
    stream->connection = connection;
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_some, stream, close_reader);
    if (!response)
        stream_close(stream);
    return response;
}

void stream_close(struct stream *stream)
{
    if (!stream)
        return;
    pthread_mutex_lock(&stream->lock);
    stream->closed = true;
    stream->suspended = false;
    pthread_cond_signal(&stream->taken);
    unlock_and_free_if_done(stream);
}

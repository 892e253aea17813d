#include "server/stream.h"
#include "core/wait.h"

#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

enum {
    BLOCK = 32 * 1024, /* libmicrohttpd asks for so much at a time, at most */
    PATIENCE_S = 30,   /* for a reader that takes nothing */
    STEP_MS = 250,     /* between two looks at a slow reader */
};

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t taken; /* there is room, or nobody reads any more */
    struct MHD_Connection *connection;
    bool suspended; /* the connection waits for bytes */
    bool written;   /* the writer's end is closed */
    bool broken;    /* the body is not whole */
    bool closed;    /* the reader's end is closed: until then its connection's socket is open */
    bool reset;     /* nothing reaches the reader any more */
    struct stream_pace pace;
    struct stream_reader reader;
    int64_t patience_us; /* what is left of it */
    int64_t looked_us;   /* when the reader was looked at, */
    uint64_t sent;       /* and what had reached it then */
    size_t room;
    size_t start, used; /* of bytes, which wrap around */
    unsigned char bytes[];
};

struct stream *stream_new(size_t room)
{
    struct stream *stream = malloc(sizeof *stream + room);
    if (!stream)
        return NULL;
    memset(stream, 0, sizeof *stream);
    stream->room = room;
    stream_set_pace(stream, &(struct stream_pace){PATIENCE_S, 0});
    pthread_mutex_init(&stream->lock, NULL);
    wait_init(&stream->taken);
    return stream;
}

void stream_set_pace(struct stream *stream, const struct stream_pace *pace)
{
    stream->pace = *pace;
    stream->patience_us = pace->patience_s * INT64_C(1000000);
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

/* With the lock held: the socket of the connection, -1 where there is none any more. */
static int socket_of(const struct stream *stream)
{
    const union MHD_ConnectionInfo *info = NULL;
    if (stream->connection && !stream->closed)
        info = MHD_get_connection_info(stream->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* With the lock held. An ordinary end of the connection is how a body without a length or chunks ends (HTTP/1.0): it
 * has to be a reset, so that no client takes what it has for all. To dissolve the connection does that; the socket
 * stays for its owner. False when it could not be done. */
static bool reset_connection(const struct stream *stream)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    return connect(socket_of(stream), &nowhere, sizeof nowhere) == 0;
}

/* With the lock held: bytes that have reached the reader. What the kernel still holds would make a reader look fast at
 * first, and then still while it takes what is there: sockets hold megabytes. */
static uint64_t sent_to_reader(const struct stream *stream)
{
    int held = 0;
    if (ioctl(socket_of(stream), SIOCOUTQ, &held) != 0 || held < 0)
        held = 0;
    return stream->reader.taken - ((uint64_t)held < stream->reader.taken ? (uint64_t)held : stream->reader.taken);
}

/* With the lock held. */
static void give_up(struct stream *stream)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    char host[48], port[8];
    stream->reader.slow = stream->broken = true;
    if (getpeername(socket_of(stream), (struct sockaddr *)&peer, &size) == 0 &&
        getnameinfo((struct sockaddr *)&peer, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(stream->reader.address, sizeof stream->reader.address, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
                 port);
    stream->reader.taken = stream->sent;
    reset_connection(stream); /* the thread that serves it may be waiting until it can send */
}

/* With the lock held, while the writer waits: takes from the patience and gives back. */
static void look_at_reader(struct stream *stream, int64_t now_us)
{
    int64_t whole_us = stream->pace.patience_s * INT64_C(1000000), gain_us = 0;
    uint64_t sent = sent_to_reader(stream), more = sent > stream->sent ? sent - stream->sent : 0;
    if (stream->pace.rate)
        gain_us = (int64_t)(more > UINT32_MAX ? UINT32_MAX : more) * 1000000 / (int64_t)stream->pace.rate;
    else if (more)
        gain_us = whole_us;
    stream->patience_us += gain_us - (now_us - stream->looked_us);
    if (stream->patience_us > whole_us)
        stream->patience_us = whole_us;
    stream->sent = sent;
    stream->looked_us = now_us;
    if (stream->patience_us <= 0)
        give_up(stream);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* With the lock held: waits for room. False when there will be none. */
static bool wait_for_room(struct stream *stream)
{
    stream->looked_us = now_us();
    while (stream->used == stream->room && !stream->closed && !stream->broken) {
        struct timespec until = wait_until(STEP_MS);
        pthread_cond_timedwait(&stream->taken, &stream->lock, &until);
        if (!stream->closed && !stream->broken)
            look_at_reader(stream, now_us());
    }
    return !stream->closed && !stream->broken;
}

/* With the lock held: takes as many of the bytes as lie in one run, and says how many. */
static size_t put(struct stream *stream, const unsigned char *bytes, size_t n)
{
    size_t end = (stream->start + stream->used) % stream->room;
    size_t most = end < stream->start ? stream->start - end : stream->room - end;
    size_t some = n < most ? n : most;
    memcpy(stream->bytes + end, bytes, some);
    stream->used += some;
    return some;
}

bool stream_write(struct stream *stream, const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    bool ok = true;
    pthread_mutex_lock(&stream->lock);
    while (n && (ok = wait_for_room(stream))) {
        size_t some = put(stream, from, n);
        from += some;
        n -= some;
        wake_reader(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    return ok;
}

bool stream_offer(struct stream *stream, const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    bool ok;
    pthread_mutex_lock(&stream->lock);
    ok = !stream->closed && !stream->broken && n <= stream->room - stream->used;
    while (ok && n) {
        size_t some = put(stream, from, n);
        from += some;
        n -= some;
    }
    if (ok)
        wake_reader(stream);
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

bool stream_has_left(struct stream *stream)
{
    struct pollfd connection = {.events = POLLRDHUP};
    bool left;
    pthread_mutex_lock(&stream->lock);
    connection.fd = socket_of(stream);
    left = stream->closed || (poll(&connection, 1, 0) > 0 && connection.revents);
    pthread_mutex_unlock(&stream->lock);
    return left;
}

void stream_describe_reader(struct stream *stream, struct stream_reader *reader)
{
    pthread_mutex_lock(&stream->lock);
    *reader = stream->reader;
    pthread_mutex_unlock(&stream->lock);
}

/* With the lock held. Told of an error, libmicrohttpd 0.9.75 ends the connection and forgets to close its socket, until
 * those that were idle before it have ended: a byte that cannot be sent any more makes it do both. */
static ssize_t break_off(struct stream *stream, char *out)
{
    if (stream->reset || !reset_connection(stream))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    stream->reset = true;
    *out = ' ';
    return 1;
}

static ssize_t read_some(void *data, uint64_t position, char *out, size_t most)
{
    struct stream *stream = data;
    size_t run;
    ssize_t n = 0;
    (void)position;
    pthread_mutex_lock(&stream->lock);
    if (stream->broken) {
        n = break_off(stream, out);
    } else if (stream->used) {
        run = stream->room - stream->start < stream->used ? stream->room - stream->start : stream->used;
        n = (ssize_t)(run < most ? run : most);
        memcpy(out, stream->bytes + stream->start, (size_t)n);
        stream->start = (stream->start + (size_t)n) % stream->room;
        stream->used -= (size_t)n;
        stream->reader.taken += (uint64_t)n;
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
    pthread_mutex_lock(&stream->lock);
    stream->connection = connection;
    pthread_mutex_unlock(&stream->lock);
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, stream->room < BLOCK ? stream->room : BLOCK,
                                                 read_some, stream, close_reader);
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

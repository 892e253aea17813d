#include "server/events.h"
#include "core/day.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_MAX = 256 };

struct listener {
    struct stream *stream;
    struct listener *next;
};

struct events {
    pthread_mutex_t lock;
    struct listener *first;
    unsigned count, most;
    char id[24];           /* of the newest event; "" before the first */
    char event[EVENT_MAX]; /* its text */
    uint64_t next_beat_us;
    bool closed;
};

struct events *events_new(unsigned listeners_most)
{
    struct events *events = calloc(1, sizeof *events);
    if (events) {
        pthread_mutex_init(&events->lock, NULL);
        events->most = listeners_most;
    }
    return events;
}

void events_free(struct events *events)
{
    if (!events)
        return;
    events_close(events);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

bool events_join(struct events *events, struct stream *stream, const char *seen)
{
    /* How long a client waits before it comes back, in milliseconds; and something to be read at once. */
    static const char hello[] = "retry: 2000\n\n";
    struct listener *listener = calloc(1, sizeof *listener);
    bool ok;
    pthread_mutex_lock(&events->lock);
    ok = listener && !events->closed && events->count < events->most;
    if (ok) {
        listener->stream = stream;
        listener->next = events->first;
        events->first = listener;
        events->count++;
        stream_offer(stream, hello, sizeof hello - 1);
        if (*events->id && (!seen || strcmp(seen, events->id) != 0))
            stream_offer(stream, events->event, strlen(events->event));
    }
    pthread_mutex_unlock(&events->lock);
    if (!ok)
        free(listener);
    return ok;
}

/* With the lock held: those that have left, or take not what is told, as they do not read, listen no more. text: NULL
 * tells nothing. */
static void tell_all(struct events *events, const char *text)
{
    for (struct listener **at = &events->first; *at;) {
        struct listener *listener = *at;
        if (text ? stream_offer(listener->stream, text, strlen(text)) : !stream_has_left(listener->stream)) {
            at = &listener->next;
            continue;
        }
        *at = listener->next;
        stream_end(listener->stream, false);
        free(listener);
        events->count--;
    }
}

void events_publish(struct events *events, const struct dataset *dataset)
{
    char day[DAY_TEXT_MAX] = "";
    if (dataset->has_days)
        day_text(dataset->last_day, day);
    pthread_mutex_lock(&events->lock);
    snprintf(events->id, sizeof events->id, "%" PRId64, dataset->version);
    snprintf(events->event, sizeof events->event,
             "id: %s\nevent: data-version\ndata: {\"data_version\":%s,\"last_day\":%s%s%s}\n\n", events->id, events->id,
             *day ? "\"" : "", *day ? day : "null", *day ? "\"" : "");
    tell_all(events, events->event);
    pthread_mutex_unlock(&events->lock);
}

void events_tend(struct events *events, uint64_t now_us)
{
    pthread_mutex_lock(&events->lock);
    tell_all(events, NULL);
    if (now_us >= events->next_beat_us) {
        events->next_beat_us = now_us + (uint64_t)EVENTS_BEAT_S * 1000000;
        tell_all(events, ": beat\n\n");
    }
    pthread_mutex_unlock(&events->lock);
}

unsigned events_count(struct events *events)
{
    unsigned count;
    pthread_mutex_lock(&events->lock);
    count = events->count;
    pthread_mutex_unlock(&events->lock);
    return count;
}

void events_close(struct events *events)
{
    struct listener *listener, *next;
    pthread_mutex_lock(&events->lock);
    events->closed = true;
    for (listener = events->first; listener; listener = next) {
        next = listener->next;
        stream_end(listener->stream, true);
        free(listener);
    }
    events->first = NULL;
    events->count = 0;
    pthread_mutex_unlock(&events->lock);
}

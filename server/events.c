#include "server/events.h"
#include "core/day.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_MAX = 256 };

/* All the listeners of a subject. */
struct holder {
    struct subject subject;
    unsigned count; /* at least one */
    struct holder *next;
};

struct listener {
    struct stream *stream;
    struct holder *holder;
    struct listener *next;
};

struct events {
    pthread_mutex_t lock;
    struct listener *first; /* who came last */
    struct holder *holders;
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

/* With the lock held: the link to the subject's holder; to NULL where it has no listener. */
static struct holder **holder_of(struct events *events, const struct subject *subject)
{
    struct holder **at = &events->holders;
    while (*at && !subject_equals(&(*at)->subject, subject))
        at = &(*at)->next;
    return at;
}

/* With the lock held. */
static void let_go(struct events *events, struct holder *holder)
{
    if (--holder->count)
        return;
    *holder_of(events, &holder->subject) = holder->next;
    free(holder);
}

/* With the lock held: it listens no more. whole: its answer has come to its end as others do. */
static void drop(struct events *events, struct listener **at, bool whole)
{
    struct listener *listener = *at;
    *at = listener->next;
    stream_end(listener->stream, whole);
    let_go(events, listener->holder);
    free(listener);
    events->count--;
}

/* With the lock held: where all places are taken, takes one from the subject that has most, for one that has `own`.
 * That one must not have more than the other then: else the two would send each other away for ever. False: there is
 * none for him. */
static bool make_room(struct events *events, unsigned own)
{
    struct holder *largest = events->holders;
    struct listener **longest = NULL;
    if (events->count < events->most)
        return true;
    for (struct holder *holder = largest; holder; holder = holder->next)
        if (holder->count > largest->count)
            largest = holder;
    if (!largest || largest->count <= own + 1)
        return false;
    for (struct listener **at = &events->first; *at; at = &(*at)->next)
        if ((*at)->holder == largest)
            longest = at;
    if (longest)
        drop(events, longest, true);
    return longest;
}

/* With the lock held. False: there is no place, or no memory. */
static bool add(struct events *events, struct stream *stream, const struct subject *subject)
{
    struct holder *holder = *holder_of(events, subject), *made = NULL;
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener && !holder)
        holder = made = calloc(1, sizeof *holder);
    if (!listener || !holder || !make_room(events, holder->count)) {
        free(listener);
        free(made);
        return false;
    }
    if (made) {
        *made = (struct holder){.subject = *subject, .next = events->holders};
        events->holders = made;
    }
    holder->count++;
    *listener = (struct listener){stream, holder, events->first};
    events->first = listener;
    events->count++;
    return true;
}

bool events_join(struct events *events, struct stream *stream, const struct subject *subject, const char *seen)
{
    /* How long a client waits before it comes back, in milliseconds; and something to be read at once. */
    static const char hello[] = "retry: 2000\n\n";
    bool ok;
    pthread_mutex_lock(&events->lock);
    ok = !events->closed && add(events, stream, subject);
    if (ok) {
        stream_offer(stream, hello, sizeof hello - 1);
        if (*events->id && (!seen || strcmp(seen, events->id) != 0))
            stream_offer(stream, events->event, strlen(events->event));
    }
    pthread_mutex_unlock(&events->lock);
    return ok;
}

/* With the lock held: those that have left, or take not what is told, as they do not read, listen no more. text: NULL
 * tells nothing. */
static void tell_all(struct events *events, const char *text)
{
    for (struct listener **at = &events->first; *at;) {
        struct listener *listener = *at;
        if (text ? stream_offer(listener->stream, text, strlen(text)) : !stream_has_left(listener->stream))
            at = &listener->next;
        else
            drop(events, at, false);
    }
}

void events_expel(struct events *events, struct keys *keys)
{
    pthread_mutex_lock(&events->lock);
    for (struct listener **at = &events->first; *at;) {
        const struct subject *subject = &(*at)->holder->subject;
        if (!subject_is_key(subject) || keys_role(keys, subject->bytes) != ROLE_NONE)
            at = &(*at)->next;
        else
            drop(events, at, true);
    }
    pthread_mutex_unlock(&events->lock);
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

void events_publish_definitions(struct events *events, size_t kpis, size_t mistakes)
{
    char text[EVENT_MAX];
    snprintf(text, sizeof text, "event: definitions\ndata: {\"kpis\":%zu,\"errors\":%zu}\n\n", kpis, mistakes);
    pthread_mutex_lock(&events->lock);
    tell_all(events, text);
    pthread_mutex_unlock(&events->lock);
}

void events_publish_database(struct events *events, bool answers)
{
    pthread_mutex_lock(&events->lock);
    tell_all(events, answers ? "event: database\ndata: {\"answers\":true}\n\n"
                             : "event: database\ndata: {\"answers\":false}\n\n");
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

unsigned events_most(const struct events *events)
{
    return events->most;
}

void events_close(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    events->closed = true;
    while (events->first)
        drop(events, &events->first, true);
    pthread_mutex_unlock(&events->lock);
}

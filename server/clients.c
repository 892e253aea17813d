#include "server/clients.h"
#include "core/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct client {
    struct client *next, **at; /* at: what points to it */
    uint64_t waits_since_us;   /* atomic: for a request; 0 while one is served */
    int socket;
    bool beyond;
    bool asked; /* atomic: a whole request has come */
    bool ended; /* its owner has been told to close it */
};

enum {
    SILENT_S = 1, /* how long who has never asked is let alone when room is short; */
    IDLE_S = 5,   /* and who has */
    AGES = 64,    /* in seconds, the last and all above */
};

struct clients {
    pthread_mutex_t lock;
    struct client *first;
    unsigned count, most;
    unsigned ended; /* of those that are counted */
    uint64_t accepted, refused;
    uint64_t idle_us;
    bool full;    /* some were refused, and it has not become better yet */
    bool crowded; /* the same of those that were ended to make room */
};

struct clients *clients_new(unsigned most, uint64_t idle_us)
{
    struct clients *clients = calloc(1, sizeof *clients);
    if (!clients)
        return NULL;
    clients->most = most;
    clients->idle_us = idle_us;
    pthread_mutex_init(&clients->lock, NULL);
    return clients;
}

void clients_free(struct clients *clients)
{
    if (!clients)
        return;
    pthread_mutex_destroy(&clients->lock);
    free(clients);
}

struct client *client_open(struct clients *clients, int socket, uint64_t now_us)
{
    struct client *client = calloc(1, sizeof *client);
    bool first_refused;
    if (!client)
        return NULL;
    client->socket = socket;
    client->waits_since_us = now_us;
    pthread_mutex_lock(&clients->lock);
    client->next = clients->first;
    client->at = &clients->first;
    if (client->next)
        client->next->at = &client->next;
    clients->first = client;
    client->beyond = ++clients->count > clients->most;
    clients->accepted++;
    clients->refused += client->beyond;
    first_refused = client->beyond && !clients->full;
    clients->full = clients->full || client->beyond;
    pthread_mutex_unlock(&clients->lock);
    /* Once, until there are clearly fewer. */
    if (first_refused)
        log_event(LOG_WARN, "more connections than can be held; others are refused", LOG_INT("most", clients->most));
    return client;
}

void client_close(struct clients *clients, struct client *client)
{
    if (!client)
        return;
    pthread_mutex_lock(&clients->lock);
    *client->at = client->next;
    if (client->next)
        client->next->at = client->at;
    clients->ended -= client->ended;
    if (--clients->count < clients->most - clients->most / 8)
        clients->full = false;
    if (clients->count < clients->most / 2)
        clients->crowded = false;
    pthread_mutex_unlock(&clients->lock);
    free(client);
}

void client_is_served(struct client *client)
{
    client_was_served(client, 0);
}

void client_was_served(struct client *client, uint64_t now_us)
{
    if (!client)
        return;
    __atomic_store_n(&client->waits_since_us, now_us, __ATOMIC_RELAXED);
    __atomic_store_n(&client->asked, true, __ATOMIC_RELAXED);
}

bool client_is_beyond(const struct client *client)
{
    return client && client->beyond;
}

/* Its socket is open as long as it is on the list; its owner is told, and closes it. */
static void end(struct clients *clients, struct client *client)
{
    shutdown(client->socket, SHUT_RDWR);
    clients->ended += !client->ended;
    client->ended = true;
}

/* For how many seconds it has been without a request; -1 of what is not looked for. */
static int age_of(const struct client *client, bool asked, uint64_t now_us)
{
    uint64_t since_us = __atomic_load_n(&client->waits_since_us, __ATOMIC_RELAXED), age;
    if (!since_us || client->ended || __atomic_load_n(&client->asked, __ATOMIC_RELAXED) != asked)
        return -1;
    age = now_us > since_us ? (now_us - since_us) / 1000000 : 0;
    return age < AGES ? (int)age : AGES - 1;
}

/* Ends those of that age and above, until so few are left. */
static void end_from(struct clients *clients, bool asked, int age, unsigned left, uint64_t now_us)
{
    for (struct client *client = clients->first; client && clients->count - clients->ended > left;
         client = client->next)
        if (age_of(client, asked, now_us) >= age)
            end(clients, client);
}

/* Ends connections, those first that have been idle longest, to the second, until so few are left or the others have
 * been so for less than least_s. Returns how many it ended. */
static unsigned end_idle(struct clients *clients, bool asked, int least_s, unsigned left, uint64_t now_us)
{
    unsigned ages[AGES] = {0}, open = clients->count - clients->ended, begun = clients->ended;
    int age = AGES - 1;
    for (struct client *client = clients->first; client; client = client->next) {
        int own = age_of(client, asked, now_us);
        if (own >= 0)
            ages[own]++;
    }
    /* Down to which age there are enough of them. */
    for (unsigned found = ages[age]; age > least_s && open > left + found;)
        found += ages[--age];
    end_from(clients, asked, age + 1, left, now_us);
    end_from(clients, asked, age, left, now_us);
    return clients->ended - begun;
}

/* Keeps room for new clients: connections that nobody uses must not take the place of those that somebody would. */
static unsigned make_room(struct clients *clients, uint64_t now_us)
{
    unsigned open = clients->count - clients->ended, ended = 0;
    if (open > clients->most / 4 * 3)
        ended += end_idle(clients, false, SILENT_S, clients->most / 2, now_us);
    if (open - ended > clients->most / 8 * 7)
        ended += end_idle(clients, true, IDLE_S, clients->most / 4 * 3, now_us);
    return ended;
}

void clients_tend(struct clients *clients, uint64_t now_us)
{
    unsigned ended;
    bool first;
    pthread_mutex_lock(&clients->lock);
    for (struct client *client = clients->first; client; client = client->next) {
        uint64_t since_us = __atomic_load_n(&client->waits_since_us, __ATOMIC_RELAXED);
        if (since_us && since_us + clients->idle_us < now_us)
            end(clients, client);
    }
    ended = make_room(clients, now_us);
    first = ended && !clients->crowded;
    clients->crowded = clients->crowded || ended;
    pthread_mutex_unlock(&clients->lock);
    /* Once, until there are clearly fewer. */
    if (first)
        log_event(LOG_WARN, "idle connections are ended to make room for others", LOG_INT("ended", ended),
                  LOG_INT("most", clients->most));
}

struct clients_counts clients_counts(struct clients *clients)
{
    struct clients_counts counts;
    pthread_mutex_lock(&clients->lock);
    counts = (struct clients_counts){clients->count, clients->most, clients->accepted, clients->refused};
    pthread_mutex_unlock(&clients->lock);
    return counts;
}

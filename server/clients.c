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
};

struct clients {
    pthread_mutex_t lock;
    struct client *first;
    unsigned count, most;
    uint64_t idle_us;
    bool full; /* some were refused, and it has not become better yet */
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
    if (--clients->count < clients->most - clients->most / 8)
        clients->full = false;
    pthread_mutex_unlock(&clients->lock);
    free(client);
}

void client_is_served(struct client *client)
{
    client_was_served(client, 0);
}

void client_was_served(struct client *client, uint64_t now_us)
{
    if (client)
        __atomic_store_n(&client->waits_since_us, now_us, __ATOMIC_RELAXED);
}

bool client_is_beyond(const struct client *client)
{
    return client && client->beyond;
}

void clients_tend(struct clients *clients, uint64_t now_us)
{
    pthread_mutex_lock(&clients->lock);
    for (struct client *client = clients->first; client; client = client->next) {
        uint64_t since_us = __atomic_load_n(&client->waits_since_us, __ATOMIC_RELAXED);
        /* Its socket is open as long as it is on the list; its owner is told, and closes it. */
        if (since_us && since_us + clients->idle_us < now_us)
            shutdown(client->socket, SHUT_RDWR);
    }
    pthread_mutex_unlock(&clients->lock);
}

unsigned clients_count(struct clients *clients)
{
    unsigned count;
    pthread_mutex_lock(&clients->lock);
    count = clients->count;
    pthread_mutex_unlock(&clients->lock);
    return count;
}

/* The connections of clients: how many are open, which are more than the server holds, and which have gone without a
 * whole request for too long. libmicrohttpd's own time limit is of silence only: a byte now and then keeps a connection
 * open for ever.
 *
 * A client is made when its connection opens and freed when it closes, by libmicrohttpd's threads. All functions may be
 * called from any thread; those of a single client, between its opening and its closing. */
#ifndef KPI_SERVER_CLIENTS_H
#define KPI_SERVER_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

struct clients;
struct client;

/* most: how many connections are held. idle_us: how long one may be without a request. NULL: out of memory. */
struct clients *clients_new(unsigned most, uint64_t idle_us);
void clients_free(struct clients *clients); /* NULL is fine; all have been closed */

/* NULL: out of memory; the connection is then looked after by nobody. */
struct client *client_open(struct clients *clients, int socket, uint64_t now_us);
void client_close(struct clients *clients, struct client *client); /* NULL is fine; before its socket is closed */

/* A whole request has come; its answer has been sent. NULL is fine. */
void client_is_served(struct client *client);
void client_was_served(struct client *client, uint64_t now_us);

/* Whether it is one more than are held. NULL is not. */
bool client_is_beyond(const struct client *client);

/* To be called about every second: ends connections on which no whole request has come in time. When three quarters of
 * the room are taken, that time is a second for those on which there never was one; when seven eighths are, it is five
 * for the others. The longest idle go first, until there is room again. */
void clients_tend(struct clients *clients, uint64_t now_us);

struct clients_counts {
    unsigned open, most;
    uint64_t accepted, refused; /* since the start; a refused one was accepted too */
};
struct clients_counts clients_counts(struct clients *clients);

#endif

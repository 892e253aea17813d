/* The minder: a thread that looks once a second at connections that libmicrohttpd does not look at, as they are
 * suspended while their answer is made or while there is no news for them. It asks nobody else, so that nothing holds
 * it up. */
#ifndef KPI_SERVER_MINDER_H
#define KPI_SERVER_MINDER_H

#include "core/error.h"
#include <stdbool.h>

struct minder;
struct server;

/* NULL with err: no thread can be started. The server's workers and events must outlive it. */
struct minder *minder_start(struct server *server, struct error *err);
void minder_stop(struct minder *minder); /* NULL is fine */

#endif

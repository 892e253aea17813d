/* Opening the listening socket. */
#ifndef KPI_SERVER_LISTEN_H
#define KPI_SERVER_LISTEN_H

#include "core/error.h"

/* Listens on "ADDR:PORT", "[IPV6]:PORT", with a numeric address or a name; port 0 takes a free one. Writes the address
 * with the real port to `address`. Only the loopback unless others may come too: `guarded` says that they may. The
 * caller closes the descriptor; -1 with err. */
int listen_open(const char *text, bool guarded, char *address, size_t room, struct error *err);

#endif

/* Telling systemd how far the server is: READY=1 when it serves, STOPPING=1 when it ends, as sd_notify(3) writes it. */
#ifndef KPI_SERVER_NOTIFY_H
#define KPI_SERVER_NOTIFY_H

/* Sends the state to the socket that $NOTIFY_SOCKET names; nothing where there is none, or nobody listens: whoever
 * started the server finds that out by waiting in vain. */
void notify_state(const char *state);

#endif

/* The access log: a line for each request that was answered, of the level debug; where the server failed, of warn. */
#ifndef KPI_SERVER_ACCESS_LOG_H
#define KPI_SERVER_ACCESS_LOG_H

#include "server/request.h"

/* Whether every request is logged: then each is told its id. */
bool access_log_is_on(void);

/* Logs the request, before it is forgotten. took_us: from its first byte to the end of its answer. */
void access_log(struct request *request, enum MHD_RequestTerminationCode how, uint64_t took_us);

#endif

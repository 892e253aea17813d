/* The HTTP side: libmicrohttpd, its requests, and their answers. */
#ifndef KPI_SERVER_HTTP_H
#define KPI_SERVER_HTTP_H

#include "server/server.h"

struct http;

/* Listens on server->config.listen and serves on threads of its own. NULL with err: a bad address, a port in use. */
struct http *http_start(struct server *server, struct error *err);

/* "127.0.0.1:8080", with the port that was really taken. */
const char *http_address(const struct http *http);

/* Stops listening, lets requests in flight finish for timeout_s seconds, answers the rest with 503, which may take a
 * second more, and frees. */
void http_stop(struct http *http, int timeout_s);

#endif

/* TLS: the certificate that the server shows, and its key. They are read again when asked for, so that a renewed
 * certificate needs no restart; connections go on with the one that they began with. One in a process. */
#ifndef KPI_SERVER_TLS_H
#define KPI_SERVER_TLS_H

#include "core/error.h"
#include <microhttpd.h>
#include <stdbool.h>

struct tls;

/* Reads a certificate with those that signed it, and its key, both PEM. NULL with err: they cannot be used, or are not
 * of each other. */
struct tls *tls_open(const char *certificate, const char *key, struct error *err);
void tls_free(struct tls *tls); /* NULL is fine; when nobody is connected any more */

/* Reads both again. What cannot be used is logged, and that of before goes on. */
void tls_reload(struct tls *tls);

/* What libmicrohttpd has to be told, ended by MHD_OPTION_END. */
extern struct MHD_OptionItem tls_options[];

#endif

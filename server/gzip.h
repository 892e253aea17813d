/* gzip (RFC 1952), of bytes that come in pieces. One thread at a time. */
#ifndef KPI_SERVER_GZIP_H
#define KPI_SERVER_GZIP_H

#include "core/buffer.h"

struct gzip;

struct gzip *gzip_new(void);       /* NULL: out of memory */
void gzip_free(struct gzip *gzip); /* NULL is fine */

/* Compresses n bytes, and with `last` ends the file; appends to out what has come to be. False: out of memory. */
bool gzip_put(struct gzip *gzip, const void *bytes, size_t n, bool last, struct buffer *out);

/* The same for bytes that are all there. */
bool gzip_whole(const void *bytes, size_t n, struct buffer *out);

#endif

/* Temporary files without a name: they vanish with the process, however it ends. They are made in $TMPDIR, or /tmp. */
#ifndef KPI_LOADER_SPOOL_H
#define KPI_LOADER_SPOOL_H

#include "core/error.h"

/* An empty file for reading and writing, which the caller closes; -1 when none can be made. */
int spool_open(struct error *err);

/* Writes all bytes at the file's position. Where the disk is full the sentence says so, and what helps. */
bool spool_write(int fd, const void *bytes, size_t n, struct error *err);

#endif

/* Unpacking .gz files, of any number of members. */
#ifndef KPI_LOADER_INFLATE_H
#define KPI_LOADER_INFLATE_H

#include "core/error.h"
#include <stdint.h>

/* Unpacks the file `from`, which stays the caller's, into a temporary file, which the caller closes. -1: the file is
 * corrupt, ends too early, has something else behind its last member, or gives more than `most` bytes; path is for the
 * sentence. */
int inflate_file(int from, const char *path, uint64_t most, struct error *err);

#endif

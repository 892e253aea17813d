/* A 64-bit hash of bytes: tells changed documents from unchanged ones, and spreads keys over hash tables and
 * partitions. It is stored in the database, so its values must stay the same from release to release and on every
 * machine. Not meant to withstand an attacker. */
#ifndef KPI_LOADER_CONTENT_HASH_H
#define KPI_LOADER_CONTENT_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t content_hash(const void *bytes, size_t n);

#endif

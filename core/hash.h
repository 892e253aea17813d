/* Content hashes: the first 128 bits of SHA-256, as 32 hexadecimal digits. Any thread. */
#ifndef KPI_CORE_HASH_H
#define KPI_CORE_HASH_H

#include <stddef.h>

enum { HASH_TEXT_MAX = 33 };

void hash_text(const void *bytes, size_t n, char text[HASH_TEXT_MAX]);

#endif

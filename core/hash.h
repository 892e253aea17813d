/* Content hashes: the first 128 bits of SHA-256, as 32 hexadecimal digits. Any thread. */
#ifndef KPI_CORE_HASH_H
#define KPI_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_TEXT_MAX = 33 };

/* The digest as 2 n hexadecimal digits and a NUL. */
void hash_digits(const uint8_t *digest, size_t n, char *text);

void hash_text(const void *bytes, size_t n, char text[HASH_TEXT_MAX]);

#endif

#include "core/hash.h"

#include <nettle/sha2.h>

void hash_digits(const uint8_t *digest, size_t n, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * n] = '\0';
}

void hash_text(const void *bytes, size_t n, char text[HASH_TEXT_MAX])
{
    uint8_t digest[(HASH_TEXT_MAX - 1) / 2];
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, n, bytes);
    sha256_digest(&sha, sizeof digest, digest);
    hash_digits(digest, sizeof digest, text);
}

#include "core/hash.h"

#include <nettle/sha2.h>
#include <stdint.h>

void hash_text(const void *bytes, size_t n, char text[HASH_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[(HASH_TEXT_MAX - 1) / 2];
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, n, bytes);
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[HASH_TEXT_MAX - 1] = '\0';
}

#include "server/subject.h"

#include <netinet/in.h>
#include <string.h>

enum { V4_BYTES = 4, V6_BYTES = 8 /* a /64 */ };

struct subject subject_of_key(const uint8_t digest[KEY_DIGEST_BYTES])
{
    struct subject subject = {.size = KEY_DIGEST_BYTES};
    memcpy(subject.bytes, digest, KEY_DIGEST_BYTES);
    return subject;
}

struct subject subject_of_address(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    struct subject subject = {.size = 1};
    if (address && address->sa_family == AF_INET) {
        subject.size = V4_BYTES;
        memcpy(subject.bytes, &v4->sin_addr, V4_BYTES);
    } else if (address && address->sa_family == AF_INET6) {
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        subject.size = mapped ? V4_BYTES : V6_BYTES;
        memcpy(subject.bytes, v6->sin6_addr.s6_addr + (mapped ? 12 : 0), subject.size);
    }
    return subject;
}

bool subject_is_key(const struct subject *subject)
{
    return subject->size == KEY_DIGEST_BYTES;
}

bool subject_equals(const struct subject *a, const struct subject *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

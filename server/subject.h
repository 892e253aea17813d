/* Who asks, where many share what there is: an API key, or an address without one. What counts one client's share of
 * anything counts by subject. */
#ifndef KPI_SERVER_SUBJECT_H
#define KPI_SERVER_SUBJECT_H

#include "server/key_file.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* The kinds have different sizes, so that none is taken for another. */
struct subject {
    uint8_t bytes[KEY_DIGEST_BYTES];
    size_t size;
};

struct subject subject_of_key(const uint8_t digest[KEY_DIGEST_BYTES]);

/* An IPv4 address counts as itself, also where it comes as IPv6; of IPv6, the /64 that one subscriber has. All that
 * have no address, as on a Unix socket, are one. address: NULL where it is not known. */
struct subject subject_of_address(const struct sockaddr *address);

bool subject_is_key(const struct subject *subject);
bool subject_equals(const struct subject *a, const struct subject *b);

#endif

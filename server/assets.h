/* The files that the program carries in itself: the pages and what they load. The table is made by tools/embed when the
 * program is built. Constant data, any thread. */
#ifndef KPI_SERVER_ASSETS_H
#define KPI_SERVER_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *path; /* as requested; without a leading slash: not for clients */
    const char *content_type;
    const char *hash; /* of the bytes, in hexadecimal digits */
    const unsigned char *bytes;
    size_t size;
    const unsigned char *gzip; /* the same, compressed */
    size_t gzip_size;
    bool never_changes; /* what is at this path: another version has another path */
};

extern const struct asset assets[];
extern const size_t asset_count;

/* The asset of exactly this path, or NULL. */
const struct asset *asset_find(const char *path);

#endif

/* Files from http:// and https://, fetched into temporary files.
 *
 * A transfer that breaks off is taken up where it broke, as long as the server says that the file is still the same; a
 * server that is busy or away is asked again, with growing pauses. Redirects are followed five times at most, to http
 * and https only, and never from https back to http. Bytes are kept as they come, so .gz stays .gz.
 * The caller of all calls curl_global_init() first. */
#ifndef KPI_LOADER_DOWNLOAD_H
#define KPI_LOADER_DOWNLOAD_H

#include "loader/progress.h"
#include "loader/url.h"

struct download_limits {
    uint64_t most;             /* bytes of one file, as sent and unpacked */
    long stall_seconds;        /* how long nothing may come */
    struct progress *progress; /* shows how far it is; NULL: nothing does */
};

/* What an answer said of the version of its file; empty where it said nothing. */
struct source_version {
    char etag[256];
    char last_modified[64];
};

struct download {
    int fd; /* the caller closes it; -1 when not modified */
    bool not_modified;
    struct source_version version;
};

/* known, which may be NULL: the version that an earlier load has read; when the file is still that, it is not fetched.
 * False: err says why it cannot be had, without any secret of the address. */
bool download_file(const struct url *url, const struct source_version *known, const struct download_limits *limits,
                   struct download *download, struct error *err);

#endif

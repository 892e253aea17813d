/* The sentences for what can go wrong with a download, each with what helps. */
#ifndef KPI_LOADER_DOWNLOAD_ERROR_H
#define KPI_LOADER_DOWNLOAD_ERROR_H

#include "loader/url.h"
#include <curl/curl.h>
#include <stdint.h>

enum { DOWNLOAD_CONNECT_SECONDS = 10 };

/* The server has answered with that status, or with a web page where a file was expected. */
void download_refused(const struct url *url, long status, bool is_page, struct error *err);

void download_too_large(const struct url *url, uint64_t most, struct error *err);

/* The transfer has failed after `have` bytes. Whether it may work when it is tried again. */
bool download_broken(const struct url *url, CURL *curl, CURLcode code, long stall_seconds, uint64_t have,
                     struct error *err);

#endif

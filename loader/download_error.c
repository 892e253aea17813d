#include "loader/download_error.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
    long status;
    enum error_kind kind;
    const char *sentence;
} statuses[] = {
    {204, ERROR_INVALID, "the server answers without a file (204); check the address"},
    {401, ERROR_INVALID, "the server wants a login (401); put one for this host into ~/.netrc"},
    {403, ERROR_INVALID,
     "the server refuses access (403); check the login in ~/.netrc, or whether the address has expired"},
    {404, ERROR_NOT_FOUND, "the server has no such file (404); check the address"},
    {407, ERROR_INVALID, "the proxy wants a login (407); put it into the variable http_proxy or https_proxy"},
    {410, ERROR_NOT_FOUND, "the server does not have this file any more (410); ask for its new address"},
    {429, ERROR_UNAVAILABLE, "the server says that it is asked too often (429); try again later"},
};

void download_refused(const struct url *url, long status, bool is_page, struct error *err)
{
    if (status == 200 && is_page) {
        error_set(err, ERROR_INVALID,
                  "%s: the server answers with a web page instead of a CSV file; check the address, and whether it "
                  "wants a login",
                  url->shown);
        return;
    }
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == status) {
            error_set(err, statuses[i].kind, "%s: %s", url->shown, statuses[i].sentence);
            return;
        }
    if (status >= 500)
        error_set(err, ERROR_UNAVAILABLE, "%s: the server cannot answer now (%ld); try again later", url->shown,
                  status);
    else
        error_set(err, ERROR_INVALID, "%s: the server answers with status %ld instead of a file; check the address",
                  url->shown, status);
}

void download_too_large(const struct url *url, uint64_t most, struct error *err)
{
    error_set(err, ERROR_TOO_LARGE, "%s is larger than the %" PRIu64 " MiB that --max-download allows", url->shown,
              most >> 20);
}

static bool timed_out(const struct url *url, CURL *curl, long stall_seconds, uint64_t have, struct error *err)
{
    curl_off_t connected = 0;
    curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected == 0)
        error_set(err, ERROR_TIMEOUT,
                  "%s: no connection within %d seconds; check the address, and whether a firewall is between",
                  url->shown, DOWNLOAD_CONNECT_SECONDS);
    else
        error_set(err, ERROR_TIMEOUT,
                  "%s: nothing came for %ld s, after %" PRIu64
                  " bytes; try again later, or allow more with --download-timeout",
                  url->shown, stall_seconds, have);
    return true;
}

bool download_broken(const struct url *url, CURL *curl, CURLcode code, long stall_seconds, uint64_t have,
                     struct error *err)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return timed_out(url, curl, stall_seconds, have, err);
    case CURLE_COULDNT_RESOLVE_HOST:
        error_set(err, ERROR_UNAVAILABLE,
                  "%s: the name of the host is not known; check its spelling, and this machine's network", url->shown);
        return have > 0;
    case CURLE_COULDNT_RESOLVE_PROXY:
        error_set(err, ERROR_UNAVAILABLE,
                  "%s: the name of the proxy is not known; check the variables http_proxy and "
                  "https_proxy",
                  url->shown);
        return false;
    case CURLE_COULDNT_CONNECT:
        error_set(err, ERROR_UNAVAILABLE, "%s: nothing listens there; check host and port, and whether the server runs",
                  url->shown);
        return true;
    case CURLE_PEER_FAILED_VERIFICATION:
        error_set(err, ERROR_INVALID,
                  "%s: the server's certificate is not trusted (expired, of another name, or of an unknown authority); "
                  "renew it, or add its authority to those that this system trusts",
                  url->shown);
        return false;
    case CURLE_SSL_CONNECT_ERROR:
        error_set(err, ERROR_UNAVAILABLE, "%s: no secure connection can be made; is it a server for https?",
                  url->shown);
        return have > 0;
    case CURLE_TOO_MANY_REDIRECTS:
        error_set(err, ERROR_INVALID, "%s: the server redirects more than five times; give the final address",
                  url->shown);
        return false;
    case CURLE_UNSUPPORTED_PROTOCOL:
        error_set(err, ERROR_INVALID,
                  "%s: the server redirects to something else than %s, which is not followed; give the final address",
                  url->shown, url->secure ? "https" : "http and https");
        return false;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_WRITE_ERROR: /* by us, when the answer does not continue what is there */
        error_set(err, ERROR_UNAVAILABLE, "%s: the transfer broke off after %" PRIu64 " bytes; try again later",
                  url->shown, have);
        return true;
    default:
        error_set(err, ERROR_INVALID, "%s cannot be fetched: %s", url->shown, curl_easy_strerror(code));
        return false;
    }
}

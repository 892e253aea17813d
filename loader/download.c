#include "loader/download.h"
#include "core/version.h"
#include "loader/download_error.h"
#include "loader/spool.h"
#include "loader/stop.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What cannot be set for lack of memory would leave a transfer without its bounds. */
#define set_option(curl, option, value)                                                                                \
    (curl_easy_setopt(curl, option, value) == CURLE_OUT_OF_MEMORY ? memory_is_out() : (void)0)

/* Five tries in a row without a byte more than ever before, with pauses of 0.5, 1, 2 and 4 seconds. */
enum { TRIES = 5, FIRST_PAUSE_MS = 500, ASKED_PAUSE_MOST = 30, REDIRECTS = 5 };

#define UNKNOWN UINT64_MAX

/* What the answer that is being received says; of the last one, where there were redirects. */
struct answer {
    struct source_version version;
    uint64_t first, total; /* of Content-Range, or UNKNOWN */
    bool is_html;          /* it says so, as scripts also do of CSV that they print */
    bool begun;            /* its first bytes have come */
};

struct transfer {
    const struct url *url;
    const struct source_version *known;
    const struct download_limits *limits;
    struct download *download;
    CURL *curl;
    uint64_t have;  /* bytes in the file */
    uint64_t total; /* that the file is going to have, or UNKNOWN */
    struct answer answer;
    bool restart;          /* what came does not continue what is there */
    int64_t moved_ms;      /* when something came last */
    bool stalled;          /* nothing has come for too long */
    struct error *failure; /* set: the transfer was ended by us, for good */
};

enum outcome { OUTCOME_DONE, OUTCOME_AGAIN, OUTCOME_FAILED };

/* The value of a header line with that name, without blanks around; NULL when it is another. */
static const char *header_value(const char *line, size_t n, const char *name, size_t *length)
{
    size_t k = strlen(name);
    const char *value;
    if (n <= k || line[k] != ':' || strncasecmp(line, name, k) != 0)
        return NULL;
    value = line + k + 1;
    n -= k + 1;
    while (n && strchr(" \t", *value))
        value++, n--;
    while (n && strchr(" \t\r\n", value[n - 1]))
        n--;
    *length = n;
    return value;
}

/* Keeps a header's value; one that is too long for `room` is as good as none. */
static void keep(const char *line, size_t n, const char *name, char *to, size_t room)
{
    size_t length;
    const char *value = header_value(line, n, name, &length);
    if (!value || length >= room || memchr(value, 0, length))
        return;
    memcpy(to, value, length);
    to[length] = '\0';
}

/* Reads the digits at *text, and moves it behind them. False: there are none, or more than a number has. */
static bool read_number(const char **text, uint64_t *number)
{
    char *end;
    if (!isdigit((unsigned char)**text))
        return false;
    errno = 0;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

/* "bytes 100-199/200", where the last may be a star, or "bytes *" and "/200" of a range behind the end. */
static void keep_range(struct answer *answer, const char *line, size_t n)
{
    static const char unit[] = "bytes ";
    char text[80] = "";
    const char *at = text + strlen(unit);
    uint64_t last;
    keep(line, n, "Content-Range", text, sizeof text);
    if (!*text)
        return;
    answer->first = answer->total = UNKNOWN;
    if (strncmp(text, unit, strlen(unit)) != 0)
        return;
    if (*at == '*')
        at++;
    else if (!read_number(&at, &answer->first) || *at++ != '-' || !read_number(&at, &last))
        return;
    if (*at++ == '/' && !read_number(&at, &answer->total))
        answer->total = UNKNOWN;
}

static size_t on_header(char *line, size_t size, size_t n, void *context)
{
    struct answer *answer = &((struct transfer *)context)->answer;
    char type[80] = "";
    (void)size;
    ((struct transfer *)context)->moved_ms = progress_now_ms();
    if (n >= 5 && strncasecmp(line, "HTTP/", 5) == 0)
        *answer = (struct answer){.first = UNKNOWN, .total = UNKNOWN};
    keep(line, n, "ETag", answer->version.etag, sizeof answer->version.etag);
    keep(line, n, "Last-Modified", answer->version.last_modified, sizeof answer->version.last_modified);
    keep(line, n, "Content-Type", type, sizeof type);
    if (*type)
        answer->is_html = strncasecmp(type, "text/html", 9) == 0;
    keep_range(answer, line, n);
    return n;
}

static long status_of(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* Forgets what was received. */
static bool start_over(struct transfer *t)
{
    t->have = 0;
    t->total = UNKNOWN;
    if (ftruncate(t->download->fd, 0) == 0 && lseek(t->download->fd, 0, SEEK_SET) == 0)
        return true;
    error_set(t->failure, ERROR_INTERNAL, "a temporary file cannot be written over");
    return false;
}

/* Whether a part of a file goes on where we are, in the same version: not every server looks at If-Range. */
static bool continues(const struct transfer *t)
{
    const struct answer *a = &t->answer;
    const struct source_version *ours = &t->download->version;
    return t->have && a->first == t->have && (a->total == t->total || a->total == UNKNOWN || t->total == UNKNOWN) &&
           (!*a->version.etag || strcmp(a->version.etag, ours->etag) == 0) &&
           (!*a->version.last_modified || strcmp(a->version.last_modified, ours->last_modified) == 0);
}

static bool looks_like_page(const char *bytes, size_t n)
{
    while (n && strchr("\xef\xbb\xbf \t\r\n", *bytes) && *bytes)
        bytes++, n--;
    return n && *bytes == '<';
}

/* Whether the answer, whose first bytes are there, is to be kept: all of the file, or what was still lacking. */
static bool begin_body(struct transfer *t, const char *bytes, size_t n)
{
    long status = status_of(t);
    bool is_page = t->answer.is_html && looks_like_page(bytes, n);
    curl_off_t length = -1;
    if (status == 206) {
        t->restart = !continues(t);
        return !t->restart;
    }
    if (status != 200 || is_page) {
        download_refused(t->url, status, is_page, t->failure);
        return false;
    }
    t->download->version = t->answer.version;
    if (!start_over(t))
        return false;
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    t->total = length >= 0 ? (uint64_t)length : UNKNOWN;
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    (void)size;
    if (!t->answer.begun && !begin_body(t, bytes, n))
        return 0;
    t->answer.begun = true;
    if (n > t->limits->most - t->have) {
        download_too_large(t->url, t->limits->most, t->failure);
        return 0;
    }
    if (!spool_write(t->download->fd, bytes, n, t->failure))
        return 0;
    t->have += n;
    t->moved_ms = progress_now_ms();
    return n;
}

/* libcurl's own limit is on a mean of some seconds; connecting has its own. */
static bool is_stalled(struct transfer *t)
{
    curl_off_t connected = 0;
    curl_easy_getinfo(t->curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected == 0)
        t->moved_ms = progress_now_ms();
    return progress_now_ms() - t->moved_ms > (int64_t)t->limits->stall_seconds * 1000;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    struct transfer *t = context;
    (void)total, (void)now, (void)up_total, (void)up;
    if (t->limits->progress) {
        char doing[256];
        snprintf(doing, sizeof doing, "fetching %s, %" PRIu64 " MiB", t->url->name, t->have >> 20);
        progress_step(t->limits->progress, doing, t->total == UNKNOWN ? 0 : t->have, t->total);
    }
    t->stalled = is_stalled(t);
    return t->stalled || stop_asked(t->failure);
}

static void set_protocols(CURL *curl, bool secure)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    set_option(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
#else
    set_option(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    set_option(curl, CURLOPT_REDIR_PROTOCOLS, (long)(secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_up(struct transfer *t)
{
    CURL *curl = t->curl;
    set_option(curl, CURLOPT_URL, t->url->whole);
    set_protocols(curl, t->url->secure);
    set_option(curl, CURLOPT_FOLLOWLOCATION, 1L);
    set_option(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    set_option(curl, CURLOPT_FAILONERROR, 1L);
    set_option(curl, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL); /* so that no password need stand in a command */
    set_option(curl, CURLOPT_USERAGENT, "kpi-load/" KPI_VERSION);
    set_option(curl, CURLOPT_NOSIGNAL, 1L);
    set_option(curl, CURLOPT_CONNECTTIMEOUT, (long)DOWNLOAD_CONNECT_SECONDS);
    set_option(curl, CURLOPT_HEADERFUNCTION, on_header);
    set_option(curl, CURLOPT_HEADERDATA, t);
    set_option(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_option(curl, CURLOPT_WRITEFUNCTION, on_body);
    set_option(curl, CURLOPT_WRITEDATA, t);
    set_option(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    set_option(curl, CURLOPT_XFERINFODATA, t);
    set_option(curl, CURLOPT_NOPROGRESS, 0L);
}

/* A header that is lacking may make the parts of two versions of a file one. */
static struct curl_slist *add_line(struct curl_slist *list, const char *line)
{
    list = curl_slist_append(list, line);
    if (!list)
        memory_is_out();
    return list;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char line[400];
    if (!*value)
        return list;
    snprintf(line, sizeof line, "%s: %s", name, value);
    return add_line(list, line);
}

/* What tells that a file is still the same to the byte; empty when nothing does. A weak ETag does not. */
static const char *validator(const struct source_version *version)
{
    return *version->etag && strncmp(version->etag, "W/", 2) != 0 ? version->etag : version->last_modified;
}

/* The headers of the next request: for what is lacking, or for a version that is not known. */
static struct curl_slist *request_headers(struct transfer *t)
{
    struct curl_slist *list = add_line(NULL, "Accept: text/csv, */*;q=0.5");
    char range[40];
    set_option(t->curl, CURLOPT_RANGE, NULL);
    if (t->have) {
        snprintf(range, sizeof range, "%" PRIu64 "-", t->have);
        set_option(t->curl, CURLOPT_RANGE, range);
        list = add_header(list, "If-Range", validator(&t->download->version));
    } else if (t->known) {
        list = add_header(list, "If-None-Match", t->known->etag);
        list = add_header(list, "If-Modified-Since", t->known->last_modified);
    }
    set_option(t->curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)(t->limits->most - t->have));
    return list;
}

/* An answer that ended as it should. */
static enum outcome ended_well(struct transfer *t, struct error *why)
{
    long status = status_of(t);
    if (status == 304 && t->known && t->have == 0) {
        t->download->not_modified = true;
        return OUTCOME_DONE;
    }
    if (t->answer.begun)
        return OUTCOME_DONE;
    if (status == 206) { /* the lacking part, without a byte */
        download_broken(t->url, t->curl, CURLE_PARTIAL_FILE, 0, t->have, why);
        return OUTCOME_AGAIN;
    }
    return begin_body(t, "", 0) ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* An answer that says what went wrong. */
static enum outcome ended_with_status(struct transfer *t, struct error *why)
{
    long status = status_of(t);
    download_refused(t->url, status, false, why);
    if (status == 416 && t->have) {
        if (t->answer.total == t->have && *validator(&t->download->version))
            return OUTCOME_DONE; /* only the end of the transfer was lacking */
        t->restart = true;
    }
    return t->restart || status == 429 || (status >= 500 && status <= 504 && status != 501) ? OUTCOME_AGAIN
                                                                                            : OUTCOME_FAILED;
}

/* One request. why says what is wrong when it is not done. */
static enum outcome try_once(struct transfer *t, struct error *why)
{
    struct curl_slist *headers = request_headers(t);
    enum outcome outcome = OUTCOME_FAILED;
    CURLcode code;
    t->restart = t->stalled = false;
    t->moved_ms = progress_now_ms();
    t->answer = (struct answer){.first = UNKNOWN, .total = UNKNOWN};
    set_option(t->curl, CURLOPT_HTTPHEADER, headers);
    code = curl_easy_perform(t->curl);
    if (t->stalled)
        code = CURLE_OPERATION_TIMEDOUT;
    if (t->failure->kind != ERROR_NONE)
        *why = *t->failure;
    else if (code == CURLE_OK)
        outcome = ended_well(t, why);
    else if (code == CURLE_HTTP_RETURNED_ERROR)
        outcome = ended_with_status(t, why);
    else if (code == CURLE_FILESIZE_EXCEEDED)
        download_too_large(t->url, t->limits->most, why);
    else
        outcome = download_broken(t->url, t->curl, code, t->limits->stall_seconds, t->have, why) || t->restart
                      ? OUTCOME_AGAIN
                      : OUTCOME_FAILED;
    if (t->failure->kind != ERROR_NONE) /* also set by what came after the transfer */
        *why = *t->failure;
    set_option(t->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return outcome;
}

/* Waits before the next try, as long as the server asks for within reason. False when a signal came. */
static bool pause_before(struct transfer *t, int tries, struct error *err)
{
    curl_off_t asked = 0;
    int64_t until, left;
    curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &asked);
    if (asked > ASKED_PAUSE_MOST)
        asked = ASKED_PAUSE_MOST;
    until = progress_now_ms() + (int64_t)FIRST_PAUSE_MS * (1 << (tries ? tries - 1 : 0)) + asked * 1000;
    while ((left = until - progress_now_ms()) > 0 && !stop_asked(err))
        poll(NULL, 0, (int)(left < 200 ? left : 200));
    return !stop_asked(err);
}

static bool run(struct transfer *t, struct error *err)
{
    uint64_t best = 0;
    for (int tries = 1;; tries++) {
        struct error why = {0};
        enum outcome outcome = try_once(t, &why);
        if (outcome == OUTCOME_DONE)
            return true;
        if (t->have > best) {
            best = t->have;
            tries = 0;
        }
        /* Where nothing tells that the file is still the same, what is there cannot be continued. */
        if (t->restart || !*validator(&t->download->version))
            if (!start_over(t))
                why = *t->failure, outcome = OUTCOME_FAILED;
        if (outcome == OUTCOME_FAILED || tries == TRIES) {
            *err = why;
            return false;
        }
        if (t->limits->progress)
            progress_clear(t->limits->progress);
        fprintf(stderr, "%s; trying again\n", why.message);
        if (!pause_before(t, tries, err))
            return false;
    }
}

bool download_file(const struct url *url, const struct source_version *known, const struct download_limits *limits,
                   struct download *download, struct error *err)
{
    struct error failure = {0};
    struct transfer t = {.url = url,
                         .known = known,
                         .limits = limits,
                         .download = download,
                         .total = UNKNOWN,
                         .failure = &failure,
                         .curl = curl_easy_init()};
    bool ok = false;
    *download = (struct download){.fd = spool_open(err)};
    if (!t.curl)
        error_set(err, ERROR_INTERNAL, "libcurl does not start");
    if (t.curl && download->fd >= 0) {
        set_up(&t);
        ok = run(&t, err);
    }
    if (download->fd >= 0 && (!ok || download->not_modified)) {
        close(download->fd);
        download->fd = -1;
    }
    curl_easy_cleanup(t.curl);
    if (limits->progress)
        progress_clear(limits->progress);
    return ok;
}

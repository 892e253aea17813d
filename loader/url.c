#include "loader/url.h"
#include "core/buffer.h"
#include "core/hash.h"
#include "loader/encoding.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_MOST = 160 };

bool url_is(const char *text)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || (n && strchr("+-.", text[n]) && text[n]))
        n++;
    return n && strncmp(text + n, "://", 3) == 0;
}

/* Whether a parameter's name is one under which keys and signatures are passed that are of this request alone, or are
 * the same for all that is fetched: without it, the address still says which file it is. */
static bool is_signature(const char *name, size_t n)
{
    static const char *const names[] = {"access_token",  "api_key",        "apikey", "api-key", "auth",
                                        "authorization", "awsaccesskeyid", "code",   "key",     "pass",
                                        "passwd",        "password",       "pwd",    "secret",  "sig",
                                        "signature",     "sharedkey",      "token"};
    static const char *const prefixes[] = {"x-amz-", "x-goog-", "x-oss-"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0)
            return true;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (n > strlen(prefixes[i]) && strncasecmp(prefixes[i], name, strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* Whether a word of a parameter's name says that its value is a secret: private_token, hapikey, X-Api-Key, keyId. */
static bool is_secret_word(const char *word, size_t n)
{
    static const char *const ends[] = {"token",  "key",      "secret", "sig",  "signature",  "pass",
                                       "passwd", "password", "pwd",    "auth", "credential", "credentials"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t length = strlen(ends[i]);
        if (n >= length && strncasecmp(word + n - length, ends[i], length) == 0)
            return true;
    }
    return false;
}

static bool is_secret(const char *name, size_t n)
{
    for (size_t at = 0, end; at < n; at = end + (end < n && !isalnum((unsigned char)name[end]))) {
        for (end = at; end < n && isalnum((unsigned char)name[end]); end++)
            if (end > at && isupper((unsigned char)name[end]) && islower((unsigned char)name[end - 1]))
                break;
        if (is_secret_word(name + at, end - at))
            return true;
    }
    return false;
}

/* What libcurl answers, unless it is that memory is out: then secrets would stay where they are. */
static CURLUcode checked(CURLUcode code)
{
    if (code == CURLUE_OUT_OF_MEMORY)
        memory_is_out();
    return code;
}

/* A parameter as it is written down: a secret as a digest, so that addresses which differ in it are told apart. */
static void keep_parameter(struct buffer *kept, const char *at, size_t name, size_t n)
{
    char digest[HASH_TEXT_MAX];
    buffer_text(kept, kept->used ? "&" : "");
    if (name + 1 < n && is_secret(at, name)) {
        hash_text(at + name + 1, n - name - 1, digest);
        buffer_put(kept, at, name + 1);
        buffer_printf(kept, "sha256:%.16s", digest);
    } else {
        buffer_put(kept, at, n);
    }
}

/* A parameter as it is shown: what has no name is a value. */
static void show_parameter(struct buffer *shown, const char *at, size_t name, size_t n)
{
    buffer_text(shown, shown->used ? "&" : "");
    if (name < n)
        buffer_put(shown, at, name + 1);
    buffer_text(shown, "…");
}

/* Leaves the secrets out of the address's query, and tells what of the query is shown. */
static void clean_query(CURLU *parts, struct buffer *shown, bool *hides)
{
    struct buffer kept = {0};
    char *query = NULL;
    if (checked(curl_url_get(parts, CURLUPART_QUERY, &query, 0)) != CURLUE_OK)
        return;
    for (const char *at = query; *at;) {
        size_t n = strcspn(at, "&"), name = strcspn(at, "=&");
        if (n)
            show_parameter(shown, at, name, n);
        if (is_signature(at, name))
            *hides = true;
        else if (n)
            keep_parameter(&kept, at, name, n);
        at += n + (at[n] == '&');
    }
    memory_check(&kept);
    memory_check(shown);
    checked(curl_url_set(parts, CURLUPART_QUERY, kept.used ? kept.bytes : NULL, 0));
    curl_free(query);
    buffer_release(&kept);
}

static const char *part(CURLU *parts, CURLUPart which, struct arena *arena)
{
    char *text = NULL;
    const char *kept;
    if (checked(curl_url_get(parts, which, &text, 0)) != CURLUE_OK)
        return "";
    kept = arena_string(arena, text);
    curl_free(text);
    return kept;
}

static const char *name_of(CURLU *parts, struct arena *arena)
{
    const char *path = part(parts, CURLUPART_PATH, arena), *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : part(parts, CURLUPART_HOST, arena);
}

static const char *cut(struct arena *arena, const char *text)
{
    struct text kept = text_cut(text_of(text), SHOWN_MOST);
    struct buffer out = {0};
    const char *shown;
    if (!text[kept.n])
        return text;
    buffer_put(&out, kept.bytes, kept.n);
    buffer_text(&out, "…");
    memory_check(&out);
    shown = arena_string(arena, out.bytes);
    buffer_release(&out);
    return shown;
}

/* The address with the names of its query alone. */
static const char *shown_address(CURLU *parts, const struct buffer *query, struct arena *arena)
{
    struct buffer all = {0};
    const char *shown;
    checked(curl_url_set(parts, CURLUPART_QUERY, NULL, 0));
    buffer_text(&all, part(parts, CURLUPART_URL, arena));
    if (query->used) {
        buffer_char(&all, '?');
        buffer_put(&all, query->bytes, query->used);
    }
    memory_check(&all);
    shown = cut(arena, arena_string(arena, all.bytes));
    buffer_release(&all);
    return shown;
}

/* Of an address that libcurl has understood. */
static void tell(struct url *url, CURLU *parts, struct arena *arena)
{
    struct buffer query = {0};
    curl_url_set(parts, CURLUPART_USER, NULL, 0);
    curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
    curl_url_set(parts, CURLUPART_OPTIONS, NULL, 0);
    curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
    clean_query(parts, &query, &url->hides);
    url->origin = part(parts, CURLUPART_URL, arena);
    url->shown = shown_address(parts, &query, arena);
    url->name = cut(arena, name_of(parts, arena));
    buffer_release(&query);
}

bool url_read(struct url *url, struct arena *arena, const char *text, struct error *err)
{
    size_t scheme = strcspn(text, ":");
    CURLU *parts;
    CURLUcode wrong;
    *url = (struct url){.whole = arena_string(arena, text), .secure = strncasecmp(text, "https:", 6) == 0};
    if (!url->secure && strncasecmp(text, "http:", 5) != 0) {
        error_set(err, ERROR_INVALID, "%.*s:// is not read; give a path, or an address with http:// or https://",
                  scheme < 20 ? (int)scheme : 20, text);
        return false;
    }
    parts = curl_url();
    wrong = checked(parts ? curl_url_set(parts, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY);
    if (wrong) { /* where its password stands is not known: none of it is shown */
        error_set(err, ERROR_INVALID, "an address that starts with %.*s:// is not valid: %s", (int)scheme, text,
                  curl_url_strerror(wrong));
    } else {
        tell(url, parts, arena);
    }
    curl_url_cleanup(parts);
    return !wrong;
}

#include "loader/url.h"
#include "core/buffer.h"
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

/* Whether a parameter's name is one under which keys and signatures are passed. */
static bool is_secret(const char *name, size_t n)
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

/* Takes the secrets out of the address's query. */
static void clean_query(CURLU *parts, bool *hides)
{
    struct buffer kept = {0};
    char *query = NULL;
    if (curl_url_get(parts, CURLUPART_QUERY, &query, 0) != CURLUE_OK)
        return;
    for (const char *at = query; *at;) {
        size_t n = strcspn(at, "&");
        if (is_secret(at, strcspn(at, "=&")))
            *hides = true;
        else if (n) {
            buffer_text(&kept, kept.used ? "&" : "");
            buffer_put(&kept, at, n);
        }
        at += n + (at[n] == '&');
    }
    curl_url_set(parts, CURLUPART_QUERY, kept.used ? kept.bytes : NULL, 0);
    curl_free(query);
    buffer_release(&kept);
}

static const char *part(CURLU *parts, CURLUPart which, struct arena *arena)
{
    char *text = NULL;
    const char *kept;
    if (curl_url_get(parts, which, &text, 0) != CURLUE_OK)
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
    shown = arena_string(arena, out.bytes);
    buffer_release(&out);
    return shown;
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
    wrong = parts ? curl_url_set(parts, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;
    if (wrong) { /* where its password stands is not known: none of it is shown */
        error_set(err, ERROR_INVALID, "an address that starts with %.*s:// is not valid: %s", (int)scheme, text,
                  curl_url_strerror(wrong));
    } else {
        curl_url_set(parts, CURLUPART_USER, NULL, 0);
        curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
        curl_url_set(parts, CURLUPART_OPTIONS, NULL, 0);
        curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
        clean_query(parts, &url->hides);
        url->origin = part(parts, CURLUPART_URL, arena);
        url->shown = cut(arena, url->origin);
        url->name = cut(arena, name_of(parts, arena));
    }
    curl_url_cleanup(parts);
    return !wrong;
}

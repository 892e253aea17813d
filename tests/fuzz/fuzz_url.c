/* Addresses of files: what of them is shown has no password in it, whatever else they hold.
 *
 * Input: an address, where a password of ours is put in when there is a place for one. */
#include "loader/url.h"
#include "tests/fuzz/fuzz.h"

static const char secret[] = "h4-u1-s9-k3-p7";

static void check(const char *text, bool has_secret)
{
    struct arena arena = {0};
    struct error err = {0};
    struct url url = {0};
    if (url_read(&url, &arena, text, &err)) {
        fuzz_require(strcmp(url.whole, text) == 0, "%s", url.whole);
        fuzz_require(url.origin && url.shown && url.name, "a part is missing");
        fuzz_require(!has_secret ||
                         (!strstr(url.origin, secret) && !strstr(url.shown, secret) && !strstr(url.name, secret)),
                     "%s shows its secret: %s", text, url.origin);
    } else {
        fuzz_require(err.kind != ERROR_NONE && *err.message, "it is refused without a word");
        fuzz_require(!has_secret || !strstr(err.message, secret), "%s shows its secret: %s", text, err.message);
    }
    arena_release(&arena);
}

/* The text with the insertion there. */
static void check_with(const char *text, const char *at, const char *insertion)
{
    char *with = NULL;
    fuzz_require(asprintf(&with, "%.*s%s%s", (int)(at - text), text, insertion, at) > 0, "no memory");
    check(with, true);
    free(with);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *text = bytes_text((struct bytes){bytes, n}), insertion[64];
    size_t scheme = strncasecmp(text, "http://", 7) == 0 ? 7 : strncasecmp(text, "https://", 8) == 0 ? 8 : 0;
    const char *query = strpbrk(text, "?#");
    url_is(text);
    check(text, false);
    if (scheme && !strchr(text, '@') && !strstr(text, secret)) {
        snprintf(insertion, sizeof insertion, "user:%s@", secret);
        check_with(text, text + scheme, insertion);
        snprintf(insertion, sizeof insertion, "X-Amz-Signature=%s&", secret);
        if (query && *query == '?')
            check_with(text, query + 1, insertion);
    }
    free(text);
    return 0;
}

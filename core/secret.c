#include "core/secret.h"
#include "core/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where the secrets of an address lie. */
struct places {
    size_t login, host, query; /* where each begins; what has no login begins with its host */
};

/* Where the login begins of an address without "://", such as "user:password@host": a colon comes before an @ with no
 * slash between them, or with the one that is left of "https:/user:password@host". NULL where there is none. */
static const char *bare_login(const char *text)
{
    const char *value = strncmp(text, "--", 2) == 0 ? strchr(text, '=') : NULL; /* of an option in one word */
    const char *begin = value ? value + 1 : text;
    for (const char *colon = strchr(begin, ':'); colon; colon = strchr(colon + 1, ':')) {
        const char *login = colon[1] == '/' ? colon + 2 : colon + 1;
        if (login[strcspn(login, "/@")] == '@' && (login == colon + 1 || colon > begin + 1)) /* C:/ is no scheme */
            return login == colon + 1 ? begin : login;
    }
    return NULL;
}

/* The last @ ends the login: before it, a password may hold anything. */
static bool find(const char *text, struct places *places)
{
    const char *scheme = strstr(text, "://"), *login = scheme ? scheme + strlen("://") : bare_login(text);
    const char *at = login ? strrchr(login, '@') : NULL;
    if (!login)
        return false;
    places->login = (size_t)(login - text);
    places->host = at ? (size_t)(at - text) : places->login;
    places->query = places->host + strcspn(text + places->host, "?");
    return true;
}

enum { KEY_LETTERS = 43 }; /* behind "kpi_": 256 random bits in base64url */

/* An API key of kpi-server in the text, or NULL: random letters, large and small, and exactly as many as a key has, so
 * that long names of files are none. */
static const char *find_key(const char *text)
{
    for (const char *key = strstr(text, "kpi_"); key; key = strstr(key + 1, "kpi_")) {
        static const char small[] = "abcdefghijklmnopqrstuvwxyz", large[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        const char *random = key + strlen("kpi_");
        size_t n = 0;
        bool has_small = false, has_large = false;
        for (; random[n] && (isalnum((unsigned char)random[n]) || strchr("_-", random[n])); n++) {
            has_small = has_small || strchr(small, random[n]);
            has_large = has_large || strchr(large, random[n]);
        }
        if (n == KEY_LETTERS && has_small && has_large)
            return key;
    }
    return NULL;
}

bool secret_is_key(const char *text)
{
    return find_key(text);
}

bool secret_is_path(const char *text)
{
    const char *name = text + (strncmp(text, "..", 2) == 0 ? 2 : *text == '.');
    return !strstr(text, "://") && ((name[0] == '/' && name[1] != '/') || access(text, F_OK) == 0);
}

bool secret_in_address(const char *text)
{
    struct places places;
    return find(text, &places) && (places.host > places.login || text[places.query]);
}

static void address_shown(char out[SECRET_SHOWN_ROOM], const char *text)
{
    struct places places;
    char host[SECRET_SHOWN_ROOM - 64]; /* a longer one is cut; around it are a scheme and two ellipses */
    if (!secret_in_address(text) || !find(text, &places)) {
        utf8_copy(out, SECRET_SHOWN_ROOM, text);
        return;
    }
    utf8_copy(host, places.query - places.host < sizeof host ? places.query - places.host + 1 : sizeof host,
              text + places.host);
    snprintf(out, SECRET_SHOWN_ROOM, "%.*s%s%s%s", places.login < 40 ? (int)places.login : 40, text,
             places.host > places.login ? "…" : "", host, text[places.query] ? "?…" : "");
}

void secret_shown(char out[SECRET_SHOWN_ROOM], const char *text)
{
    static const char hidden[] = "kpi_…"; /* what follows a key says nothing that matters, and may be another */
    const char *key = find_key(text);
    char before[SECRET_SHOWN_ROOM], shown[SECRET_SHOWN_ROOM];
    if (!key) {
        address_shown(out, text);
        return;
    }
    utf8_copy(before, (size_t)(key - text) < sizeof before ? (size_t)(key - text) + 1 : sizeof before, text);
    address_shown(shown, before);
    utf8_copy(out, SECRET_SHOWN_ROOM - sizeof hidden, shown);
    memcpy(out + strlen(out), hidden, sizeof hidden);
}

void secret_overwrite(char *address)
{
    struct places places;
    if (!find(address, &places))
        return;
    memset(address + places.login, 'x', places.host - places.login);
    if (address[places.query])
        memset(address + places.query + 1, 'x', strlen(address + places.query + 1));
}

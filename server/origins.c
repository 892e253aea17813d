#include "server/origins.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ORIGINS_MOST = 64 };

struct origins {
    char *text; /* with NULs for commas */
    const char *list[ORIGINS_MOST];
    size_t count;
};

static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", of_names[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* [::1] */
static bool is_v6(const char *host, size_t n)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (n < 2 || n - 2 >= sizeof text || host[n - 1] != ']')
        return false;
    memcpy(text, host + 1, n - 2);
    text[n - 2] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

/* The n bytes in front of a port; NULL: they are a host. */
static const char *mistake_of_host(const char *host, size_t n)
{
    if (!is_ascii(host))
        return "browsers send such a host in letters of ASCII, as xn--…";
    if (*host == '[')
        return is_v6(host, n) ? NULL : "between [ and ] stands an IPv6 address";
    if (strspn(host, of_names) < n)
        return "a host has no such characters";
    for (size_t i = 0; i < n; i++)
        if (host[i] == '.' && (i == 0 || host[i - 1] == '.'))
            return "a host has no dot at its beginning, nor two in a row";
    return n == 0 ? "there is no host" : NULL;
}

/* What follows a host, with its colon; "" is fine. */
static const char *mistake_of_port(const char *port, bool secure)
{
    size_t digits;
    if (!*port)
        return NULL;
    digits = strspn(++port, "0123456789");
    if (port[digits] || digits == 0 || digits > 5 || *port == '0' || strtol(port, NULL, 10) > 65535)
        return "a port is a number from 1 to 65535, without a zero before it";
    return strcmp(port, secure ? "443" : "80") == 0 ? "browsers leave the usual port away" : NULL;
}

/* What is wrong with an origin, in words that end "…; such as https://…"; NULL: nothing. */
static const char *mistake(const char *origin)
{
    bool secure = strncmp(origin, "https://", 8) == 0;
    const char *host = secure ? origin + 8 : strncmp(origin, "http://", 7) == 0 ? origin + 7 : NULL, *wrong;
    size_t n;
    if (strchr(origin, '*'))
        return "there is no pattern; each origin is listed";
    if (!host || !*host)
        return "it is http:// or https:// and a host";
    if (strpbrk(host, "/?#@"))
        return "it has no path, not even a slash at its end";
    if (origin[strcspn(origin, capitals)])
        return "browsers send it in small letters";
    n = *host == '[' ? strcspn(host, "]") : strcspn(host, ":");
    n += host[n] == ']';
    wrong = mistake_of_host(host, n);
    if (!wrong && host[n] && host[n] != ':')
        wrong = "behind the host stands a port, or nothing";
    return wrong ? wrong : mistake_of_port(host + n, secure);
}

static bool read_list(struct origins *origins, struct error *err)
{
    for (char *rest = origins->text, *one; (one = strsep(&rest, ","));) {
        const char *wrong =
            *one ? mistake(one) : "no origin is named there; no comma stands at an end, nor two together";
        if (!wrong && origins->count == ORIGINS_MOST)
            wrong = "there are more than 64";
        if (wrong) {
            error_set(err, ERROR_INVALID, "--cors-origin: '%.200s': %s; such as https://dashboard.example", one, wrong);
            return false;
        }
        origins->list[origins->count++] = one;
    }
    return true;
}

struct origins *origins_new(const char *text, struct error *err)
{
    struct origins *origins = calloc(1, sizeof *origins);
    if (origins)
        origins->text = strdup(text);
    if (!origins || !origins->text)
        error_set(err, ERROR_INTERNAL, "out of memory");
    else if (read_list(origins, err))
        return origins;
    origins_free(origins);
    return NULL;
}

void origins_free(struct origins *origins)
{
    if (!origins)
        return;
    free(origins->text);
    free(origins);
}

const char *origins_find(const struct origins *origins, const char *origin)
{
    for (size_t i = 0; origin && i < origins->count; i++)
        if (strcmp(origins->list[i], origin) == 0)
            return origins->list[i];
    return NULL;
}

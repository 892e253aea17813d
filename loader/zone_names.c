#include "loader/zone_names.h"
#include "core/nearest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 64, DEPTH_MOST = 3 }; /* America/Argentina/Ushuaia */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";

const char *zone_folder(void)
{
    const char *folder = getenv("TZDIR");
    return folder && *folder ? folder : "/usr/share/zoneinfo";
}

/* All of the database's names begin so; copies that count leap seconds (right/) and lists (zone.tab) do not. */
static bool begins_as_name(const char *name)
{
    return *name >= 'A' && *name <= 'Z';
}

bool zone_name_is_valid(const char *name)
{
    size_t n = strlen(name);
    return begins_as_name(name) && n < NAME_MOST && strspn(name, letters) == n && name[n - 1] != '/';
}

/* The search for the nearest name. */
struct search {
    const char *wanted;
    const char *wanted_city; /* behind the last slash */
    char best[NAME_MOST];
    unsigned distance;
    bool any; /* there are zone files at all */
};

static void consider(struct search *s, const char *name)
{
    const char *best = s->best[0] ? s->best : NULL, *city = strrchr(name, '/'), *before = best;
    nearest_consider(s->wanted, name, &best, &s->distance);
    /* Sao_Paulo alone means America/Sao_Paulo. */
    if (s->wanted == s->wanted_city && city)
        nearest_consider(s->wanted, city + 1, &best, &s->distance);
    if (best != before)
        snprintf(s->best, sizeof s->best, "%s", name);
    s->any = true;
}

/* Considers all files below folder/prefix. */
static void walk(struct search *s, const char *folder, const char *prefix, int depth)
{
    char path[1024];
    DIR *d;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%s/%s", folder, prefix);
    d = opendir(path);
    while (d && (entry = readdir(d))) {
        char name[NAME_MOST];
        int n = snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "/" : "", entry->d_name);
        if (!begins_as_name(entry->d_name) || n >= NAME_MOST)
            continue;
        if (entry->d_type == DT_DIR) {
            if (depth < DEPTH_MOST)
                walk(s, folder, name, depth + 1);
        } else {
            consider(s, name);
        }
    }
    if (d)
        closedir(d);
}

void zone_unknown(const char *name, struct error *err)
{
    struct search s = {.wanted = name};
    const char *slash = strrchr(name, '/');
    s.wanted_city = slash ? slash + 1 : name;
    walk(&s, zone_folder(), "", 1);
    if (!s.any)
        error_set(
            err, ERROR_INVALID,
            "the time zone '%.64s' cannot be read: this system has no zone data in %s; install the package tzdata",
            name, zone_folder());
    else if (s.best[0])
        error_set(err, ERROR_INVALID, "there is no time zone '%.64s'; did you mean '%s'?", name, s.best);
    else
        error_set(err, ERROR_INVALID, "there is no time zone '%.64s'; name one as the IANA does, such as Europe/Paris",
                  name);
}

#include "loader/profile.h"
#include "core/hash.h"
#include "core/json.h"
#include "loader/profile_reading.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXTENDS_MOST = 4, PATH_MOST = 4096 };

/* The file's JSON over that of the profile that it extends, which lies beside it. */
static json_t *read_extended(const char *path, int depth, struct error *err)
{
    json_t *json = json_read_file(path, err), *base;
    const char *extends = json ? json_text(json, "extends") : NULL, *slash = strrchr(path, '/');
    char other[PATH_MOST];
    if (!extends || !*extends || strchr(extends, '/'))
        return json;
    snprintf(other, sizeof other, "%.*s%s.json", slash ? (int)(slash - path + 1) : 0, path, extends);
    base = NULL;
    if (depth == EXTENDS_MOST)
        error_set(err, ERROR_INVALID, "%s: $.extends: too many profiles extend each other", path);
    else if (access(other, F_OK) != 0)
        error_set(err, ERROR_INVALID, "%s: $.extends: there is no profile \"%s\" beside this one", path, extends);
    else
        base = read_extended(other, depth + 1, err);
    if (base) {
        json_object_del(base, "name"); /* each has its own */
        json_object_update(base, json);
    }
    json_decref(json);
    return base;
}

static void take_digest(const json_t *json, char digest[HASH_TEXT_MAX])
{
    char *text = json_write(json, JSON_COMPACT | JSON_SORT_KEYS);
    if (text)
        hash_text(text, strlen(text), digest);
    else
        memory_is_out();
    free(text);
}

struct profile *profile_check(const char *path, struct findings *found, struct error *err)
{
    struct profile *profile = NULL;
    json_t *json = read_extended(path, 0, err);
    if (!json)
        return NULL;
    profile = memory_zeroed(1, sizeof *profile);
    take_digest(json, profile->digest);
    profile_read(json, profile, found);
    json_decref(json);
    if (found->count == 0)
        return profile;
    findings_error(found, path, err);
    profile_free(profile);
    return NULL;
}

struct profile *profile_load(const char *path, struct error *err)
{
    struct findings found = {0};
    struct profile *profile = profile_check(path, &found, err);
    findings_release(&found);
    return profile;
}

void profile_free(struct profile *profile)
{
    if (!profile)
        return;
    arena_release(&profile->arena);
    free(profile);
}

/* Names the profiles that there are, for a name that is none of them. */
static void unknown_profile(const char *name, const char *dir, struct error *err)
{
    char known[256] = "";
    struct dirent **entries;
    int n = scandir(dir, &entries, json_is_file, alphasort);
    for (int i = 0; i < n; i++) {
        size_t used = strlen(known), length = strlen(entries[i]->d_name) - 5;
        snprintf(known + used, sizeof known - used, "%s%.*s", used ? ", " : "", (int)length, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    error_set(err, ERROR_NOT_FOUND, "--profile %s: there is no such profile in %s%s%s", name, dir,
              *known ? "; there are " : "; say where the profiles are with --profiles", known);
}

void profile_set_zone(struct profile *profile, const struct zone *zone)
{
    for (size_t i = 0; i < profile->file_count; i++)
        profile->files[i].layout.zone = zone;
}

bool profile_find(const char *name, const char *dir, char path[PATH_MOST], struct error *err)
{
    size_t n = strlen(name);
    if (strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".json") == 0)) {
        snprintf(path, PATH_MOST, "%s", name);
        return true;
    }
    snprintf(path, PATH_MOST, "%s/%s.json", dir, name);
    if (access(path, F_OK) == 0)
        return true;
    unknown_profile(name, dir, err);
    return false;
}

struct profile *profile_named(const char *name, const char *dir, struct error *err)
{
    char path[PATH_MOST];
    return profile_find(name, dir, path, err) ? profile_load(path, err) : NULL;
}

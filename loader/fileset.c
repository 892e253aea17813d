#include "loader/fileset.h"
#include "core/json.h"
#include "loader/lookup_reader.h"
#include "loader/match.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);
    return n > k && strcasecmp(name + n - k, suffix) == 0;
}

/* Adds the file unless it is there already, under this name or another: reading it twice would double its lines. */
static void add_input(struct fileset *set, const char *path, bool named)
{
    struct input *input;
    const char *slash;
    struct stat info = {0};
    bool exists = stat(path, &info) == 0;
    for (size_t i = 0; i < set->count && exists; i++)
        if (set->inputs[i].device == info.st_dev && set->inputs[i].inode == info.st_ino)
            return;
    set->inputs = memory_grow(set->inputs, &set->room, set->count + 1, sizeof *set->inputs);
    input = &set->inputs[set->count++];
    memset(input, 0, sizeof *input);
    input->path = arena_string(&set->arena, path);
    slash = strrchr(input->path, '/');
    input->name = slash ? slash + 1 : input->path;
    input->named = named;
    input->device = info.st_dev;
    input->inode = info.st_ino;
}

static int is_csv(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && ends_in(entry->d_name, ".csv");
}

static bool add_folder(struct fileset *set, const char *dir, struct error *err)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, is_csv, alphasort);
    char path[4096];
    if (n < 0) {
        error_set(err, ERROR_INVALID, "%s cannot be listed: %s", dir, strerror(errno));
        return false;
    }
    for (int i = 0; i < n; i++) {
        size_t length = strlen(dir);
        snprintf(path, sizeof path, "%s%s%s", dir, length && dir[length - 1] == '/' ? "" : "/", entries[i]->d_name);
        add_input(set, path, false);
        free(entries[i]);
    }
    free(entries);
    if (n == 0)
        error_set(err, ERROR_NOT_FOUND, "there is no .csv file in the folder %s", dir);
    return n > 0;
}

bool fileset_collect(struct fileset *set, char **paths, int count, struct error *err)
{
    for (int i = 0; i < count; i++) {
        struct stat info;
        if (stat(paths[i], &info) != 0) {
            error_set(err, ERROR_NOT_FOUND, "%s: %s", paths[i],
                      errno == ENOENT ? "there is no such file or folder" : strerror(errno));
            return false;
        }
        if (!S_ISDIR(info.st_mode))
            add_input(set, paths[i], true);
        else if (!add_folder(set, paths[i], err))
            return false;
    }
    return true;
}

void fileset_release(struct fileset *set)
{
    for (size_t i = 0; i < set->count; i++)
        csv_source_free(set->inputs[i].source);
    free(set->inputs);
    lookups_free(set);
    profile_free(set->profile);
    arena_release(&set->arena);
    memset(set, 0, sizeof *set);
}

uint64_t fileset_bytes(const struct fileset *set)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < set->count; i++)
        bytes += set->inputs[i].size;
    return bytes;
}

/* The kind that a file's rows are counted with, which is the last to be known. */
static int main_kind(const struct input *input)
{
    if (input->file->record_count == 0)
        return -1; /* only looked up in */
    return (int)input->file->records[input->file->record_count - 1].kind;
}

static int by_kind_then_path(const void *a, const void *b)
{
    const struct input *x = a, *y = b;
    if (main_kind(x) != main_kind(y))
        return main_kind(x) < main_kind(y) ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* Drops what no file of the profile fits, and puts the rest into reading order: what is referred to comes first. */
static void arrange(struct fileset *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->inputs[i].file)
            set->inputs[kept++] = set->inputs[i];
        else
            fprintf(stderr, "%s is left out: its columns are those of no file of the profile %s\n", set->inputs[i].path,
                    set->profile->name);
    }
    set->count = kept;
    qsort(set->inputs, set->count, sizeof *set->inputs, by_kind_then_path);
}

/* The profiles of a folder, tried one after the other. */
struct candidates {
    struct profile *best;
    struct match best_match;
    int fitting;
    struct error nearest; /* of the profile that came nearest, when none fits */
    size_t nearest_columns;
};

static void consider(struct fileset *set, struct profile *profile, struct candidates *c)
{
    struct match match;
    struct error why;
    if (match_profile(set, profile, &match, &why)) {
        bool better = !c->best || match.files > c->best_match.files ||
                      (match.files == c->best_match.files && match.columns > c->best_match.columns);
        c->fitting++;
        if (better) {
            struct profile *worse = c->best;
            c->best = profile;
            c->best_match = match;
            profile = worse;
        }
    } else if (match.nearest > c->nearest_columns || c->nearest.kind == ERROR_NONE) {
        c->nearest = why;
        c->nearest_columns = match.nearest;
    }
    profile_free(profile);
}

/* Tries every profile of the folder; a profile that cannot be read is an error, since it might be the one. */
static bool try_all(struct fileset *set, const char *dir, struct candidates *c, struct error *err)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, json_is_file, alphasort);
    bool ok = n > 0;
    if (n <= 0)
        error_set(err, ERROR_NOT_FOUND, "there are no profiles in %s; say where they are with --profiles", dir);
    for (int i = 0; i < n; i++) {
        char path[4096];
        struct profile *profile = NULL;
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (ok)
            profile = profile_load(path, err);
        if (profile)
            consider(set, profile, c);
        else
            ok = false;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

static bool detect(struct fileset *set, const char *dir, struct error *err)
{
    struct candidates c = {0};
    struct match match;
    if (!try_all(set, dir, &c, err)) {
        profile_free(c.best);
        return false;
    }
    if (!c.best && c.nearest_columns == 0) {
        error_set(err, ERROR_NOT_FOUND, "no profile in %s knows a column of %s; write one for this layout", dir,
                  set->inputs[0].path);
        return false;
    }
    if (!c.best) {
        *err = c.nearest;
        error_prefix(err, "no profile fits; the nearest does not because");
        return false;
    }
    set->profile = c.best;
    snprintf(set->reason, sizeof set->reason, "recognised by %zu column%s of %zu file%s%s", c.best_match.columns,
             c.best_match.columns == 1 ? "" : "s", c.best_match.files, c.best_match.files == 1 ? "" : "s",
             c.fitting > 1 ? "; others fit too, with fewer" : "");
    return match_profile(set, set->profile, &match, err);
}

/* A file that cannot be read, or is empty, is no question of profiles. */
static bool check_readable(const struct fileset *set, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < set->count && ok; i++) {
        struct csv_record record;
        struct csv_source *source = csv_source_open(set->inputs[i].path, ENCODING_UTF8, ',', err);
        enum csv_result result = source ? csv_source_next(source, &record, err) : CSV_FAILED;
        if (result == CSV_END)
            error_set(err, ERROR_INVALID, "%s is empty: not even a header", set->inputs[i].path);
        ok = result == CSV_RECORD;
        csv_source_free(source);
    }
    return ok;
}

bool fileset_match(struct fileset *set, const char *name, const char *profiles_dir, struct error *err)
{
    struct match match;
    if (!check_readable(set, err))
        return false;
    if (!name) {
        if (!detect(set, profiles_dir, err))
            return false;
    } else {
        set->profile = profile_named(name, profiles_dir, err);
        if (!set->profile || !match_profile(set, set->profile, &match, err))
            return false;
        snprintf(set->reason, sizeof set->reason, "as --profile says");
    }
    arrange(set);
    return match_encodings(set, err);
}

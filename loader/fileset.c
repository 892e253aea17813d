#include "loader/fileset.h"
#include "core/json.h"
#include "loader/input.h"
#include "loader/lookup_reader.h"
#include "loader/match.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);
    return n > k && strcasecmp(name + n - k, suffix) == 0;
}

static void add(struct fileset *set, const struct input *input)
{
    set->inputs = memory_grow(set->inputs, &set->room, set->count + 1, sizeof *set->inputs);
    set->inputs[set->count++] = *input;
}

/* Adds the file unless it is there already, under this name or another: reading it twice would double its lines. */
static bool add_file(struct fileset *set, const char *path, bool named, struct error *err)
{
    struct input input = {.fd = -1, .named = named};
    struct stat info;
    if (stat(path, &info) == 0)
        for (size_t i = 0; i < set->count; i++)
            if (set->inputs[i].device == info.st_dev && set->inputs[i].inode == info.st_ino)
                return true;
    if (!input_open_file(&input, &set->arena, arena_string(&set->arena, path), &set->options, err)) {
        input_close(&input);
        return false;
    }
    add(set, &input);
    return true;
}

static bool add_stdin(struct fileset *set, struct error *err)
{
    struct input input = {.fd = -1, .named = true};
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->inputs[i].path, "stdin") == 0 && strcmp(set->inputs[i].origin, "-") == 0)
            return true;
    if (!input_open_stdin(&input, &set->options, err)) {
        input_close(&input);
        return false;
    }
    add(set, &input);
    return true;
}

static bool add_url(struct fileset *set, const char *address, struct error *err)
{
    struct input input = {.fd = -1, .named = true};
    for (size_t i = 0; i < set->count; i++)
        if (set->inputs[i].url && strcmp(set->inputs[i].url->whole, address) == 0)
            return true;
    if (!input_open_url(&input, &set->arena, address, &set->options, err)) {
        input_close(&input);
        return false;
    }
    add(set, &input);
    return true;
}

bool fileset_takes(const char *name)
{
    return !strchr(".~", name[0]) && (ends_in(name, ".csv") || ends_in(name, ".csv.gz"));
}

void fileset_blame(const struct fileset *set, const char *path)
{
    if (set->options.scope)
        snprintf(set->options.scope->unfit, sizeof set->options.scope->unfit, "%s", path);
}

/* Adds a file of a folder, unless it is left for another time. */
static bool add_found(struct fileset *set, const char *path, struct error *err)
{
    struct fileset_scope *scope = set->options.scope;
    if (scope && !scope->takes(scope->context, path)) {
        scope->left_out = true;
        return true;
    }
    if (add_file(set, path, false, err))
        return true;
    fileset_blame(set, path);
    return false;
}

static int is_taken(const struct dirent *entry)
{
    return fileset_takes(entry->d_name);
}

static bool add_folder(struct fileset *set, const char *dir, struct error *err)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, is_taken, alphasort);
    size_t length = strlen(dir);
    bool ok = n > 0;
    if (n < 0) {
        error_set(err, ERROR_INVALID, "%s cannot be listed: %s", dir, strerror(errno));
        return false;
    }
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s%s%s", dir, length && dir[length - 1] == '/' ? "" : "/", entries[i]->d_name);
        ok = ok && add_found(set, path, err);
        free(entries[i]);
    }
    free(entries);
    if (n == 0)
        error_set(err, ERROR_NOT_FOUND, "there is no .csv file in the folder %s, nor a .csv.gz", dir);
    return ok;
}

/* glob(3) has no context for its callback. */
static int cannot_list(const char *path, int reason)
{
    fprintf(stderr, "%s cannot be listed: %s\n", path, strerror(reason));
    return 1;
}

/* Adds what matches a pattern that no shell has expanded, as in a crontab. */
static bool add_pattern(struct fileset *set, const char *pattern, struct error *err)
{
    glob_t found;
    int result = glob(pattern, 0, cannot_list, &found);
    bool ok = result == 0;
    for (size_t i = 0; ok && i < found.gl_pathc; i++) {
        struct stat info;
        bool folder = stat(found.gl_pathv[i], &info) == 0 && S_ISDIR(info.st_mode);
        ok = folder ? add_folder(set, found.gl_pathv[i], err) : add_file(set, found.gl_pathv[i], false, err);
    }
    if (result == 0)
        globfree(&found);
    else if (result == GLOB_NOMATCH)
        error_set(err, ERROR_NOT_FOUND, "no file matches the pattern %s", pattern);
    else
        error_set(err, ERROR_INVALID, "the files of the pattern %s cannot be listed", pattern);
    return ok;
}

static bool collect(struct fileset *set, const char *path, struct error *err)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return add_stdin(set, err);
    if (url_is(path))
        return add_url(set, path, err);
    if (stat(path, &info) == 0)
        return S_ISDIR(info.st_mode) ? add_folder(set, path, err) : add_file(set, path, true, err);
    if (errno == ENOENT && strpbrk(path, "*?["))
        return add_pattern(set, path, err);
    error_set(err, ERROR_NOT_FOUND, "%s: %s", path,
              errno == ENOENT ? "there is no such file or folder" : strerror(errno));
    return false;
}

bool fileset_collect(struct fileset *set, char **paths, int count, const struct fileset_options *options,
                     struct error *err)
{
    bool ok = true;
    set->options = *options;
    for (int i = 0; i < count && ok; i++)
        ok = collect(set, paths[i], err);
    return ok;
}

bool fileset_not_modified(const struct fileset *set)
{
    size_t n = 0;
    while (n < set->count && set->inputs[n].not_modified)
        n++;
    return n == set->count;
}

/* Fetches what was left on its server. */
static bool fetch_all(struct fileset *set, struct error *err)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->inputs[i].not_modified && !input_fetch(&set->inputs[i], &set->arena, &set->options, err))
            return false;
    return true;
}

void fileset_rewind(struct fileset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct input *input = &set->inputs[i];
        csv_source_free(input->source);
        input->source = NULL;
        input->unknown_references = input->lines = 0;
        memset(&input->tally, 0, sizeof input->tally);
    }
}

void fileset_release(struct fileset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        csv_source_free(set->inputs[i].source);
        input_close(&set->inputs[i]);
    }
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
    return strverscmp(x->path, y->path); /* orders-9.csv before orders-10.csv */
}

/* Drops what no file of the profile fits, and puts the rest into reading order: what is referred to comes first. */
static void arrange(struct fileset *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->inputs[i].file) {
            set->inputs[kept++] = set->inputs[i];
            continue;
        }
        fprintf(stderr, "%s is left out: its columns are those of no file of the profile %s\n", set->inputs[i].path,
                set->profile->name);
        input_close(&set->inputs[i]);
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

/* A profile that lacks no file, then the one that knows more files, then more columns. */
static bool is_better(const struct match *a, const struct match *b)
{
    bool whole_a = a->lacks.kind == ERROR_NONE, whole_b = b->lacks.kind == ERROR_NONE;
    if (whole_a != whole_b)
        return whole_a;
    return a->files > b->files || (a->files == b->files && a->columns > b->columns);
}

static void consider(struct fileset *set, struct profile *profile, struct candidates *c)
{
    struct match match;
    struct error why;
    if (match_profile(set, profile, &match, &why)) {
        bool better = !c->best || is_better(&match, &c->best_match);
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
    if (!match_profile(set, set->profile, &match, err))
        return false;
    set->lacks = match.lacks;
    return true;
}

/* Takes an input out of the set. */
static void leave_out(struct fileset *set, size_t number, const char *why)
{
    fprintf(stderr, "%s is left out: %s\n", set->inputs[number].path, why);
    input_close(&set->inputs[number]);
    memmove(&set->inputs[number], &set->inputs[number + 1], (--set->count - number) * sizeof *set->inputs);
}

/* A file that cannot be read, or is empty, is no question of profiles. */
static bool check_readable(struct fileset *set, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < set->count && ok;) {
        struct csv_record record;
        struct csv_source *source = csv_source_open(set->inputs[i].fd, set->inputs[i].path, ENCODING_UTF8, ',', err);
        enum csv_result result = source ? csv_source_next(source, &record, err) : CSV_FAILED;
        csv_source_free(source);
        if (result == CSV_END && !set->inputs[i].named && set->count > 1) {
            leave_out(set, i, "it is empty");
            continue;
        }
        if (result == CSV_END)
            error_set(err, ERROR_INVALID, "%s is empty: not even a header", set->inputs[i].path);
        ok = result == CSV_RECORD;
        if (!ok && !set->inputs[i].named)
            fileset_blame(set, set->inputs[i].path);
        i++;
    }
    return ok;
}

bool fileset_match(struct fileset *set, const char *name, const char *profiles_dir, struct error *err)
{
    struct match match;
    if (!fetch_all(set, err) || !check_readable(set, err))
        return false;
    if (!name) {
        if (!detect(set, profiles_dir, err))
            return false;
    } else {
        set->profile = profile_named(name, profiles_dir, err);
        if (!set->profile || !match_profile(set, set->profile, &match, err))
            return false;
        set->lacks = match.lacks;
        snprintf(set->reason, sizeof set->reason, "as --profile says");
    }
    arrange(set);
    match_encodings(set);
    return true;
}

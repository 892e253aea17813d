#include "loader/check.h"
#include "core/json.h"
#include "core/secret.h"
#include "loader/trial.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECK_RIGHT = 0, CHECK_WRONG = 1, CHECK_USAGE = 2, CHECK_REJECTS = 3, PATH_MOST = 4096 };

static void put_character(struct buffer *to, char c)
{
    if (c == '\t')
        buffer_text(to, " tab");
    else if (c == ' ')
        buffer_text(to, " space");
    else if (c)
        buffer_printf(to, " %c", c);
}

/* How text is written, as a line. */
static void put_layout(struct buffer *to, const struct layout *layout)
{
    buffer_text(to, "encoding");
    for (int i = 0; i < layout->encoding_count; i++)
        buffer_printf(to, "%s %s", i ? " or" : "", encoding_names[layout->encodings[i]]);
    buffer_text(to, "; delimiter");
    for (int i = 0; i < layout->delimiter_count; i++)
        put_character(to, layout->delimiters[i]);
    buffer_text(to, "; decimal point");
    put_character(to, layout->numbers.point);
    put_character(to, layout->numbers.other_point);
    if (layout->numbers.group)
        buffer_text(to, "; thousands");
    put_character(to, layout->numbers.group);
    if (layout->date_count)
        buffer_printf(to, "; dates %s", layout->date_text);
}

/* Prints the layout unless the file before has the same one, which *last holds. */
static void print_layout(const struct layout *layout, struct buffer *last)
{
    struct buffer line = {0};
    put_layout(&line, layout);
    memory_check(&line);
    if (!last->bytes || strcmp(last->bytes, line.bytes) != 0)
        printf("    %s\n", line.bytes);
    buffer_release(last);
    *last = line;
}

static void print_columns(const struct profile_file *file)
{
    printf("    columns:");
    for (size_t i = 0; i < file->column_count; i++) {
        const struct profile_column *column = &file->columns[i];
        printf("%s %s", i ? "," : "", column->name);
        for (size_t k = 0; k < column->alias_count; k++)
            printf(" or %s", column->aliases[k]);
        if (column->optional || column->unused)
            printf(" (%s%s%s)", column->optional ? "optional" : "", column->optional && column->unused ? ", " : "",
                   column->unused ? "unused" : "");
    }
    printf("\n");
}

static void print_record(const struct profile_record *record, bool last)
{
    const struct schema_kind *schema = &schema_kinds[record->kind];
    const char *separator = ":";
    printf("    gives %s%s", schema->name, record->when ? " of some rows" : "");
    for (size_t i = 0; i < schema->field_count; i++) {
        if (!record->fields[i])
            continue;
        printf("%s %s", separator, schema->fields[i].name);
        separator = ",";
    }
    if (record->first_wins == last) /* not what is usual */
        printf("; a key that comes again: %s",
               record->first_wins ? "the first row defines" : "rejected when it differs");
    printf("\n");
}

static void print_file(const struct profile *profile, const struct profile_file *file, struct buffer *layout)
{
    printf("  file %s%s%s%s\n", file->name, file->required ? "" : " (optional)", file->pattern ? ", named like " : "",
           file->pattern ? file->pattern : "");
    print_layout(&file->layout, layout);
    if (!file->has_header)
        printf("    no header: %zu columns\n", file->name_count);
    print_columns(file);
    for (size_t i = 0; i < file->skip_count; i++)
        printf("    skips rows: %s\n", file->skips[i].reason);
    if (file->key)
        printf("    is looked up in for");
    for (size_t i = 0; i < file->value_count; i++)
        printf("%s %s%s", i ? "," : "", file->values[i].name, file->values[i].is_sum ? " (a sum)" : "");
    if (file->key)
        printf("\n");
    for (size_t i = 0; i < profile->file_count; i++)
        if (file->looks_in >> i & 1)
            printf("    looks up in %s\n", profile->files[i].name);
    for (size_t i = 0; i < file->record_count; i++)
        print_record(&file->records[i], i + 1 == file->record_count);
}

static bool gives(const struct profile *profile, enum kind kind)
{
    for (size_t i = 0; i < profile->file_count; i++)
        for (size_t k = 0; k < profile->files[i].record_count; k++)
            if (profile->files[i].records[k].kind == kind)
                return true;
    return false;
}

/* What is not wrong by itself, but seldom meant. */
static void print_notes(const struct profile *profile)
{
    if (!gives(profile, KIND_ORDER))
        printf("  note: no file gives orders; rows that belong to orders are loaded only where these are there\n");
    for (size_t i = 0; i < profile->file_count; i++) {
        for (size_t k = 0; k < profile->files[i].record_count; k++) {
            const struct profile_record *record = &profile->files[i].records[k];
            const struct schema_kind *schema = &schema_kinds[record->kind];
            for (size_t f = 0; f < schema->field_count; f++)
                if (record->fields[f] && schema->fields[f].type == FIELD_REFERENCE &&
                    !gives(profile, schema->fields[f].refers))
                    printf("  note: %s of %s refers to a %s, but no file gives one: such rows are rejected\n",
                           schema->fields[f].name, schema->name, schema_kinds[schema->fields[f].refers].name);
        }
    }
}

static void print_profile(const char *path, const struct profile *profile)
{
    struct buffer layout = {0};
    printf("%s: the profile %s is right\n  %s (%s)%s%s\n", path, profile->name, profile->title, profile->currency,
           profile->timezone ? "; times of " : "", profile->timezone ? profile->timezone : "");
    for (size_t i = 0; i < profile->file_count; i++)
        print_file(profile, &profile->files[i], &layout);
    print_notes(profile);
    buffer_release(&layout);
}

/* --profile finds a profile by the name of its file, and so it is to call itself. */
static bool check_name(const char *path, const struct profile *profile)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    size_t n = strlen(file), length = n > 5 && strcmp(file + n - 5, ".json") == 0 ? n - 5 : n;
    if (strlen(profile->name) == length && memcmp(profile->name, file, length) == 0)
        return true;
    fprintf(stderr, "%s: $.name: is \"%s\", but --profile calls it %.*s, as its file is called; let both be the same\n",
            path, profile->name, (int)length, file);
    return false;
}

/* Checks one profile: all that is wrong with it, or what it says. */
static bool check_profile(const char *path)
{
    struct findings found = {0};
    struct error err = {0};
    struct profile *profile = profile_check(path, &found, &err);
    bool ok = profile && check_name(path, profile);
    if (ok)
        print_profile(path, profile);
    for (size_t i = 0; i < found.count; i++)
        fprintf(stderr, "%s: %s: %s\n", path, found.list[i].path, found.list[i].sentence);
    if (!profile && found.count == 0)
        fprintf(stderr, "kpi-load: %s\n", err.message);
    findings_release(&found);
    profile_free(profile);
    return ok;
}

static bool check_folder(const char *dir)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, json_is_file, alphasort);
    bool ok = n > 0;
    if (n <= 0)
        fprintf(stderr, "kpi-load: there are no profiles in %s; say where they are with --profiles\n", dir);
    for (int i = 0; i < n; i++) {
        char path[PATH_MOST];
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        ok = check_profile(path) && ok;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

/* The arguments behind "check": profiles, and files to try. */
struct request {
    const char *dir;
    char **files;
    int file_count;
    char (*profiles)[PATH_MOST];
    int profile_count;
    struct fileset_options options;
};

/* An argument ends in .json or is the name of a profile of the folder, or else names data. */
static bool sort_argument(struct request *r, char *argument, struct error *err)
{
    struct error unknown;
    char shown[SECRET_SHOWN_ROOM];
    size_t n = strlen(argument);
    bool is_json = n > 5 && strcmp(argument + n - 5, ".json") == 0, exists = access(argument, F_OK) == 0;
    if ((is_json || !exists) && !(strchr(argument, '/') && !is_json) &&
        profile_find(argument, r->dir, r->profiles[r->profile_count], &unknown)) {
        r->profile_count++;
        return true;
    }
    if (exists) {
        r->files[r->file_count++] = argument;
        return true;
    }
    secret_shown(shown, argument);
    error_set(err, ERROR_NOT_FOUND, "check: %s is neither a file nor a profile of %s", shown, r->dir);
    return false;
}

/* Matches the files, and tries their rows. */
static int try_files(const struct request *r, struct error *err)
{
    struct fileset set;
    bool rejected = false, ok;
    memset(&set, 0, sizeof set);
    ok = fileset_collect(&set, r->files, r->file_count, &r->options, err) &&
         fileset_match(&set, r->profile_count ? r->profiles[0] : NULL, r->dir, err);
    if (ok) {
        printf("profile %s: %s\n", set.profile->name, set.reason);
        if (set.lacks.kind != ERROR_NONE)
            printf("  note: %s; a first load cannot do without it\n", set.lacks.message);
        ok = trial_run(&set, &rejected, err);
    }
    fileset_release(&set);
    return !ok ? CHECK_WRONG : rejected ? CHECK_REJECTS : CHECK_RIGHT;
}

static int run(struct request *r, const struct options *options, struct error *err)
{
    bool ok = true;
    for (int i = 1; i < options->argument_count; i++)
        if (!sort_argument(r, options->arguments[i], err))
            return CHECK_USAGE;
    if (r->file_count > 0 && r->profile_count > 1) {
        error_set(err, ERROR_INVALID, "check: files can be tried with one profile only");
        return CHECK_USAGE;
    }
    if (r->profile_count + r->file_count == 0)
        return check_folder(r->dir) ? CHECK_RIGHT : CHECK_WRONG;
    for (int i = 0; i < r->profile_count; i++)
        ok = check_profile(r->profiles[i]) && ok;
    return !ok ? CHECK_WRONG : r->file_count ? try_files(r, err) : CHECK_RIGHT;
}

int check_run(const struct options *options)
{
    struct request r = {.dir = options->text[OPTION_PROFILES],
                        .options.download = {.most = (uint64_t)options->number[OPTION_MAX_DOWNLOAD] << 20,
                                             .stall_seconds = options->number[OPTION_DOWNLOAD_TIMEOUT]}};
    struct error err = {0};
    int status;
    r.files = memory_zeroed((size_t)options->argument_count, sizeof *r.files);
    r.profiles = memory_zeroed((size_t)options->argument_count, sizeof *r.profiles);
    status = run(&r, options, &err);
    if (err.kind != ERROR_NONE)
        fprintf(stderr, "kpi-load: %s\n", err.message);
    free(r.files);
    free(r.profiles);
    return status;
}

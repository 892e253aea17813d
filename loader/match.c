#include "loader/match.h"
#include "core/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How one header fits one file of a profile. */
struct fit {
    size_t used;                          /* columns found */
    const struct profile_column *missing; /* the first that must be there and is not */
    const char *doubled;                  /* a used column that the header names twice */
};

static struct text trimmed(struct text text)
{
    while (text.n && strchr(" \t", text.bytes[0]))
        text.bytes++, text.n--;
    while (text.n && strchr(" \t", text.bytes[text.n - 1]))
        text.n--;
    return text;
}

/* Reads the first record of the input as the layout has it. */
static bool read_header(struct fileset *set, struct input *input, const struct layout *layout, struct error *err)
{
    struct csv_record record;
    struct csv_source *source = csv_source_open(input->fd, input->path, layout->encoding, layout->delimiter, err);
    enum csv_result result;
    if (!source)
        return false;
    result = csv_source_next(source, &record, err);
    if (result == CSV_RECORD) {
        input->header = arena_take(&set->arena, (record.count + 1) * sizeof *input->header);
        input->header_count = record.count;
        for (size_t i = 0; i < record.count; i++) {
            struct text name = trimmed(record.fields[i]);
            char *copy = arena_bytes(&set->arena, name.n + 1);
            memcpy(copy, name.bytes, name.n);
            copy[name.n] = '\0';
            input->header[i] = (struct text){copy, name.n};
        }
    }
    csv_source_free(source);
    return result == CSV_RECORD;
}

static int find_column(const struct input *input, const char *name, bool *doubled)
{
    int found = -1;
    for (size_t i = 0; i < input->header_count; i++) {
        if (!text_equal(input->header[i], text_of(name)))
            continue;
        *doubled = *doubled || found >= 0;
        found = found >= 0 ? found : (int)i;
    }
    return found;
}

/* The column under its name or one of its other names. */
static int locate(const struct input *input, const struct profile_column *column, struct fit *fit)
{
    bool doubled = false;
    int at = find_column(input, column->name, &doubled);
    for (size_t i = 0; at < 0 && i < column->alias_count; i++)
        at = find_column(input, column->aliases[i], &doubled);
    if (doubled && !fit->doubled)
        fit->doubled = column->name;
    return at;
}

static struct fit fit_file(const struct input *input, const struct profile_file *file, int *columns)
{
    struct fit fit = {0};
    for (size_t i = 0; i < file->column_count; i++) {
        int at = locate(input, &file->columns[i], &fit);
        if (columns)
            columns[i] = at;
        if (at >= 0)
            fit.used++;
        else if (!file->columns[i].optional && !fit.missing)
            fit.missing = &file->columns[i];
    }
    return fit;
}

/* Whether both read a header alike, so that it need not be read again. */
static bool same_header_layout(const struct layout *a, const struct layout *b)
{
    return a->encoding == b->encoding && a->delimiter == b->delimiter;
}

static void missing_column(const struct input *input, const struct profile *profile, const struct profile_file *file,
                           const struct fit *fit, struct error *err)
{
    const char *best = NULL;
    unsigned distance;
    for (size_t i = 0; i < input->header_count; i++)
        nearest_consider(fit->missing->name, input->header[i].bytes, &best, &distance);
    if (best)
        error_set(err, ERROR_INVALID, "%s lacks the column '%s' (profile %s, file %s); the nearest that it has is '%s'",
                  input->path, fit->missing->name, profile->name, file->name, best);
    else
        error_set(err, ERROR_INVALID, "%s lacks the column '%s' (profile %s, file %s)", input->path, fit->missing->name,
                  profile->name, file->name);
}

/* The first columns, for a file in which nothing is known. */
static void unknown_layout(const struct input *input, const struct profile *profile, struct error *err)
{
    char names[160] = "";
    for (size_t i = 0; i < input->header_count && i < 6; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", input->header[i].bytes);
    }
    error_set(err, ERROR_INVALID,
              "%s is no file of the profile %s: its columns are %s%s; name the right profile with --profile",
              input->path, profile->name, names, input->header_count > 6 ? ", …" : "");
}

/* Says why the input is no file of the profile. Of a folder's files only the one that comes nearest is worth a
 * sentence, and only when it has half of the columns at least: a stray file must not hide that another is missing. */
static void explain(const struct input *input, const struct profile *profile, const struct profile_file *nearest,
                    const struct fit *fit, const struct match *match, struct error *err)
{
    bool near = nearest && (input->named || fit->used * 2 >= nearest->column_count);
    if (near && (input->named || fit->used == match->nearest))
        missing_column(input, profile, nearest, fit, err);
    else if (input->named)
        unknown_layout(input, profile, err);
}

/* Finds the file of the profile that uses most of the input's columns. */
static bool match_input(struct fileset *set, struct input *input, const struct profile *profile, struct match *match,
                        struct error *err)
{
    const struct profile_file *nearest = NULL;
    struct fit nearest_fit = {0}, best = {0};
    const struct layout *read_as = NULL;
    input->file = NULL;
    for (size_t i = 0; i < profile->file_count; i++) {
        const struct profile_file *file = &profile->files[i];
        struct fit fit;
        if ((!read_as || !same_header_layout(read_as, &file->layout)) && !read_header(set, input, &file->layout, err))
            return false;
        read_as = &file->layout;
        fit = fit_file(input, file, NULL);
        if (fit.used > nearest_fit.used) {
            nearest = file;
            nearest_fit = fit;
        }
        if (!fit.missing && fit.used > best.used) {
            input->file = file;
            best = fit;
        }
    }
    if (nearest_fit.used > match->nearest)
        match->nearest = nearest_fit.used;
    if (input->file && best.doubled) {
        error_set(err, ERROR_INVALID, "%s names the column '%s' twice", input->path, best.doubled);
        return false;
    }
    if (input->file) {
        match->files++;
        match->columns += best.used;
        if (read_as != &input->file->layout && !read_header(set, input, &input->file->layout, err))
            return false;
        input->columns = arena_take(&set->arena, (input->file->column_count + 1) * sizeof *input->columns);
        fit_file(input, input->file, input->columns);
        return true;
    }
    explain(input, profile, nearest, &nearest_fit, match, err);
    return !input->named;
}

/* A file that the profile needs and no input is; err then holds the sentence, or what was wrong with the nearest. */
static bool check_required(const struct fileset *set, const struct profile *profile, struct error *err)
{
    for (size_t i = 0; i < profile->file_count; i++) {
        const struct profile_file *file = &profile->files[i];
        char names[200] = "";
        bool found = !file->required;
        for (size_t k = 0; k < set->count && !found; k++)
            found = set->inputs[k].file == file;
        if (found)
            continue;
        if (err->kind != ERROR_NONE)
            return false;
        for (size_t k = 0; k < file->column_count; k++) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", k ? ", " : "", file->columns[k].name);
        }
        error_set(err, ERROR_INVALID, "the profile %s needs a file of %s, with the columns %s; none was given",
                  profile->name, file->name, names);
        return false;
    }
    return true;
}

bool match_profile(struct fileset *set, const struct profile *profile, struct match *match, struct error *err)
{
    *match = (struct match){0};
    err->kind = ERROR_NONE;
    for (size_t i = 0; i < set->count; i++)
        if (!match_input(set, &set->inputs[i], profile, match, err))
            return false;
    if (match->files == 0) {
        if (err->kind == ERROR_NONE)
            error_set(err, ERROR_INVALID, "none of the files is one of the profile %s", profile->name);
        return false;
    }
    if (err->kind != ERROR_NONE)
        return check_required(set, profile, err);
    check_required(set, profile, &match->lacks);
    return true;
}

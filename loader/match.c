#include "loader/match.h"
#include "core/nearest.h"
#include "loader/encoding_guess.h"
#include "loader/latin.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* How one header fits one file of a profile. */
struct fit {
    const struct profile_file *file;
    const struct header *header;
    bool named;                           /* the name of the file is one that the profile's file expects */
    size_t used;                          /* columns found */
    const struct profile_column *missing; /* the first that must be there and is not */
    const char *doubled;                  /* a used column that the header names twice */
};

/* The fits of an input found so far. */
struct fits {
    struct fit best, nearest;        /* of those that fit; of all */
    const struct profile_file *bare; /* one without a header that has the input's name or its number of columns */
    size_t bare_columns;             /* that the input has then */
};

static struct text trimmed(struct text text)
{
    while (text.n && strchr(" \t", text.bytes[0]))
        text.bytes++, text.n--;
    while (text.n && strchr(" \t", text.bytes[text.n - 1]))
        text.n--;
    return text;
}

/* The columns of a header as texts of their own. */
static void copy_names(struct fileset *set, const struct csv_record *record, struct header *header)
{
    header->names = arena_take(&set->arena, (record->count + 1) * sizeof *header->names);
    header->count = record->count;
    for (size_t i = 0; i < record->count; i++) {
        struct text name = trimmed(record->fields[i]);
        char *copy = arena_bytes(&set->arena, name.n + 1);
        memcpy(copy, name.bytes, name.n);
        copy[name.n] = '\0';
        header->names[i] = (struct text){copy, name.n};
    }
}

/* The first record of the input in that form, which is read once; NULL: err says why not. */
static const struct header *read_header(struct fileset *set, struct input *input, enum encoding encoding,
                                        char delimiter, struct error *err)
{
    struct csv_record record;
    struct csv_source *source;
    struct header *header;
    for (const struct header *h = input->headers; h; h = h->next)
        if (h->encoding == encoding && h->delimiter == delimiter)
            return h;
    source = csv_source_open(input->fd, input->path, encoding, delimiter, err);
    if (!source)
        return NULL;
    if (csv_source_next(source, &record, err) != CSV_RECORD) {
        csv_source_free(source);
        return NULL;
    }
    header = arena_take(&set->arena, sizeof *header);
    *header = (struct header){.next = input->headers, .encoding = encoding, .delimiter = delimiter};
    header->bad_encoding = record.bad_encoding;
    copy_names(set, &record, header);
    csv_source_free(source);
    input->headers = header;
    return header;
}

/* The header in the first of the layout's encodings in which it is text. */
static const struct header *readable_header(struct fileset *set, struct input *input, const struct layout *layout,
                                            char delimiter, struct error *err)
{
    const struct header *header = NULL;
    for (int i = 0; i < layout->encoding_count; i++) {
        header = read_header(set, input, layout->encodings[i], delimiter, err);
        if (!header || !header->bad_encoding)
            break;
    }
    return header;
}

static int find_column(const struct header *header, const char *name, bool *doubled)
{
    int found = -1;
    for (size_t i = 0; i < header->count; i++) {
        if (!latin_equal(header->names[i], text_of(name)))
            continue;
        *doubled = *doubled || found >= 0;
        found = found >= 0 ? found : (int)i;
    }
    return found;
}

/* The column under its name or one of its other names. */
static int locate(const struct header *header, const struct profile_column *column, struct fit *fit)
{
    bool doubled = false;
    int at = find_column(header, column->name, &doubled);
    for (size_t i = 0; at < 0 && i < column->alias_count; i++)
        at = find_column(header, column->aliases[i], &doubled);
    if (doubled && !fit->doubled)
        fit->doubled = column->name;
    return at;
}

/* Whether the profile's file is for files of that name; the ending .gz does not count. */
static bool name_fits(const struct profile_file *file, const char *name)
{
    char bare[NAME_MAX + 1];
    size_t n = strlen(name);
    snprintf(bare, sizeof bare, "%s", name);
    if (n > 3 && n < sizeof bare && strcasecmp(bare + n - 3, ".gz") == 0)
        bare[n - 3] = '\0';
    return file->pattern && fnmatch(file->pattern, bare, FNM_CASEFOLD) == 0;
}

/* The header that a file without one would have, if it has as many columns. */
static const struct header *given_header(struct fileset *set, const struct input *input,
                                         const struct profile_file *file, const struct header *first)
{
    struct header *header;
    if (first->count != file->name_count || !name_fits(file, input->name))
        return NULL;
    header = arena_take(&set->arena, sizeof *header);
    *header = (struct header){.encoding = first->encoding, .delimiter = first->delimiter, .count = file->name_count};
    header->names = arena_take(&set->arena, (file->name_count + 1) * sizeof *header->names);
    for (size_t i = 0; i < file->name_count; i++)
        header->names[i] = text_of(file->names[i]);
    return header;
}

/* How the header fits; columns, unless NULL, gets where each is. */
static struct fit fit_file(const struct header *header, const struct profile_file *file, int *columns)
{
    struct fit fit = {.file = file, .header = header};
    for (size_t i = 0; i < file->column_count; i++) {
        int at = locate(header, &file->columns[i], &fit);
        if (columns)
            columns[i] = at;
        if (at >= 0)
            fit.used++;
        else if (!file->columns[i].optional && !fit.missing)
            fit.missing = &file->columns[i];
    }
    return fit;
}

static void missing_column(const struct input *input, const struct profile *profile, const struct fit *fit,
                           struct error *err)
{
    const struct profile_file *file = fit->file;
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
static void explain(const struct input *input, const struct profile *profile, const struct fit *nearest,
                    const struct match *match, struct error *err)
{
    bool near = nearest->missing && nearest->file && (input->named || nearest->used * 2 >= nearest->file->column_count);
    if (near && (input->named || nearest->used == match->nearest))
        missing_column(input, profile, nearest, err);
    else if (input->named)
        unknown_layout(input, profile, err);
}

/* Says why an input is not a file that has no header: it has another name, or another number of columns. */
static void explain_bare(const struct input *input, const struct profile *profile, const struct fits *fits,
                         struct error *err)
{
    const struct profile_file *file = fits->bare;
    if (fits->bare_columns == file->name_count)
        error_set(err, ERROR_INVALID,
                  "%s has %zu columns, like a file of %s of the profile %s, but not its name: without a header it is "
                  "known by a name like %s",
                  input->path, fits->bare_columns, file->name, profile->name, file->pattern);
    else
        error_set(err, ERROR_INVALID,
                  "%s is named like a file of %s of the profile %s (%s), which has no header and %zu columns; this one "
                  "has %zu",
                  input->path, file->name, profile->name, file->pattern, file->name_count, fits->bare_columns);
}

/* Keeps a file without a header that an input may have been meant for. */
static void note_bare(struct fits *fits, const struct input *input, const struct profile_file *file, size_t columns)
{
    bool named = name_fits(file, input->name), alike = columns == file->name_count;
    if (!named && !(alike && input->named))
        return;
    if (!fits->bare || alike || (fits->bare_columns != fits->bare->name_count && columns > fits->bare_columns)) {
        fits->bare = file;
        fits->bare_columns = columns;
    }
}

static void consider(struct fits *fits, struct fit fit)
{
    struct fit *best = &fits->best;
    if (fit.used > fits->nearest.used)
        fits->nearest = fit;
    if (fit.missing || fit.used == 0)
        return;
    if (fit.used > best->used || (fit.used == best->used && fit.named && !best->named))
        *best = fit;
}

/* Tries one file of the profile with each delimiter that it may have. */
static bool try_file(struct fileset *set, struct input *input, const struct profile_file *file, struct fits *fits,
                     struct error *err)
{
    for (int i = 0; i < file->layout.delimiter_count; i++) {
        const struct header *header = readable_header(set, input, &file->layout, file->layout.delimiters[i], err);
        struct fit fit;
        if (!header)
            return false;
        if (!file->has_header) {
            note_bare(fits, input, file, header->count);
            header = given_header(set, input, file, header);
        }
        if (!header)
            continue;
        fit = fit_file(header, file, NULL);
        fit.named = name_fits(file, input->name);
        consider(fits, fit);
    }
    return true;
}

/* The columns as the input names them. */
static void show_header(struct input *input, const struct header *header)
{
    input->delimiter = header->delimiter;
    input->encoding = header->encoding;
    input->header = header->names;
    input->header_count = header->count;
}

/* Finds the file of the profile that knows most of the input's columns. */
static bool match_input(struct fileset *set, struct input *input, const struct profile *profile, struct match *match,
                        struct error *err)
{
    struct fits fits = {0};
    for (size_t i = 0; i < profile->file_count; i++)
        if (!try_file(set, input, &profile->files[i], &fits, err))
            return false;
    input->file = fits.best.file;
    if (fits.nearest.used > match->nearest)
        match->nearest = fits.nearest.used;
    show_header(input, input->file ? fits.best.header : fits.nearest.file ? fits.nearest.header : input->headers);
    if (!input->file) {
        if (fits.bare && fits.nearest.used == 0)
            explain_bare(input, profile, &fits, err);
        else
            explain(input, profile, &fits.nearest, match, err);
        return !input->named;
    }
    if (fits.best.doubled) {
        error_set(err, ERROR_INVALID, "%s names the column '%s' twice", input->path, fits.best.doubled);
        return false;
    }
    match->files++;
    match->columns += fits.best.used;
    input->columns = arena_take(&set->arena, (input->file->column_count + 1) * sizeof *input->columns);
    fit_file(fits.best.header, input->file, input->columns);
    return true;
}

static bool is_given(const struct fileset *set, const struct profile_file *file)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->inputs[i].file == file)
            return true;
    return false;
}

/* A file in which another one looks up must be there with it: else all that it would find were missing. */
static bool check_lookups(const struct fileset *set, const struct profile *profile, struct error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct input *input = &set->inputs[i];
        for (size_t k = 0; input->file && k < profile->file_count; k++) {
            const struct profile_file *there = &profile->files[k];
            if (!(input->file->looks_in >> k & 1) || !there->required || is_given(set, there))
                continue;
            error_set(err, ERROR_INVALID,
                      "%s (file %s of the profile %s) looks up in a file of %s, which is not among those given; load "
                      "them together",
                      input->path, input->file->name, profile->name, there->name);
            return false;
        }
    }
    return true;
}

/* A file that the profile needs and no input is; err then holds the sentence, or what was wrong with the nearest. */
static bool check_required(const struct fileset *set, const struct profile *profile, struct error *err)
{
    for (size_t i = 0; i < profile->file_count; i++) {
        const struct profile_file *file = &profile->files[i];
        char names[200] = "";
        if (!file->required || is_given(set, file))
            continue;
        if (err->kind != ERROR_NONE)
            return false;
        for (size_t k = 0; k < file->column_count; k++) {
            size_t used = strlen(names);
            if (!file->columns[k].optional)
                snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", file->columns[k].name);
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
    if (!check_lookups(set, profile, err))
        return false;
    if (err->kind != ERROR_NONE)
        return check_required(set, profile, err);
    check_required(set, profile, &match->lacks);
    return true;
}

void match_encodings(struct fileset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct input *input = &set->inputs[i];
        const struct layout *layout = &input->file->layout;
        input->encoding = encoding_guess(input->fd, layout->encodings, layout->encoding_count);
    }
}

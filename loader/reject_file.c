#include "loader/reject_file.h"
#include "core/plain_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_COLUMN "kpi_reason"

enum { PATH_MOST = 4096 };

struct reject_file {
    const char *path;
    struct fileset *files;
    bool *wrote; /* by the number of the input, once all are ended */
    FILE **outs; /* by the number of the input; NULL: nothing was rejected */
};

struct reject_file *reject_file_new(const char *path, struct fileset *files)
{
    struct reject_file *f = memory_zeroed(1, sizeof *f);
    f->path = path;
    f->files = files;
    f->outs = memory_zeroed(files->count + 1, sizeof *f->outs);
    f->wrote = memory_zeroed(files->count + 1, sizeof *f->wrote);
    return f;
}

/* How much of a name stands before ".csv", ".csv.gz" and the like. */
static int stem(const char *name)
{
    const char *dot = strchr(name + (*name == '.'), '.');
    return dot ? (int)(dot - name) : (int)strlen(name);
}

/* Whether another input before this one has the same name, so that its number has to tell them apart. */
static bool is_ambiguous(const struct fileset *files, size_t number)
{
    for (size_t i = 0; i < files->count; i++)
        if (i != number && strcmp(files->inputs[i].name, files->inputs[number].name) == 0)
            return true;
    return false;
}

/* Where an input's rejected rows go. */
static void path_for(const struct reject_file *f, size_t number, char out[PATH_MOST])
{
    const char *slash = strrchr(f->path, '/'), *base = slash ? slash + 1 : f->path, *dot = strrchr(base, '.');
    const char *name = f->files->inputs[number].name;
    int before = dot && dot != base ? (int)(dot - f->path) : (int)strlen(f->path);
    char suffix[24] = "";
    if (f->files->count == 1) {
        snprintf(out, PATH_MOST, "%s", f->path);
        return;
    }
    if (is_ambiguous(f->files, number))
        snprintf(suffix, sizeof suffix, "-%zu", number + 1);
    snprintf(out, PATH_MOST, "%.*s-%.*s%s%s", before, f->path, stem(name), name, suffix, f->path + before);
}

static bool cannot_write(const char *path, struct error *err)
{
    error_set(err, ERROR_INVALID, "--rejects: %s cannot be written: %s%s", path, strerror(errno),
              errno == ENOSPC ? "; make room there, or name a file on another disk, and run the command again" : "");
    return false;
}

/* Whether the file that rows go to is one of those that are read. */
static bool is_input(const struct reject_file *f, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    for (size_t i = 0; i < f->files->count; i++)
        if (f->files->inputs[i].device == info.st_dev && f->files->inputs[i].inode == info.st_ino)
            return true;
    return false;
}

/* Whether it is a file that we wrote. A pipe may be named as well: what is in it is for others. */
static bool is_ours(const char *path)
{
    char start[sizeof FIRST_COLUMN] = "";
    struct error why_not;
    int fd = plain_file_open(path, SIZE_MAX, &why_not);
    bool ours;
    if (fd < 0)
        return false;
    ours = read(fd, start, sizeof start - 1) == sizeof start - 1 && strcmp(start, FIRST_COLUMN) == 0;
    close(fd);
    return ours;
}

static bool begin(struct reject_file *f, const struct input *input, size_t number, struct error *err)
{
    char path[PATH_MOST], before[PATH_MOST + 2], delimiter = input->delimiter;
    struct buffer header = {0};
    path_for(f, number, path);
    if (is_input(f, path)) {
        error_set(err, ERROR_INVALID, "--rejects: %s is a file that is being loaded; name another", path);
        return false;
    }
    /* What was rejected of the part that is loaded already is not read again. */
    if (input->appended && is_ours(path)) {
        f->outs[number] = fopen(path, "a");
        return f->outs[number] || cannot_write(path, err);
    }
    /* Somebody may be mending the rows of an earlier load. */
    snprintf(before, sizeof before, "%s~", path);
    if (is_ours(path) && rename(path, before) != 0)
        return cannot_write(before, err);
    f->outs[number] = fopen(path, "w");
    if (!f->outs[number])
        return cannot_write(path, err);
    if (!input->file->has_header)
        return true; /* then columns are known by their places, and a row stands there as it is */
    csv_source_raw(input->source, 0, &header);
    fprintf(f->outs[number], FIRST_COLUMN "%c" REJECT_COLUMN_FILE "%c" REJECT_COLUMN_LINE "%ckpi_detail%c", delimiter,
            delimiter, delimiter, delimiter);
    if (header.used)
        fwrite(header.bytes, 1, header.used, f->outs[number]);
    fputc(csv_source_line_end(input->source), f->outs[number]);
    buffer_release(&header);
    return true;
}

/* In characters that the file's encoding has. */
static void put_known(const struct input *input, const char *text, struct buffer *out)
{
    bool all = input->encoding == ENCODING_UTF8;
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (all || c < 0x80 || c >= 0xc0) /* else one '?' for each character of several bytes */
            buffer_char(out, (c >= 0x20 && c < 0x7f) || (all && c >= 0x80) ? *p : '?');
    }
}

void reject_file_name(const struct input *input, struct buffer *out)
{
    put_known(input, input->name, out);
}

/* In quotes. */
static void put_text(FILE *out, const struct input *input, const char *text)
{
    struct buffer known = {0};
    put_known(input, text, &known);
    fputc('"', out);
    for (size_t i = 0; i < known.used; i++) {
        if (known.bytes[i] == '"')
            fputc('"', out);
        fputc(known.bytes[i], out);
    }
    fputc('"', out);
    buffer_release(&known);
}

bool reject_file_add(struct reject_file *f, const struct input *input, uint64_t line, uint64_t offset,
                     const struct fault *fault, struct error *err)
{
    size_t number = (size_t)(input - f->files->inputs);
    char delimiter = input->delimiter, path[PATH_MOST];
    struct buffer row = {0}, what = {0};
    FILE *out;
    if (!f->outs[number] && !begin(f, input, number, err))
        return false;
    out = f->outs[number];
    if (input->file->has_header) {
        fprintf(out, "%s%c", reason_codes[fault->reason], delimiter);
        put_text(out, input, input->name);
        fprintf(out, "%c%llu%c", delimiter, (unsigned long long)line, delimiter);
        fault_describe(fault, &what);
        put_text(out, input, what.bytes ? what.bytes : "");
        buffer_release(&what);
        fputc(delimiter, out);
    }
    csv_source_raw(input->source, offset, &row);
    if (row.used)
        fwrite(row.bytes, 1, row.used, out);
    fputc(csv_source_line_end(input->source), out);
    buffer_release(&row);
    if (!ferror(out))
        return true;
    path_for(f, number, path);
    return cannot_write(path, err);
}

bool reject_file_finish(struct reject_file *f, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < f->files->count; i++) {
        char path[PATH_MOST];
        path_for(f, i, path);
        if (f->outs[i]) {
            bool written = !ferror(f->outs[i]);
            written = fclose(f->outs[i]) == 0 && written;
            f->outs[i] = NULL;
            f->wrote[i] = written;
            if (!written)
                ok = cannot_write(path, err);
        }
    }
    return ok;
}

void reject_file_print(const struct reject_file *f, FILE *to)
{
    for (size_t i = 0; i < f->files->count; i++) {
        char path[PATH_MOST];
        path_for(f, i, path);
        if (f->wrote[i] && f->files->inputs[i].file->has_header)
            fprintf(to, "Rejected rows of %s are in %s, to be mended and loaded.\n", f->files->inputs[i].name, path);
        else if (f->wrote[i])
            fprintf(to,
                    "Rejected rows of %s are in %s. Mend them in %s itself and load that: without a header a file of "
                    "its own would not say where they belong.\n",
                    f->files->inputs[i].name, path, f->files->inputs[i].name);
    }
}

void reject_file_free(struct reject_file *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->files->count; i++)
        if (f->outs[i])
            fclose(f->outs[i]);
    free(f->outs);
    free(f->wrote);
    free(f);
}

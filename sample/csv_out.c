#include "sample/csv_out.h"

#include "sample/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FILES 16

struct folder {
    int fd; /* the directory */
    const char *dir;
    size_t count;
    bool committed;
    struct out files[FOLDER_FILES];
};

/* The name a file has until the run is complete. */
static void temporary_name(const struct out *out, char *name, size_t size)
{
    snprintf(name, size, ".%s.part", out->name);
}

struct folder *folder_new(const char *dir, struct problem *problem)
{
    struct folder *folder = calloc(1, sizeof *folder);
    if (!folder) {
        problem_set(problem, "out of memory: close other programs, or ask for fewer orders");
        return NULL;
    }
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        problem_set(problem, "cannot create the directory %s: %s; create its parent or choose another one", dir,
                    strerror(errno));
        goto fail;
    }
    folder->dir = dir;
    folder->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        problem_set(problem, "cannot open the directory %s: %s; choose a directory that you may write to", dir,
                    strerror(errno));
        goto fail;
    }
    return folder;
fail:
    free(folder);
    return NULL;
}

void folder_free(struct folder *folder)
{
    if (!folder)
        return;
    for (size_t i = 0; i < folder->count; i++) {
        struct out *out = &folder->files[i];
        if (out->fd >= 0)
            close(out->fd);
        if (!folder->committed) {
            char name[sizeof out->name + 8];
            temporary_name(out, name, sizeof name);
            unlinkat(folder->fd, name, 0);
        }
        free(out->buffer);
    }
    close(folder->fd);
    free(folder);
}

struct out *folder_add(struct folder *folder, const char *name, const char *end_of_line, struct problem *problem)
{
    if (folder->count == FOLDER_FILES || strlen(name) >= sizeof folder->files[0].name) {
        problem_set(problem, "cannot write %s: no place for another file in this run", name);
        return NULL;
    }
    struct out *out = &folder->files[folder->count];
    char temporary[sizeof out->name + 8];
    memset(out, 0, sizeof *out);
    memcpy(out->name, name, strlen(name) + 1);
    out->line = 1;
    out->end_of_line = end_of_line;
    temporary_name(out, temporary, sizeof temporary);
    out->buffer = malloc(OUT_BUFFER);
    if (!out->buffer) {
        problem_set(problem, "out of memory: close other programs, or ask for fewer orders");
        return NULL;
    }
    out->fd = openat(folder->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out->fd < 0) {
        problem_set(problem, "cannot write to the directory %s: %s; choose one that you may write to", folder->dir,
                    strerror(errno));
        free(out->buffer);
        return NULL;
    }
    folder->count++;
    return out;
}

/* Says what to do about a write that failed. */
static void problem_of_write(const struct folder *folder, const struct out *out, int error, struct problem *problem)
{
    const char *remedy = "check the disk";
    if (error == ENOSPC || error == EDQUOT)
        remedy = "free some space, ask for fewer orders or choose another directory";
    else if (error == EFBIG)
        remedy = "raise the limit on file size or ask for fewer orders";
    problem_set(problem, "cannot write %s/%s: %s; %s", folder->dir, out->name, strerror(error), remedy);
}

bool folder_ok(const struct folder *folder, struct problem *problem)
{
    for (size_t i = 0; i < folder->count; i++) {
        if (folder->files[i].failed) {
            problem_of_write(folder, &folder->files[i], folder->files[i].failed, problem);
            return false;
        }
    }
    return true;
}

bool folder_commit(struct folder *folder, struct problem *problem)
{
    for (size_t i = 0; i < folder->count; i++) {
        struct out *out = &folder->files[i];
        out_flush(out);
        int fd = out->fd;
        out->fd = -1;
        if (close(fd) != 0 && !out->failed)
            out->failed = errno;
    }
    if (!folder_ok(folder, problem))
        return false;
    for (size_t i = 0; i < folder->count; i++) {
        struct out *out = &folder->files[i];
        char temporary[sizeof out->name + 8];
        temporary_name(out, temporary, sizeof temporary);
        if (renameat(folder->fd, temporary, folder->fd, out->name) != 0) {
            problem_set(problem, "cannot name %s/%s: %s; remove what has that name", folder->dir, out->name,
                        strerror(errno));
            return false;
        }
    }
    folder->committed = true;
    return true;
}

void folder_forget(const struct folder *folder, const char *name)
{
    unlinkat(folder->fd, name, 0);
}

size_t folder_count(const struct folder *folder)
{
    return folder->count;
}

void out_flush(struct out *out)
{
    size_t done = 0;
    while (done < out->used && !out->failed) {
        ssize_t n = write(out->fd, out->buffer + done, out->used - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0)
            out->failed = EIO;
        else if (errno != EINTR)
            out->failed = errno;
    }
    out->used = 0;
}

void out_field(struct out *out, const char *text)
{
    size_t size = strlen(text);
    if (size > OUT_MAX_PIECE / 2)
        size = OUT_MAX_PIECE / 2;
    if (!strpbrk(text, ",\"\r\n")) {
        out_bytes(out, text, size);
        return;
    }
    char *at = out_room(out, OUT_MAX_PIECE + 2);
    char *start = at;
    *at++ = '"';
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            *at++ = '"';
        if (text[i] == '\n')
            out->line++;
        *at++ = text[i];
    }
    *at++ = '"';
    out->used += (size_t)(at - start);
}

/* Two digits for every number below a hundred, so that dates and money take half the divisions. */
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                  "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                  "8081828384858687888990919293949596979899";

static inline void put_two(char *at, uint32_t number)
{
    memcpy(at, digit_pairs + (size_t)2 * number, 2);
}

/* Writes the digits of number so that they end before end; returns where they start. */
static inline char *put_backwards(char *end, uint64_t number)
{
    while (number >= 100) {
        end -= 2;
        put_two(end, (uint32_t)(number % 100));
        number /= 100;
    }
    if (number >= 10) {
        end -= 2;
        put_two(end, (uint32_t)number);
    } else {
        *--end = (char)('0' + number);
    }
    return end;
}

void out_number(struct out *out, int64_t number)
{
    char digits[24];
    char *end = digits + sizeof digits;
    char *at = put_backwards(end, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
    if (number < 0)
        *--at = '-';
    out_bytes(out, at, (size_t)(end - at));
}

void out_padded(struct out *out, uint64_t number, int width)
{
    char digits[48];
    char *end = digits + sizeof digits;
    char *at = put_backwards(end, number);
    while (end - at < width)
        *--at = '0';
    out_bytes(out, at, (size_t)(end - at));
}

void out_id(struct out *out, char letter, uint64_t number, int width)
{
    out_char(out, letter);
    out_padded(out, number, width);
}

/* The decimal text of number / 10^decimals at the end of a buffer; returns where it starts. */
static char *put_decimal(char *end, int64_t number, int decimals)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    for (int i = 0; i < decimals; i++) {
        *--end = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (decimals)
        *--end = '.';
    end = put_backwards(end, rest);
    if (number < 0)
        *--end = '-';
    return end;
}

void out_decimal(struct out *out, int64_t number, int decimals)
{
    char digits[48];
    char *end = digits + sizeof digits;
    char *at = put_decimal(end, number, decimals);
    out_bytes(out, at, (size_t)(end - at));
}

void out_decimal_short(struct out *out, int64_t number, int decimals)
{
    while (decimals > 0 && number % 10 == 0) {
        number /= 10;
        decimals--;
    }
    out_decimal(out, number, decimals);
}

static void put_day(char *at, int32_t day)
{
    struct date date = date_of_day(day);
    put_two(at, (uint32_t)date.year / 100);
    put_two(at + 2, (uint32_t)date.year % 100);
    at[4] = '-';
    put_two(at + 5, (uint32_t)date.month);
    at[7] = '-';
    put_two(at + 8, (uint32_t)date.day);
}

void out_day(struct out *out, int32_t day)
{
    put_day(out_room(out, 10), day);
    out->used += 10;
}

void out_time(struct out *out, int64_t seconds)
{
    char *at = out_room(out, 19);
    uint32_t rest = (uint32_t)(seconds % DAY_SECONDS);
    put_day(at, (int32_t)(seconds / DAY_SECONDS));
    at[10] = ' ';
    put_two(at + 11, rest / 3600);
    at[13] = ':';
    put_two(at + 14, rest / 60 % 60);
    at[16] = ':';
    put_two(at + 17, rest % 60);
    out->used += 19;
}

void out_day_us(struct out *out, int32_t day)
{
    struct date date = date_of_day(day);
    out_number(out, date.month);
    out_char(out, '/');
    out_number(out, date.day);
    out_char(out, '/');
    out_number(out, date.year);
}

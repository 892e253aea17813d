/* Files of a run: each is written under a temporary name through one large buffer, and all get their final names
 * together when the run is complete. A run that fails or is killed leaves no half file under a final name.
 *
 * Ownership: the folder owns its files; a struct out * is valid until folder_free().
 * Errors of writing stay in the file: the put functions never fail by themselves, folder_ok() tells. */
#ifndef SAMPLE_CSV_OUT_H
#define SAMPLE_CSV_OUT_H

#include "sample/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OUT_BUFFER    262144
#define OUT_MAX_PIECE 4096 /* no single put writes more than this */

struct out {
    char *buffer;
    size_t used;
    uint64_t line; /* physical line that the next byte belongs to, from 1 */
    int fd;
    int failed; /* errno of the first write that failed, or 0 */
    const char *end_of_line;
    char name[64];
};

struct folder;

/* Opens dir for a run, creating it when only its last part is missing. NULL with the problem filled on failure. */
struct folder *folder_new(const char *dir, struct problem *problem);

/* Closes the files and removes those that were not committed; NULL is fine. */
void folder_free(struct folder *folder);

/* Adds a file, with lines ending in end_of_line (a string that outlives the folder). NULL on failure. */
struct out *folder_add(struct folder *folder, const char *name, const char *end_of_line, struct problem *problem);

/* False with the problem filled once any write failed: worth asking now and then, so that a full disk ends the run. */
bool folder_ok(const struct folder *folder, struct problem *problem);

/* Writes what is buffered and gives every file its final name. */
bool folder_commit(struct folder *folder, struct problem *problem);

/* Removes a file that an earlier run may have left and that this one does not write. */
void folder_forget(const struct folder *folder, const char *name);

size_t folder_count(const struct folder *folder);

/* Writes the buffer to the file. */
void out_flush(struct out *out);

/* Room for size bytes; move out->used on by what was written. */
static inline char *out_room(struct out *out, size_t size)
{
    if (out->used + size > OUT_BUFFER)
        out_flush(out);
    return out->buffer + out->used;
}

static inline void out_char(struct out *out, char c)
{
    *out_room(out, 1) = c;
    out->used++;
}

/* Bytes as they are: for values known to need no quotes. */
static inline void out_bytes(struct out *out, const char *bytes, size_t size)
{
    memcpy(out_room(out, size), bytes, size);
    out->used += size;
}

static inline void out_text(struct out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

/* Ends a record. */
static inline void out_end(struct out *out)
{
    out_text(out, out->end_of_line);
    out->line++;
}

/* A field with quotes around it where CSV needs them; counts the lines inside. */
void out_field(struct out *out, const char *text);

/* A decimal number. */
void out_number(struct out *out, int64_t number);

/* A number with zeros in front, width digits at least. */
void out_padded(struct out *out, uint64_t number, int width);

/* An identifier: a letter and a number with zeros in front, width digits at least. */
void out_id(struct out *out, char letter, uint64_t number, int width);

/* number / 10^decimals with all its decimals: cents with 2 are money. */
void out_decimal(struct out *out, int64_t number, int decimals);

/* The same without zeros at the end, nor a point with nothing behind it. */
void out_decimal_short(struct out *out, int64_t number, int decimals);

/* YYYY-MM-DD. */
void out_day(struct out *out, int32_t day);

/* YYYY-MM-DD HH:MM:SS. */
void out_time(struct out *out, int64_t seconds);

/* M/D/YYYY. */
void out_day_us(struct out *out, int32_t day);

#endif

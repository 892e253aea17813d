/* The bytes of an input, wherever they come from: opened once as a regular file, checked to stay as they are, and told
 * by their digest. What is no regular file (standard input, a pipe, a URL) is copied into a temporary one first, and
 * what is packed (.gz, by its first bytes) is unpacked into one. */
#ifndef KPI_LOADER_INPUT_H
#define KPI_LOADER_INPUT_H

#include "loader/fileset.h"

/* Each opens an input whose `named` is set: sets its texts, fd and size, and what is compared later. The input may be
 * closed after a failure too. Texts that are given must live as long as the arena. */
bool input_open_file(struct input *input, struct arena *arena, const char *path, const struct fileset_options *options,
                     struct error *err);
bool input_open_stdin(struct input *input, const struct fileset_options *options, struct error *err);

/* When the server says that the file is the version that an earlier load has read, the input is left without bytes:
 * not_modified is set and fd is -1. */
bool input_open_url(struct input *input, struct arena *arena, const char *address,
                    const struct fileset_options *options, struct error *err);

/* Fetches what input_open_url() has left on its server. */
bool input_fetch(struct input *input, struct arena *arena, const struct fileset_options *options, struct error *err);

/* Closes fd; an input that is not open is fine. */
void input_close(struct input *input);

/* Nothing is known of what it says: all of it is to be read, as its word of today. */
void input_take_whole(struct input *input);

/* Whether the file is as it was when it was opened; else err says that it was truncated, or changed. */
bool input_check_unchanged(struct input *input, struct error *err);

struct input_digest {
    char whole[65]; /* SHA-256 of all bytes, unpacked, as hexadecimal digits */
    char first[65]; /* of the first `upto` bytes; empty when there are fewer */
    bool ends_line; /* nothing is left open at the end: the last byte ends a line, or there is none */
};

/* Reads the input, unless that has been done, and keeps its digest in input->sha256. Different inputs may be read by
 * different threads at once. */
bool input_read_digest(struct input *input, struct error *err);

/* The same, and tells what it has found. */
bool input_digest(struct input *input, uint64_t upto, struct input_digest *digest, struct error *err);

/* The bytes are to be read again when the digest is asked for. */
void input_forget_digest(struct input *input);

#endif

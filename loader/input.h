/* The bytes of an input: opened once, checked to stay as they are, and told by their digest. */
#ifndef KPI_LOADER_INPUT_H
#define KPI_LOADER_INPUT_H

#include "loader/fileset.h"

/* Opens the file at path, which the arena must hold: sets path, name, origin, fd, size and what is compared later. */
bool input_open(struct input *input, struct arena *arena, const char *path, struct error *err);

/* Closes fd; an input that is not open is fine. */
void input_close(struct input *input);

/* Whether the file is as it was when it was opened; else err says that it was truncated, or changed. */
bool input_check_unchanged(struct input *input, struct error *err);

struct input_digest {
    char whole[65]; /* SHA-256 of all bytes, as hexadecimal digits */
    char first[65]; /* of the first `upto` bytes; empty when there are fewer */
    bool ends_line; /* nothing is left open at the end: the last byte ends a line, or there is none */
};

/* Reads the input once. Also keeps the digest in input->sha256. */
bool input_digest(struct input *input, uint64_t upto, struct input_digest *digest, struct error *err);

#endif

/* The file of API keys: a line each, with its name, its role, the SHA-256 of the key, and the day it was made. A key is
 * 256 random bits, so that its digest tells nobody what it is and needs no salt; whoever reads the file cannot use it,
 * and whoever writes it can let himself in. That is why it has to be its owner's alone (0600).
 *
 *     dashboard read sha256:2c26…e7ae 2026-11-21
 *
 * Empty lines and those that begin with # mean nothing. */
#ifndef KPI_SERVER_KEY_FILE_H
#define KPI_SERVER_KEY_FILE_H

#include "core/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a request may do; each may what those before it may. */
enum role { ROLE_NONE, ROLE_READ, ROLE_OPERATE, ROLE_COUNT };

enum {
    KEY_NAME_MOST = 64,
    KEY_DIGEST_BYTES = 32,
    KEY_TEXT_BYTES = 47, /* kpi_ and 256 bits in base64url */
    KEYS_MOST = 1000,
};

struct key {
    char name[KEY_NAME_MOST + 1];
    char made[11]; /* YYYY-MM-DD */
    uint8_t digest[KEY_DIGEST_BYTES];
    enum role role;
};

/* Bytes that no member takes are zero: two lists can be compared as memory. */
struct key_list {
    struct key *keys;
    size_t count;
};

void key_list_release(struct key_list *list);

/* Reads the file. False with a sentence that does not name the file, nor a word of what stands in it: it cannot be
 * read, others can, or a line is wrong. */
bool key_file_read(const char *file, struct key_list *list, struct error *err);

/* Changing the file: opened, and locked against others who change it, until it is closed. Opening makes the file where
 * there is none, if `make` says so. What was read is in `list`, for the caller to change. */
struct key_edit {
    char *path; /* without links */
    int fd;
    struct key_list list;
};

bool key_edit_open(struct key_edit *edit, const char *file, bool make, struct error *err);
bool key_edit_save(struct key_edit *edit, struct error *err); /* in one step: who reads sees the old file or the new */
void key_edit_close(struct key_edit *edit);

/* Whether it may be a key's name: letters, digits, and . _ - behind the first. */
bool key_name_is_valid(const char *name);

extern const char *const role_names[ROLE_COUNT];
enum role role_of(const char *name); /* ROLE_NONE: there is none of that name */

/* The digest of a key's text; false where the text has not the form of a key at all. */
bool key_digest(const char *text, size_t n, uint8_t digest[KEY_DIGEST_BYTES]);

#endif

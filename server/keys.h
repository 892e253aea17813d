/* The API keys in use: those of a file, which is read again while the server runs. What cannot be read is said in the
 * log and on /v1/status, and the keys of before go on: a slip in the file locks nobody out, and lets nobody in.
 *
 * Any thread may call all of it. */
#ifndef KPI_SERVER_KEYS_H
#define KPI_SERVER_KEYS_H

#include "core/buffer.h"
#include "server/key_file.h"

struct keys;

/* NULL with err: the file cannot be used. */
struct keys *keys_open(const char *file, struct error *err);
void keys_free(struct keys *keys); /* NULL is fine */

size_t keys_count(struct keys *keys);

/* The role of a key, with its digest; ROLE_NONE: it is not among them. How long that takes does not depend on how near
 * the text is to one that is. */
enum role keys_find(struct keys *keys, const char *text, size_t n, uint8_t digest[KEY_DIGEST_BYTES]);

/* The role of the key with that digest; ROLE_NONE: it is not among them, or not any more. */
enum role keys_role(struct keys *keys, const uint8_t digest[KEY_DIGEST_BYTES]);

/* Reads the file again; to be called about every second. That it cannot be used is logged when it is new, or when
 * `asked` for. */
void keys_reload(struct keys *keys, bool asked);

/* Appends what is wrong with the file as a JSON string without its path, or null. */
void keys_put_problem(struct keys *keys, struct buffer *out);

#endif

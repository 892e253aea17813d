/* Text encodings: everything inside the loader is UTF-8. */
#ifndef KPI_LOADER_ENCODING_H
#define KPI_LOADER_ENCODING_H

#include "core/buffer.h"
#include "loader/arena.h"
#include "loader/layout.h"

/* Whether the bytes are ASCII without NUL, which is the same in every encoding here. */
bool text_is_ascii(struct text text);

/* Whether the bytes are well-formed UTF-8 without NUL: no overlong forms, surrogates, or code points past U+10FFFF. */
bool text_is_utf8(struct text text);

/* Appends the bytes to the buffer as UTF-8. Bytes that mean nothing in the encoding become 0xff, which no UTF-8 text
 * holds, so that the field they belong to can be found later; false then. A NUL is left and is false too. */
bool text_to_utf8(enum encoding from, struct text text, struct buffer *to);

/* Appends the bytes to the buffer with U+FFFD for what is no UTF-8 and for NUL. */
void text_repair(struct text text, struct buffer *to);

/* The longest part of text, from its start, that has at most `most` bytes and ends between characters. */
struct text text_cut(struct text text, size_t most);

#endif

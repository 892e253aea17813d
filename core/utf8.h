/* UTF-8 text: cut where a character ends, and told from other bytes. */
#ifndef KPI_CORE_UTF8_H
#define KPI_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the longest beginning of text that has at most `most` bytes and splits no character. */
size_t utf8_cut(const char *text, size_t most);

/* Copies text to out[0..room), cut where needed. room > 0. */
void utf8_copy(char *out, size_t room, const char *text);

/* How many of bytes[0..n), the first of which is no ASCII, make one character; when they make none, *valid turns false
 * and the bytes are those that one replacement character stands for. */
size_t utf8_character(const unsigned char *bytes, size_t n, bool *valid);

#endif

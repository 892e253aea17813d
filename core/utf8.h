/* Cutting UTF-8 text where a character ends. */
#ifndef KPI_CORE_UTF8_H
#define KPI_CORE_UTF8_H

#include <stddef.h>

/* The length of the longest beginning of text that has at most `most` bytes and splits no character. */
size_t utf8_cut(const char *text, size_t most);

/* Copies text to out[0..room), cut where needed. room > 0. */
void utf8_copy(char *out, size_t room, const char *text);

#endif

#include "core/utf8.h"

#include <string.h>

size_t utf8_cut(const char *text, size_t most)
{
    size_t n = strnlen(text, most);
    if (text[n] == '\0')
        return n;
    /* Bytes 10xxxxxx continue a character: step back to where the one that would be split begins. */
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

void utf8_copy(char *out, size_t room, const char *text)
{
    size_t n = utf8_cut(text, room - 1);
    memcpy(out, text, n);
    out[n] = '\0';
}

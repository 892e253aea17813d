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

size_t utf8_character(const unsigned char *bytes, size_t n, bool *valid)
{
    unsigned char lead = bytes[0], least = 0x80, most = 0xbf; /* bounds of the second byte */
    size_t length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    *valid = false;
    if (lead == 0xe0 || lead == 0xf0) /* shorter forms exist */
        least = lead == 0xe0 ? 0xa0 : 0x90;
    if (lead == 0xed || lead == 0xf4) /* surrogates; beyond U+10FFFF */
        most = lead == 0xed ? 0x9f : 0x8f;
    for (size_t i = 1; i < length; i++) {
        if (i == n || bytes[i] < least || bytes[i] > most)
            return i;
        least = 0x80;
        most = 0xbf;
    }
    *valid = length > 1;
    return length;
}

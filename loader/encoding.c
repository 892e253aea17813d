#include "loader/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

bool text_is_ascii(struct text text)
{
    const char *p = text.bytes, *end = p + text.n;
    uint64_t high = 0, word;
    for (; end - p >= 8; p += 8) {
        memcpy(&word, p, 8);
        high |= word;
    }
    for (; p < end; p++)
        high |= (uint64_t)(unsigned char)*p;
    return !(high & UINT64_C(0x8080808080808080)) && !(text.n && memchr(text.bytes, 0, text.n));
}

/* The length of the well-formed character at p, or 0. */
static size_t character(const unsigned char *p, size_t n)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return c != 0;
    if (c < 0xc2 || c > 0xf4 || n < 2 || (p[1] & 0xc0) != 0x80)
        return 0;
    if (c < 0xe0)
        return 2;
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
        (c == 0xf4 && p[1] > 0x8f) || n < 3 || (p[2] & 0xc0) != 0x80)
        return 0;
    if (c < 0xf0)
        return 3;
    return n >= 4 && (p[3] & 0xc0) == 0x80 ? 4 : 0;
}

bool text_is_utf8(struct text text)
{
    const unsigned char *p = (const unsigned char *)text.bytes;
    for (size_t at = 0, n; at < text.n; at += n)
        if (!(n = character(p + at, text.n - at)))
            return false;
    return true;
}

/* One run of iconv(); stops at the first byte that means nothing. */
static bool convert(iconv_t cd, char **in, size_t *left, struct buffer *to)
{
    char out[1024];
    while (*left) {
        char *p = out;
        size_t room = sizeof out;
        size_t result = iconv(cd, in, left, &p, &room);
        buffer_put(to, out, sizeof out - room);
        if (result == (size_t)-1 && room > 8)
            return false;
    }
    return true;
}

bool text_to_utf8(enum encoding from, struct text text, struct buffer *to)
{
    char *in = (char *)(uintptr_t)text.bytes;
    size_t left = text.n;
    iconv_t cd;
    bool ok = !memchr(text.bytes, 0, text.n);
    if (from == ENCODING_UTF8) {
        buffer_put(to, text.bytes, text.n);
        memory_check(to);
        return ok && text_is_utf8(text);
    }
    cd = iconv_open(encoding_names[ENCODING_UTF8], encoding_names[from]);
    if (cd == (iconv_t)-1 && errno == ENOMEM)
        memory_is_out();
    if (cd == (iconv_t)-1)
        return false;
    while (!convert(cd, &in, &left, to) && left) {
        buffer_char(to, (char)0xff);
        in++;
        left--;
        ok = false;
    }
    iconv_close(cd);
    memory_check(to);
    return ok;
}

void text_repair(struct text text, struct buffer *to)
{
    const unsigned char *p = (const unsigned char *)text.bytes;
    for (size_t at = 0; at < text.n;) {
        size_t n = character(p + at, text.n - at);
        buffer_put(to, n ? (const char *)p + at : "\xef\xbf\xbd", n ? n : 3);
        at += n ? n : 1;
    }
    memory_check(to);
}

struct text text_cut(struct text text, size_t most)
{
    size_t n = text.n < most ? text.n : most;
    if (n < text.n)
        while (n && ((unsigned char)text.bytes[n] & 0xc0) == 0x80)
            n--;
    return (struct text){text.bytes, n};
}

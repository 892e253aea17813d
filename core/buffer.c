#include "core/buffer.h"
#include "core/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_release(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

/* Makes room for n more bytes and the NUL. */
static bool reserve(struct buffer *buffer, size_t n)
{
    size_t room = buffer->room ? buffer->room : 256;
    char *bytes;
    if (buffer->failed)
        return false;
    if (buffer->bytes && n < buffer->room - buffer->used) /* one is kept for the NUL */
        return true;
    if (n >= SIZE_MAX / 2 - buffer->used) { /* doubling would overflow */
        buffer->failed = true;
        return false;
    }
    while (room - buffer->used <= n)
        room *= 2;
    bytes = realloc(buffer->bytes, room);
    if (!bytes) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->room = room;
    return true;
}

void buffer_put(struct buffer *buffer, const void *bytes, size_t n)
{
    if (!reserve(buffer, n))
        return;
    if (n)
        memcpy(buffer->bytes + buffer->used, bytes, n);
    buffer->used += n;
    buffer->bytes[buffer->used] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_put(buffer, text, strlen(text));
}

void buffer_char(struct buffer *buffer, char c)
{
    buffer_put(buffer, &c, 1);
}

void buffer_int(struct buffer *buffer, int64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%lld", (long long)value);
    buffer_put(buffer, text, (size_t)n);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !reserve(buffer, (size_t)n + 1))
        return;
    va_start(args, format);
    vsnprintf(buffer->bytes + buffer->used, (size_t)n + 1, format, args);
    va_end(args);
    buffer->used += (size_t)n;
}

static void put_json_escape(struct buffer *buffer, unsigned char c)
{
    switch (c) {
    case '"':
        buffer_text(buffer, "\\\"");
        break;
    case '\\':
        buffer_text(buffer, "\\\\");
        break;
    case '\n':
        buffer_text(buffer, "\\n");
        break;
    case '\r':
        buffer_text(buffer, "\\r");
        break;
    case '\t':
        buffer_text(buffer, "\\t");
        break;
    default:
        buffer_printf(buffer, "\\u%04x", c);
    }
}

static const char replacement[] = "\xef\xbf\xbd";

void buffer_utf8(struct buffer *buffer, const char *text, size_t n)
{
    size_t plain = 0, length; /* start of the run that is good */
    for (size_t i = 0; i < n; i += length) {
        const unsigned char *bytes = (const unsigned char *)text + i;
        bool valid = *bytes > 0 && *bytes < 0x80;
        length = 1;
        if (*bytes >= 0x80)
            length = utf8_character(bytes, n - i, &valid);
        if (valid)
            continue;
        buffer_put(buffer, text + plain, i - plain);
        buffer_text(buffer, replacement);
        plain = i + length;
    }
    buffer_put(buffer, text + plain, n - plain);
}

void buffer_json_string(struct buffer *buffer, const char *text, size_t n)
{
    size_t plain = 0, length; /* start of the run that needs no escape */
    buffer_char(buffer, '"');
    for (size_t i = 0; i < n; i += length) {
        const unsigned char *bytes = (const unsigned char *)text + i;
        bool valid = *bytes >= 0x20 && *bytes != '"' && *bytes != '\\';
        length = 1;
        if (*bytes >= 0x80)
            length = utf8_character(bytes, n - i, &valid);
        if (valid)
            continue;
        buffer_put(buffer, text + plain, i - plain);
        plain = i + length;
        if (*bytes >= 0x80)
            buffer_text(buffer, replacement);
        else
            put_json_escape(buffer, *bytes);
    }
    buffer_put(buffer, text + plain, n - plain);
    buffer_char(buffer, '"');
}

char *buffer_take(struct buffer *buffer, size_t *n)
{
    char *bytes;
    if (buffer->failed || (!buffer->bytes && !reserve(buffer, 0))) {
        buffer_release(buffer);
        return NULL;
    }
    bytes = buffer->bytes;
    bytes[buffer->used] = '\0';
    *n = buffer->used;
    *buffer = (struct buffer){0};
    return bytes;
}

#include "core/buffer.h"

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
    if (n < buffer->room - buffer->used) /* one is kept for the NUL */
        return true;
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

void buffer_json_string(struct buffer *buffer, const char *text, size_t n)
{
    size_t plain = 0; /* start of the run that needs no escape */
    buffer_char(buffer, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_put(buffer, text + plain, i - plain);
        plain = i + 1;
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

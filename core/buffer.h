/* A growing run of bytes, always followed by a NUL that does not count.
 *
 * When memory is out the buffer turns `failed`, keeps what it has and ignores what comes after: a writer checks once,
 * at the end. Not for use by two threads at once. */
#ifndef KPI_CORE_BUFFER_H
#define KPI_CORE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *bytes; /* NULL while empty */
    size_t used;
    size_t room;
    bool failed;
};

void buffer_release(struct buffer *buffer); /* frees the bytes; the buffer is empty and usable again */

void buffer_put(struct buffer *buffer, const void *bytes, size_t n);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_char(struct buffer *buffer, char c);
void buffer_int(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* text[0..n) as a JSON string with its quotes. Bytes that are no UTF-8, as in a text that was cut within a character,
 * become U+FFFD, so that the result is always JSON. */
void buffer_json_string(struct buffer *buffer, const char *text, size_t n);

/* text[0..n) with U+FFFD for every NUL and for bytes that are no UTF-8. */
void buffer_utf8(struct buffer *buffer, const char *text, size_t n);

/* Hands the bytes over to the caller, who frees them; the buffer is empty afterwards. NULL when failed. */
char *buffer_take(struct buffer *buffer, size_t *n);

#endif

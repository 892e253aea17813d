/* What the fuzzing targets share: bytes in, properties checked, and values made of bytes.
 *
 * A target is a program of libFuzzer's: it is called with bytes that are changed again and again, wherever they lead to
 * code that was not reached before. What it must never do is crash, leak, hang, or break a property: fuzz_require(). */
#ifndef KPI_TESTS_FUZZ_H
#define KPI_TESTS_FUZZ_H

#include <bson/bson.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Ends the program where a property does not hold: libFuzzer keeps the input. */
#define fuzz_require(holds, ...)                                                                                       \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #holds);                                                \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Bytes that are read from the front. */
struct bytes {
    const uint8_t *at;
    size_t n;
};

static inline unsigned bytes_next(struct bytes *bytes)
{
    if (!bytes->n)
        return 0;
    bytes->n--;
    return *bytes->at++;
}

/* A number made of the next eight bytes, least first; of fewer where there are no more. */
static inline uint64_t bytes_number(struct bytes *bytes)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8 && bytes->n; i++)
        number |= (uint64_t)bytes_next(bytes) << 8 * i;
    return number;
}

/* Up to and without the mark, which is passed over; all where there is none. */
static inline struct bytes bytes_until(struct bytes *bytes, uint8_t mark)
{
    const uint8_t *end = bytes->n ? memchr(bytes->at, mark, bytes->n) : NULL;
    size_t n = end ? (size_t)(end - bytes->at) : bytes->n;
    struct bytes taken = {bytes->at, n};
    bytes->at += n + (end != NULL);
    bytes->n -= n + (end != NULL);
    return taken;
}

/* A copy that ends with a NUL, in memory of just that size, so that reading on is seen. The caller frees it. */
static inline char *bytes_text(struct bytes bytes)
{
    char *text = malloc(bytes.n + 1);
    fuzz_require(text, "no memory");
    if (bytes.n)
        memcpy(text, bytes.at, bytes.n);
    text[bytes.n] = '\0';
    return text;
}

/* A file in memory with those bytes, which the caller closes. */
static inline int bytes_file(struct bytes bytes)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(fd >= 0, "no file in memory");
    fuzz_require(write(fd, bytes.at, bytes.n) == (ssize_t)bytes.n, "no room in memory");
    return fd;
}

/* The path of an open file. */
static inline void fuzz_path(int fd, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", fd);
}

/* A JSON text that a strict reader takes; but a number may be beyond the reader's doubles. */
static inline void fuzz_require_json(const char *text, size_t n)
{
    json_error_t where;
    json_t *value = json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &where);
    fuzz_require(value || json_error_code(&where) == json_error_numeric_overflow, "%.*s is no JSON: %s", (int)n, text,
                 where.text);
    json_decref(value);
}

/* Whether text[0..n) is UTF-8; a NUL may be in it. */
static inline void fuzz_require_utf8(const char *text, size_t n)
{
    fuzz_require(bson_utf8_validate(text, n, true), "%.*s is not UTF-8", (int)n, text);
}

#endif

/* Memory that is given back all at once, and helpers for memory that grows.
 *
 * Running out of memory ends the program with a sentence, as libbson does: a load can be run again. */
#ifndef KPI_LOADER_ARENA_H
#define KPI_LOADER_ARENA_H

#include "core/buffer.h"
#include <stdbool.h>
#include <stddef.h>

/* A run of bytes that somebody else owns, not ended by a NUL. bytes is NULL for "no value". */
struct text {
    const char *bytes;
    size_t n;
};

struct arena_block;

/* Zeroed, it is empty and usable. What it hands out lives until arena_reset() or arena_release(). */
struct arena {
    struct arena_block *blocks;
    size_t allocated; /* bytes taken from the system */
};

void *arena_take(struct arena *arena, size_t n);  /* aligned for any type, not zeroed */
char *arena_bytes(struct arena *arena, size_t n); /* not aligned */
struct text arena_copy(struct arena *arena, struct text from);
char *arena_string(struct arena *arena, const char *from); /* with its NUL; NULL gives NULL */
void arena_reset(struct arena *arena);                     /* keeps one block for what comes next */
void arena_release(struct arena *arena);

/* Ends the program: what was asked for is not there. */
_Noreturn void memory_is_out(void);

/* Ends it where the buffer has failed, and what was put in it is not whole. */
void memory_check(const struct buffer *buffer);

void *memory_zeroed(size_t count, size_t size);

/* items, grown by doubling so that `wanted` of them fit; *room says how many do. */
void *memory_grow(void *items, size_t *room, size_t wanted, size_t size);

struct text text_of(const char *string); /* NULL gives "no value" */
bool text_equal(struct text a, struct text b);

#endif

#include "loader/arena.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used, room;
    max_align_t bytes[];
};

/* Without what exit() does: other threads may be at work still, with what would be torn down under their hands. */
_Noreturn void memory_is_out(void)
{
    fputs("kpi-load: out of memory; try a smaller --memory, then run the same command again\n", stderr);
    _Exit(1);
}

void memory_check(const struct buffer *buffer)
{
    if (buffer->failed)
        memory_is_out();
}

static struct arena_block *add_block(struct arena *arena, size_t n)
{
    size_t room = n > BLOCK_SIZE ? n : BLOCK_SIZE;
    struct arena_block *block = malloc(sizeof *block + room);
    if (!block)
        memory_is_out();
    *block = (struct arena_block){.next = arena->blocks, .room = room};
    arena->blocks = block;
    arena->allocated += sizeof *block + room;
    return block;
}

static void *take(struct arena *arena, size_t n, size_t align)
{
    struct arena_block *block = arena->blocks;
    size_t at = block ? (block->used + align - 1) & ~(align - 1) : 0;
    if (!block || at > block->room || block->room - at < n) {
        block = add_block(arena, n);
        at = 0;
    }
    block->used = at + n;
    return (char *)block->bytes + at;
}

void *arena_take(struct arena *arena, size_t n)
{
    return take(arena, n, _Alignof(max_align_t));
}

char *arena_bytes(struct arena *arena, size_t n)
{
    return take(arena, n, 1);
}

struct text arena_copy(struct arena *arena, struct text from)
{
    char *bytes;
    if (!from.bytes)
        return from;
    bytes = arena_bytes(arena, from.n);
    memcpy(bytes, from.bytes, from.n);
    return (struct text){bytes, from.n};
}

char *arena_string(struct arena *arena, const char *from)
{
    size_t n;
    if (!from)
        return NULL;
    n = strlen(from) + 1;
    return memcpy(arena_bytes(arena, n), from, n);
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->blocks;
    if (!keep || (!keep->next && keep->room == BLOCK_SIZE)) {
        if (keep)
            keep->used = 0;
        return;
    }
    arena_release(arena);
}

void arena_release(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->allocated = 0;
}

void *memory_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        memory_is_out();
    return memory;
}

void *memory_grow(void *items, size_t *room, size_t wanted, size_t size)
{
    size_t n = *room ? *room : 8;
    if (wanted <= *room)
        return items;
    while (n < wanted)
        n *= 2;
    items = reallocarray(items, n, size);
    if (!items)
        memory_is_out();
    *room = n;
    return items;
}

struct text text_of(const char *string)
{
    return (struct text){string, string ? strlen(string) : 0};
}

bool text_equal(struct text a, struct text b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.bytes, b.bytes, a.n) == 0);
}

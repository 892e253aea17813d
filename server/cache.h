/* What has been computed, by id, bounded in bytes.
 *
 * Entries are shared: cache_find() gives a reference, cache_release() gives it back; an entry lives as long as somebody
 * has one, and what it holds never changes. Any thread may call all of it.
 *
 * Readers do not wait for one another: each locks one of several slots, by the processor that it runs on, and only who
 * changes the table locks all of them. Which entry has to go is found as in SIEVE (Zhang et al., NSDI 2024): a hit sets
 * a mark and moves nothing. */
#ifndef KPI_SERVER_CACHE_H
#define KPI_SERVER_CACHE_H

#include "core/siphash.h"
#include <stdbool.h>

struct cache;

/* A hash that nobody can steer: two that are equal stand for the same thing. */
struct cache_id {
    uint64_t a, b;
};

struct cache_node {
    struct cache_id id;
    struct cache_entry *entry;
    struct cache_node *next; /* in its bucket */
};

enum { CACHE_ALIASES = 4 };

/* The first member of what is kept. */
struct cache_entry {
    size_t size;                                    /* all bytes that it takes */
    void (*release)(struct cache_entry *entry);     /* frees it, when its last reference has gone */
    struct cache_node self, aliases[CACHE_ALIASES]; /* of cache.c, as all that follows */
    unsigned alias_count, next_alias;
    unsigned references; /* atomic */
    unsigned hits;       /* atomic; about how often it was found, of late more than before */
    bool visited;        /* atomic: found since the hand passed */
    bool kept;
    struct cache_entry *newer, *older;
};

/* NULL: out of memory. Of 0 bytes: keeps nothing, and is good for ids. */
struct cache *cache_new(size_t max_bytes);
void cache_free(struct cache *cache); /* NULL is fine */

struct cache_id cache_id(const struct cache *cache, const void *bytes, size_t n);

/* Sets up a new entry, with one reference, its maker's. */
void cache_entry_init(struct cache_entry *entry, struct cache_id id, size_t size,
                      void (*release)(struct cache_entry *entry));

/* The entry of that id, or that has it as an alias; NULL where none is kept. */
struct cache_entry *cache_find(struct cache *cache, struct cache_id id);

/* The same for who does not ask because somebody wants it: it does not count as found. */
struct cache_entry *cache_peek(struct cache *cache, struct cache_id id);

struct cache_entry *cache_hold(struct cache_entry *entry); /* another reference */
void cache_release(struct cache_entry *entry);             /* NULL is fine */

/* Whether an entry of that size would be kept: not when it took more than a quarter of all room. */
bool cache_takes(const struct cache *cache, size_t size);

/* Keeps the entry, in place of one of the same id, and lets others go until there is room, unless it is too large. The
 * caller's reference stays the caller's. */
void cache_keep(struct cache *cache, struct cache_entry *entry);

/* Makes the entry be found under another id too, as long as it is kept. Of many aliases the oldest are forgotten. */
void cache_alias(struct cache *cache, struct cache_entry *entry, struct cache_id alias);

/* References to the entries that were found most, the most first; returns how many. Those never found are not among
 * them. */
enum { CACHE_HOTTEST_MOST = 64 };
size_t cache_hottest(struct cache *cache, struct cache_entry **list, size_t most);

/* To be counted by who finds: only he knows what he can use. */
void cache_count(struct cache *cache, bool hit);

struct cache_counts {
    uint64_t hits, misses, evictions;
    size_t bytes, entries, max_bytes;
};

struct cache_counts cache_counts(struct cache *cache);

#endif

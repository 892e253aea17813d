#include "server/cache.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 16,
    SLOT_BYTES = 128, /* so that no two share a line of a processor's cache */
    BYTES_PER_BUCKET = 2048,
    BUCKETS_LEAST = 64,
    BUCKETS_MOST = 1 << 20,
    LARGEST_SHARE = 4, /* of all room: its fourth part */
};

struct slot {
    pthread_mutex_t lock;
    uint64_t hits, misses; /* atomic */
    char unused[SLOT_BYTES - sizeof(pthread_mutex_t) - 2 * sizeof(uint64_t)];
};

struct cache {
    struct slot slots[SLOTS];
    struct siphash_key key;
    size_t max_bytes;
    /* Under one lock to be read, under all to be changed. */
    size_t buckets; /* a power of two */
    struct cache_node **table;
    struct cache_entry *newest, *oldest, *hand;
    size_t bytes, entries;
    uint64_t evictions;
};

struct cache *cache_new(size_t max_bytes)
{
    struct cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->key = siphash_random_key();
    cache->max_bytes = max_bytes;
    cache->buckets = BUCKETS_LEAST;
    while (cache->buckets < BUCKETS_MOST && cache->buckets < max_bytes / BYTES_PER_BUCKET)
        cache->buckets *= 2;
    cache->table = calloc(cache->buckets, sizeof cache->table[0]);
    if (!cache->table) {
        free(cache);
        return NULL;
    }
    for (int i = 0; i < SLOTS; i++)
        pthread_mutex_init(&cache->slots[i].lock, NULL);
    return cache;
}

struct cache_id cache_id(const struct cache *cache, const void *bytes, size_t n)
{
    uint64_t hash[2];
    siphash(&cache->key, bytes, n, hash);
    return (struct cache_id){hash[0], hash[1]};
}

static struct slot *slot_here(struct cache *cache)
{
    int cpu = sched_getcpu();
    return &cache->slots[cpu < 0 ? 0 : cpu % SLOTS];
}

static void lock_all(struct cache *cache)
{
    for (int i = 0; i < SLOTS; i++)
        pthread_mutex_lock(&cache->slots[i].lock);
}

static void unlock_all(struct cache *cache)
{
    for (int i = SLOTS; i--;)
        pthread_mutex_unlock(&cache->slots[i].lock);
}

/* Where the node of that id is linked, or would be. */
static struct cache_node **find_link(struct cache *cache, struct cache_id id)
{
    struct cache_node **at = &cache->table[id.a & (cache->buckets - 1)];
    while (*at && ((*at)->id.a != id.a || (*at)->id.b != id.b))
        at = &(*at)->next;
    return at;
}

static void put_node(struct cache *cache, struct cache_node *node)
{
    struct cache_node **bucket = &cache->table[node->id.a & (cache->buckets - 1)];
    node->next = *bucket;
    *bucket = node;
}

static void take_node(struct cache *cache, struct cache_node *node)
{
    struct cache_node **at = find_link(cache, node->id);
    if (*at == node)
        *at = node->next;
}

void cache_entry_init(struct cache_entry *entry, struct cache_id id, size_t size,
                      void (*release)(struct cache_entry *entry))
{
    memset(entry, 0, sizeof *entry);
    entry->size = size;
    entry->release = release;
    entry->self.id = id;
    entry->self.entry = entry;
    entry->references = 1;
}

struct cache_entry *cache_hold(struct cache_entry *entry)
{
    __atomic_add_fetch(&entry->references, 1, __ATOMIC_RELAXED);
    return entry;
}

void cache_release(struct cache_entry *entry)
{
    if (entry && __atomic_sub_fetch(&entry->references, 1, __ATOMIC_ACQ_REL) == 0)
        entry->release(entry);
}

static void mark_found(struct cache_entry *entry)
{
    /* Two at once may count as one: it is for who is hot, not for a sum. */
    __atomic_store_n(&entry->hits, __atomic_load_n(&entry->hits, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
    if (!__atomic_load_n(&entry->visited, __ATOMIC_RELAXED))
        __atomic_store_n(&entry->visited, true, __ATOMIC_RELAXED);
}

static struct cache_entry *look_up(struct cache *cache, struct cache_id id, bool mark)
{
    struct slot *slot = slot_here(cache);
    struct cache_node *node;
    struct cache_entry *entry = NULL;
    pthread_mutex_lock(&slot->lock);
    node = *find_link(cache, id);
    if (node) {
        entry = cache_hold(node->entry);
        if (mark)
            mark_found(entry);
    }
    pthread_mutex_unlock(&slot->lock);
    return entry;
}

struct cache_entry *cache_find(struct cache *cache, struct cache_id id)
{
    return look_up(cache, id, true);
}

struct cache_entry *cache_peek(struct cache *cache, struct cache_id id)
{
    return look_up(cache, id, false);
}

static void put_newest(struct cache *cache, struct cache_entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    if (cache->newest)
        cache->newest->newer = entry;
    else
        cache->oldest = entry;
    cache->newest = entry;
}

/* With all locks held: the table forgets the entry; its reference goes into the list. */
static void take_out(struct cache *cache, struct cache_entry *entry, struct cache_entry **gone)
{
    if (cache->hand == entry)
        cache->hand = entry->newer;
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
    take_node(cache, &entry->self);
    for (unsigned i = 0; i < entry->alias_count; i++)
        take_node(cache, &entry->aliases[i]);
    entry->kept = false;
    entry->alias_count = 0;
    cache->bytes -= entry->size;
    cache->entries--;
    entry->newer = NULL;
    entry->older = *gone;
    *gone = entry;
}

/* With all locks held: from the oldest on, the first that was not found since the hand passed it. */
static void evict_one(struct cache *cache, struct cache_entry **gone)
{
    struct cache_entry *at = cache->hand ? cache->hand : cache->oldest;
    while (__atomic_load_n(&at->visited, __ATOMIC_RELAXED)) {
        __atomic_store_n(&at->visited, false, __ATOMIC_RELAXED);
        at = at->newer ? at->newer : cache->oldest;
    }
    cache->hand = at;
    take_out(cache, at, gone);
    cache->evictions++;
}

static void release_list(struct cache_entry *gone)
{
    while (gone) {
        struct cache_entry *next = gone->older;
        cache_release(gone);
        gone = next;
    }
}

/* What takes the place of another is half as much in demand as that was, and less each time until somebody asks. */
static void succeed(struct cache_entry *entry, struct cache_entry *old)
{
    entry->hits = __atomic_load_n(&old->hits, __ATOMIC_RELAXED) / 2;
    entry->visited = __atomic_load_n(&old->visited, __ATOMIC_RELAXED);
}

bool cache_takes(const struct cache *cache, size_t size)
{
    return size <= cache->max_bytes / LARGEST_SHARE;
}

void cache_keep(struct cache *cache, struct cache_entry *entry)
{
    struct cache_entry *gone = NULL;
    struct cache_node *old;
    if (!cache_takes(cache, entry->size))
        return;
    cache_hold(entry);
    lock_all(cache);
    old = *find_link(cache, entry->self.id);
    if (old) {
        succeed(entry, old->entry);
        take_out(cache, old->entry, &gone);
    }
    while (cache->bytes + entry->size > cache->max_bytes)
        evict_one(cache, &gone);
    put_node(cache, &entry->self);
    put_newest(cache, entry);
    entry->kept = true;
    cache->bytes += entry->size;
    cache->entries++;
    unlock_all(cache);
    release_list(gone);
}

/* With all locks held: what the id stood for before, it stands for no more. */
static void forget_alias(struct cache_node **link)
{
    struct cache_node *node = *link;
    *link = node->next;
    node->id = (struct cache_id){0};
}

static void add_alias(struct cache *cache, struct cache_entry *entry, struct cache_id alias)
{
    struct cache_node *node = &entry->aliases[entry->next_alias];
    if (entry->alias_count == CACHE_ALIASES)
        take_node(cache, node);
    else
        entry->alias_count++;
    *node = (struct cache_node){.id = alias, .entry = entry};
    entry->next_alias = (entry->next_alias + 1) % CACHE_ALIASES;
    put_node(cache, node);
}

void cache_alias(struct cache *cache, struct cache_entry *entry, struct cache_id alias)
{
    struct cache_node **link;
    lock_all(cache);
    link = find_link(cache, alias);
    if (*link && (*link)->entry != entry && *link != &(*link)->entry->self) {
        forget_alias(link);
        link = find_link(cache, alias);
    }
    if (!*link && entry->kept)
        add_alias(cache, entry, alias);
    unlock_all(cache);
}

/* Puts the entry into the list where it belongs by its hits; what is behind the end falls off. */
static size_t rank(struct cache_entry *entry, struct cache_entry **list, unsigned *hits, size_t count, size_t most)
{
    unsigned own = __atomic_load_n(&entry->hits, __ATOMIC_RELAXED);
    size_t at = count;
    while (at && hits[at - 1] < own)
        at--;
    if (!own || at == most)
        return count;
    if (count < most)
        count++;
    memmove(list + at + 1, list + at, (count - at - 1) * sizeof list[0]);
    memmove(hits + at + 1, hits + at, (count - at - 1) * sizeof hits[0]);
    list[at] = entry;
    hits[at] = own;
    return count;
}

size_t cache_hottest(struct cache *cache, struct cache_entry **list, size_t most)
{
    unsigned hits[CACHE_HOTTEST_MOST];
    size_t count = 0;
    most = most < CACHE_HOTTEST_MOST ? most : CACHE_HOTTEST_MOST;
    lock_all(cache);
    for (struct cache_entry *entry = cache->newest; entry; entry = entry->older)
        count = rank(entry, list, hits, count, most);
    for (size_t i = 0; i < count; i++)
        cache_hold(list[i]);
    unlock_all(cache);
    return count;
}

void cache_count(struct cache *cache, bool hit)
{
    struct slot *slot = slot_here(cache);
    __atomic_fetch_add(hit ? &slot->hits : &slot->misses, 1, __ATOMIC_RELAXED);
}

struct cache_counts cache_counts(struct cache *cache)
{
    struct cache_counts counts = {.max_bytes = cache->max_bytes};
    lock_all(cache);
    for (int i = 0; i < SLOTS; i++) {
        counts.hits += __atomic_load_n(&cache->slots[i].hits, __ATOMIC_RELAXED);
        counts.misses += __atomic_load_n(&cache->slots[i].misses, __ATOMIC_RELAXED);
    }
    counts.bytes = cache->bytes;
    counts.entries = cache->entries;
    counts.evictions = cache->evictions;
    unlock_all(cache);
    return counts;
}

void cache_free(struct cache *cache)
{
    struct cache_entry *gone = NULL;
    if (!cache)
        return;
    while (cache->newest)
        take_out(cache, cache->newest, &gone);
    release_list(gone);
    for (int i = 0; i < SLOTS; i++)
        pthread_mutex_destroy(&cache->slots[i].lock);
    free(cache->table);
    free(cache);
}

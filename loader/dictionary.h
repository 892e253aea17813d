/* The distinct values of one dimension while rows are summed by it, each under a small number: numbers are hashed and
 * compared faster than the values that they stand for.
 *
 * Numbers are dense, from 0 in the order of arrival, and never change; 0 is null. Values live as long as the
 * dictionary. One thread. */
#ifndef KPI_LOADER_DICTIONARY_H
#define KPI_LOADER_DICTIONARY_H

#include "loader/arena.h"
#include <bson/bson.h>

struct dictionary_value {
    struct text bytes; /* of a text, or of a number as C holds it */
    uint32_t hash;
    bson_type_t type;
};

struct dictionary {
    struct dictionary_value *values;
    size_t count, room;
    uint32_t *slots; /* open addressing: number + 1, or 0 */
    size_t slot_count;
    uint32_t *ranks;
    size_t ranked; /* how many values the ranks are of */
    struct arena arena;
};

enum { DICTIONARY_NULL = 0 };

void dictionary_init(struct dictionary *dictionary);
void dictionary_release(struct dictionary *dictionary);

/* *number is that of the value where the iterator stands. False: it is of a type that no dimension has, such as a list.
 */
bool dictionary_take(struct dictionary *dictionary, const bson_iter_t *it, uint32_t *number);

/* The number here of what another calls so. */
uint32_t dictionary_translate(struct dictionary *dictionary, const struct dictionary *other, uint32_t number);

/* Appends the value under key, of n bytes. */
void dictionary_append(const struct dictionary *dictionary, uint32_t number, bson_t *doc, const char *key, int n);

/* The value as people read it, in quotes where it is a text; a long one is cut. */
enum { DICTIONARY_TEXT_MAX = 64 };
void dictionary_text(const struct dictionary *dictionary, uint32_t number, char out[DICTIONARY_TEXT_MAX]);

/* The place of each number's value in their order: null, then by type and value, texts by their bytes. Until the next
 * value is taken. */
const uint32_t *dictionary_ranks(struct dictionary *dictionary);

#endif

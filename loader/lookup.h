/* What is looked up by key in a file of the same load: coordinates by postal code, prices by product.
 *
 * A table has a row for each distinct key, packed into few bytes. The first row of a key says its values, but for sums,
 * to which every row adds. Read fully before any expression asks it. One thread. */
#ifndef KPI_LOADER_LOOKUP_H
#define KPI_LOADER_LOOKUP_H

#include "loader/value.h"

enum { LOOKUP_VALUES_MOST = 16 };

struct lookup;

/* A table of `count` values a row; sums says which of them are added up. */
struct lookup *lookup_new(size_t count, const bool *sums);
void lookup_free(struct lookup *lookup); /* NULL is fine */

enum lookup_result { LOOKUP_ADDED, LOOKUP_SAME, LOOKUP_DIFFERS, LOOKUP_OVERFLOW };

/* Adds a row's values (null, text or number; numbers where summed). LOOKUP_DIFFERS: the key is there with another value
 * that is not summed. LOOKUP_OVERFLOW: a sum has too many digits; nothing is added to it. */
enum lookup_result lookup_add(struct lookup *lookup, struct text key, const struct value *values);

/* The value of that number for the key; null when there is no such key. */
struct value lookup_get(const struct lookup *lookup, struct text key, size_t number);

/* How many keys there are, and how many bytes they take. */
size_t lookup_count(const struct lookup *lookup);
size_t lookup_bytes(const struct lookup *lookup);

#endif

/* Numbers in an array, ascending, each once. */
#ifndef KPI_LOADER_SORTED_H
#define KPI_LOADER_SORTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool sorted_has(const int64_t *numbers, size_t count, int64_t number);

/* Adds it, if it is not there yet. *numbers may be NULL where *count is 0; it grows as memory_grow() says, and is freed
 * with free(). Cheap where numbers come in their order. */
void sorted_add(int64_t **numbers, size_t *count, size_t *room, int64_t number);

#endif

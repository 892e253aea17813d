/* The nearest known name to one that is not known, for "did you mean …?". */
#ifndef KPI_CORE_NEAREST_H
#define KPI_CORE_NEAREST_H

#include <stddef.h>

/* How many insertions, deletions, replacements and swaps of neighbours lead from a to b, at most `limit` + 1.
 * This is the optimal string alignment distance. Names beyond 63 bytes count as too far. */
unsigned edit_distance(const char *a, const char *b, unsigned limit);

/* Keeps in *best the candidate nearest to name, and in *distance how near. Start with *best NULL; a candidate further
 * than a third of the name's length (2 at least; 1 where the name has 2 letters, 0 below) is no candidate. */
void nearest_consider(const char *name, const char *candidate, const char **best, unsigned *distance);

#endif

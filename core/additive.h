/* Whether a KPI's numbers may be taken from rows that have been added up.
 *
 * A row of a rollup is the sum of many orders or lines. A pipeline that only sums measures up to its first $group gives
 * the same from such rows. One that compares a measure, takes its largest value or counts rows would give another
 * answer, and nobody would be told. */
#ifndef KPI_CORE_ADDITIVE_H
#define KPI_CORE_ADDITIVE_H

#include "core/catalog.h"

/* True only where it is certain. Up to the first $group there are $match, $set and $addFields that mention none of the
 * definition's measures, and the $group
 * - groups by no measure;
 * - sums measures as they are, or what $cond chooses of them and of 0 by a condition without a measure;
 * - takes $max, $min, $first and $addToSet of what mentions no measure;
 * - takes $max of a measure only as some_…, which says by convention whether any value is known, and never how large
 *   it is.
 * What comes behind the $group does not matter. Fields that are read but not declared are for trace_definition() to
 * find. */
bool additive(const struct definition *definition);

#endif

/* Time zones of the IANA database: from the wall clock of a store to UTC, and back.
 *
 * A zone is read once from the C library's zone files (RFC 8536) into a table of the spans in which its offset stays
 * the same, so that no call depends on TZ, and a conversion costs one search in it. Immutable: any thread.
 * A NULL zone is UTC.
 *
 * Twice a year some wall times are there twice, and some are not there at all. They are read as RFC 5545 (3.3.5) says:
 * of two, the first is meant; one that was skipped counts with the offset before the gap, so that 02:30 of a night
 * without the hour from 2 to 3 is 03:30. */
#ifndef KPI_LOADER_ZONE_H
#define KPI_LOADER_ZONE_H

#include "core/error.h"
#include <stdint.h>

struct zone;

/* NULL: err says that there is no such zone, with the nearest that there is, or that zone data are not installed. They
 * are looked for in $TZDIR, or in /usr/share/zoneinfo. UTC is always there. */
struct zone *zone_open(const char *name, struct error *err);
void zone_free(struct zone *zone); /* NULL is fine */

/* Whether it can be opened; else err says why not. */
bool zone_exists(const char *name, struct error *err);

/* As it was opened. */
const char *zone_name(const struct zone *zone);

/* Milliseconds since 1970-01-01 00:00: what the store's clock shows at an instant, and the instant at which it shows
 * that. */
int64_t zone_to_wall(const struct zone *zone, int64_t utc_ms);
int64_t zone_to_utc(const struct zone *zone, int64_t wall_ms);

#endif

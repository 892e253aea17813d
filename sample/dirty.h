/* Dirt for the native layout: rows that a loader must reject, each for one reason, and rows that look odd but are good.
 *
 * The rows come between the good ones, which stay as they are; no good row refers to a bad one, and the odd ones
 * change no KPI (they repeat a row, belong to a cancelled order, or describe something nobody ordered).
 * dirty.json says which rows are bad: file, physical line, reason, column. */
#ifndef SAMPLE_DIRTY_H
#define SAMPLE_DIRTY_H

#include "sample/csv_out.h"
#include "sample/native.h"
#include "sample/shop.h"

#include <stdbool.h>

#define DIRTY_JSON "dirty.json"

struct dirty;

/* Dirt for the files of a native run, which must outlive it, as the shop must. NULL when there is no memory. */
struct dirty *dirty_new(const struct shop *shop, struct out *const files[NATIVE_FILES], struct problem *problem);
void dirty_free(struct dirty *dirty); /* NULL is fine */

/* To call after each good row of a file: adds the dirt that is due there. */
void dirty_after_row(struct dirty *dirty, enum native_file file);

/* To call after the items of a cancelled order: gives the first of them a further unit for nothing. */
void dirty_zero_price(struct dirty *dirty, const struct order *order);

/* To call after the last row of all files: adds what is left and writes dirty.json. */
bool dirty_finish(struct dirty *dirty, struct folder *folder, struct problem *problem);

#endif

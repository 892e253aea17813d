/* The superstore layout: one file with the columns and the habits of Tableau's Sample Superstore: windows-1252,
 * CRLF, M/D/YYYY without a time of day, the sales of a line after discount with up to four decimals, a discount
 * that is a rate, postal codes that lost their leading zero, a few product ids with two names. */
#ifndef SAMPLE_SUPERSTORE_H
#define SAMPLE_SUPERSTORE_H

#include "sample/native.h"

/* Writes all orders of the shop to superstore.csv in the folder; the caller commits it. */
bool superstore_write(struct shop *shop, struct folder *folder, struct tally *tally, struct problem *problem);

#endif

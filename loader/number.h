/* How files write numbers: the decimal point, and what groups thousands. */
#ifndef KPI_LOADER_NUMBER_H
#define KPI_LOADER_NUMBER_H

#include "core/decimal.h"
#include "loader/fault.h"

/* group ' ' stands for every space that people group by: also the no-break one (U+00A0), the narrow no-break one
 * (U+202F) and the thin one (U+2009); '\'' for the apostrophe and U+2019. */
struct number_format {
    char point;
    char other_point; /* a second character that is a decimal point as well, or 0 */
    char group;       /* 0: none */
};

/* As profiles write their own numbers: a point, no groups. */
extern const struct number_format number_plain;

/* Reads the whole text, else says in *fault what is wrong with it. */
bool number_read(struct text text, const struct number_format *format, struct decimal *out, struct fault *fault);

#endif

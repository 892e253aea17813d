/* The part of a profile that says how text is written: encoding, delimiter, numbers, dates, texts that mean null. */
#ifndef KPI_LOADER_PROFILE_LAYOUT_H
#define KPI_LOADER_PROFILE_LAYOUT_H

#include "loader/findings.h"
#include "loader/layout.h"

/* UTF-8, comma, decimal point, no dates. */
extern const struct layout layout_default;

/* Overrides *layout with what the object says. The arena owns the texts. */
void layout_read(const json_t *object, struct layout *layout, struct arena *arena, struct findings *findings);

#endif

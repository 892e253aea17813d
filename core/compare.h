/* The range that a range is compared with, like for like. Plain values, any thread.
 *
 * previous-period is what lies directly before: for this-month, this-quarter and this-year the same days of the one
 * before; for whole months as many whole months; otherwise as many days. previous-year is the same calendar days a year
 * earlier. A day that the other month lacks becomes its last. What the newest day cuts is cut at the same day before.
 *
 * A time series by day or week has to have as many rows: there whole months are compared by their days too, and weeks
 * with whole weeks. */
#ifndef KPI_CORE_COMPARE_H
#define KPI_CORE_COMPARE_H

#include "core/query.h"

/* Makes *other the query for the other range. False where there is none: the query compares nothing, or what its range
 * means cannot be known without data. */
bool compare_query(const struct query *query, const struct dataset *dataset, struct query *other);

#endif

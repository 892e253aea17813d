/* The range that a range is compared with, like for like. Plain values, any thread.
 *
 * previous-period is what lies directly before: for this-month, this-quarter and this-year the same days of the one
 * before; for whole months as many whole months; otherwise as many days. previous-year is the same calendar days a year
 * earlier. A day that the other month lacks becomes its last. What the newest day cuts is cut at the same day before. A
 * range of which no day is reached yet is compared with nothing, since all of it is cut away.
 *
 * A time series by day or week has to have as many rows: there whole months are compared by their days too, and weeks
 * with whole weeks.
 *
 * as_of, the day that a KPI counts back from, moves by as much as the range does. */
#ifndef KPI_CORE_COMPARE_H
#define KPI_CORE_COMPARE_H

#include "core/query.h"

struct compared {
    bool reached;       /* a day of the asked range is in the data; without one there is no other range */
    bool partial;       /* the newest day cuts the asked range, so that the other is cut too */
    struct query query; /* for the other range; has_as_of: its KPI counts back from that day */
};

/* Says what the query is compared with. False where it compares nothing. */
bool compare_query(const struct query *query, const struct dataset *dataset, struct compared *compared);

#endif

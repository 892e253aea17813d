/* The planner: which source answers a query, and the pipeline that does it, with every variable bound.
 *
 * Whatever source is taken, the answer is the same: a rollup is one only while it is whole at the version of the data,
 * and where adding it up gives what the orders give. */
#ifndef KPI_CORE_PLAN_H
#define KPI_CORE_PLAN_H

#include "core/query.h"

struct plan {
    const struct source *source;
    bson_t *pipeline; /* an array of stages, the source's first; always with a $limit in it */
};

/* Takes, of the sources that offer every dimension and measure that the definition and the filters name, the rollup
 * with the fewest rows, else the cheapest of the base sources; that one also where an index finds what a filter asks
 * for.
 *
 * Variables that a pipeline may use:
 *   filter        the $match document of the request; {} where the source has applied it already
 *   sort          the order asked for, then the key columns
 *   offset        rows to skip
 *   limit         one row more than asked for, so that the reader knows whether there are more
 *   period_start  expression: the first day of the period that holds $day
 *   periods       expression: a list of the first days of all periods in range
 *   whole_from, whole_to   first and last period that the range and the data cover entirely
 *   last_day      the newest day of the data
 *   region, …, status (those among the definition's own_filters) the list of values asked for; empty where none is
 *   as_of         the day asked for by that name, else last_day
 *   has_cost, …, has_subcategories   whether the data have the feature (dataset.h)
 *   line_fields (sources only) the $project of what is in use of an order
 *   order_rows, row_fields (sources only) the $group that makes one row for each order and item dimension in use, and
 * the $project that gives its fields their names ERROR_INVALID: the range has too many periods. ERROR_INTERNAL: the
 * definition cannot be planned. The caller releases. */
bool plan_make(struct plan *plan, const struct catalog *catalog, const struct query *query,
               const struct dataset *dataset, struct error *err);
void plan_release(struct plan *plan);

/* Whether the source, which may be that of a rollup, cannot answer the query; then why[] says what it lacks. */
enum { PLAN_REASON_MAX = 160 };
bool plan_passes_over(const struct source *source, const struct query *query, const struct dataset *dataset,
                      char why[PLAN_REASON_MAX]);

/* Whether the base source finds what a filter asks for by an index, so that it reads less than any rollup. */
bool plan_finds_by_index(const struct catalog *catalog, const struct source *source, const struct query *query);

#endif

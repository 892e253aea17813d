/* The planner's questions about rollups: whether one answers a query, and the stages that give its rows. */
#ifndef KPI_CORE_ROLLUP_PLAN_H
#define KPI_CORE_ROLLUP_PLAN_H

#include "core/plan.h"
#include "core/rollup.h"

/* Whether a rollup that has all dimensions and measures that a query names cannot answer it nevertheless: it is not
 * there at the dataset's version, the range cuts what it has added up, the definition reads more than it declares, or
 * the rollup would count an order twice. Then why[] says so. */
bool rollup_passes_over(const struct rollup *rollup, const struct query *query, const struct dataset *dataset,
                        char why[PLAN_REASON_MAX]);

/* Appends the stages that give its rows of the dataset's version that range and filters let through, still inside its
 * documents: see rollup_rows.h. */
void rollup_stages(const struct rollup *rollup, const struct query *query, const struct dataset *dataset,
                   bson_t *pipeline);

#endif

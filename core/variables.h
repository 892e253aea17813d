/* The values of the variables that plan.h lists, made from a query. Used by the planner. */
#ifndef KPI_CORE_VARIABLES_H
#define KPI_CORE_VARIABLES_H

#include "core/query.h"

/* The names that the pipelines of definitions and of sources may use, each list ended by NULL. */
extern const char *const variables_in_definitions[];
extern const char *const variables_in_sources[];

/* Appends to a condition what the filters of the request ask for: {path: value, …}. */
void variables_filters(const struct source *source, const struct query *query, bson_t *match);

/* Appends what the source's own stages may use: filter, line_fields, order_rows, row_fields. */
void variables_of_source(const struct source *source, const struct query *query, bson_t *values);

/* Appends what the definition's stages may use. False with ERROR_INVALID when the range has too many periods. */
bool variables_of_definition(const struct source *source, const struct query *query, const struct dataset *dataset,
                             bson_t *values, struct error *err);

#endif

/* Whether the stages that carry out a request's sort, offset and limit stand in an order in which they do so. */
#ifndef KPI_CORE_LINT_PAGING_H
#define KPI_CORE_LINT_PAGING_H

#include "core/mistakes.h"
#include <jansson.h>

/* Of the pipeline of a definition. What may be right all the same goes to warnings. */
void lint_paging(const json_t *pipeline, struct mistakes *mistakes, struct mistakes *warnings);

#endif

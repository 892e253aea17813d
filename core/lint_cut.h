/* Whether the stages that cut rows off take what the pipeline says, and not whatever an engine gives first; and whether
 * they, and others that are given plain constants, are given ones that MongoDB takes. */
#ifndef KPI_CORE_LINT_CUT_H
#define KPI_CORE_LINT_CUT_H

#include "core/mistakes.h"
#include <jansson.h>

/* Of a pipeline that allow_pipeline() has let through: that of a definition, a source, a menu, a check of quality or a
 * table. */
void lint_cut(const json_t *pipeline, struct mistakes *mistakes);

#endif

/* What a pipeline in a definition file may contain: stages and operators from a list, variables that will have a value.
 *
 * The list holds what only reads, runs no code of the sender's, and gives the same answer on MongoDB and on the
 * embedded engine; what is not on it is refused when the file is read, however deep it is nested. */
#ifndef KPI_CORE_ALLOW_H
#define KPI_CORE_ALLOW_H

#include "core/error.h"
#include <jansson.h>

/* Checks the pipeline (an array of stages) that a file has under "pipeline". variables: the names that $var may have,
 * ended by NULL. False: err says where it is ("$.pipeline[2].$group") and what is wrong. */
bool allow_pipeline(const json_t *pipeline, const char *const *variables, struct error *err);

#endif

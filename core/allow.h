/* What a pipeline in a definition file may contain: stages and operators from a list, variables that will have a value.
 *
 * The list holds what only reads, runs no code of the sender's, and gives the same answer on MongoDB and on the
 * embedded engine, as tests/conformance proves of each; what is not on it is refused when the file is read, however
 * deep it is nested. */
#ifndef KPI_CORE_ALLOW_H
#define KPI_CORE_ALLOW_H

#include "core/mistakes.h"
#include <jansson.h>

/* Checks the pipeline (an array of stages) that a file has under "pipeline". variables: the names that $var may have,
 * ended by NULL. Adds all that is wrong, each with its place ("$.pipeline[2].$group"); false when there is something.
 */
bool allow_pipeline(const json_t *pipeline, const char *const *variables, struct mistakes *mistakes);

/* The same for an expression, or for fields with theirs, that stands at that place. */
bool allow_expression(const json_t *expression, const char *place, const char *const *variables,
                      struct mistakes *mistakes);

#endif

/* What may stand in a file of pipelines/quality: a check of the data that the loader runs after a load. The form is
 * told in loader/quality_check.h. */
#ifndef KPI_CORE_QUALITY_FILE_H
#define KPI_CORE_QUALITY_FILE_H

#include "core/mistakes.h"
#include <jansson.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO, SEVERITY_COUNT };

extern const char *const severity_names[SEVERITY_COUNT];

/* The variables of its pipeline, ended by NULL. */
extern const char *const variables_in_quality[];

/* Adds all that is wrong with it, and what may be meant to warnings; false when something is wrong. */
bool quality_file_check(const json_t *json, struct mistakes *mistakes, struct mistakes *warnings);

#endif

/* What may stand in a file of pipelines/star: a table of the star schema that the loader keeps. */
#ifndef KPI_CORE_STAR_FILE_H
#define KPI_CORE_STAR_FILE_H

#include "core/mistakes.h"
#include <jansson.h>

/* What is computed again after a load. */
enum star_refresh {
    STAR_DAYS,    /* the rows of the days that the load touched: a fact */
    STAR_CHANGED, /* the rows whose document the load inserted or changed: a dimension */
    STAR_REFRESH_COUNT
};

extern const char *const star_refresh_names[STAR_REFRESH_COUNT];

/* Adds all that is wrong with it, and what may be meant to warnings; false when something is wrong. name: the table's.
 */
bool star_file_check(const char *name, const json_t *json, struct mistakes *mistakes, struct mistakes *warnings);

#endif

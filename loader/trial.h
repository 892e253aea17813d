/* Trying the first rows of files as a load would read them, without a database. */
#ifndef KPI_LOADER_TRIAL_H
#define KPI_LOADER_TRIAL_H

#include "loader/fileset.h"

enum { TRIAL_ROWS = 1000 };

/* Reads up to TRIAL_ROWS rows of each file, and writes what became of them. References to other records and keys that
 * repeat are not looked at. *rejected says whether a row would be. */
bool trial_run(struct fileset *files, bool *rejected, struct error *err);

#endif

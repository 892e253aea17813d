/* kpi-load check: what a profile says and what is wrong with it, without a database. */
#ifndef KPI_LOADER_CHECK_H
#define KPI_LOADER_CHECK_H

#include "core/options.h"

/* Checks the profiles that the arguments name, or all of the folder; each mistake goes to stderr with its place, what
 * was understood to stdout. With CSV files among the arguments it matches them to the profile, or finds the one that
 * knows them, and tries their first rows. Returns the exit status: 0, 1 where a profile is wrong or does not fit, 2 for
 * a wrong command line, 3 where rows would be rejected. */
int check_run(const struct options *options);

#endif

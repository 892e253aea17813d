/* kpi-server check: says all that is wrong with definition files, without serving them. */
#ifndef KPI_SERVER_CHECK_H
#define KPI_SERVER_CHECK_H

#include "core/options.h"

/* Checks the files that the arguments behind "check" name, or all of the pipelines folder: their form, and, when a
 * MongoDB server was named, the rows of their pipelines. SIGINT and SIGTERM must be blocked: they end the check when
 * what it has made is gone. Returns the exit status. */
int check_run(const struct options *options);

#endif

/* Watching a folder: its CSV files are loaded at the start, and again whenever something is dropped there. Nothing is
 * moved or deleted; that a file was loaded before is the load's business. */
#ifndef KPI_LOADER_WATCH_H
#define KPI_LOADER_WATCH_H

#include "core/options.h"

/* Runs until SIGTERM or SIGINT, then gives 0; 1 when the folder cannot be watched, or goes away. */
int watch_run(const struct options *options);

#endif

/* The signal flag: SIGINT and SIGTERM ask a load to stop where it can be taken up again. */
#ifndef KPI_LOADER_STOP_H
#define KPI_LOADER_STOP_H

#include "core/error.h"

void stop_on_signals(void);

/* Whether a signal came; sets the error then. */
bool stop_asked(struct error *err);

#endif

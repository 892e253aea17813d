/* The signal flag: SIGINT and SIGTERM ask a load to stop where it can be taken up again. One that has not come there
 * after some seconds, since the database does not answer, is ended where it is, with status 1: the same command takes
 * that up again as well, as after any kill. */
#ifndef KPI_LOADER_STOP_H
#define KPI_LOADER_STOP_H

#include "core/error.h"

/* Once, while there is no other thread. */
void stop_on_signals(void);

/* Whether a signal came; sets the error then. */
bool stop_asked(struct error *err);

#endif

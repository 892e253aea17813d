/* How long a turn at the processor a thread asks for. */
#ifndef KPI_SERVER_SLICE_H
#define KPI_SERVER_SLICE_H

#include <stdint.h>

/* Of the calling thread, and of those that it starts from now on. Who asks for short turns gets them soon, also where
 * others keep the processors busy: Linux from 6.12 on, sched_setattr(2); elsewhere nothing happens. 0: as the system
 * has it. */
void slice_set(uint64_t ns);

#endif

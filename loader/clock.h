/* The time of day, for what is written down. */
#ifndef KPI_LOADER_CLOCK_H
#define KPI_LOADER_CLOCK_H

#include <stdint.h>

/* Milliseconds since the epoch, as BSON dates count. */
int64_t clock_ms(void);

#endif

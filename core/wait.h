/* Waiting on a condition for some time, by the clock that never jumps: the time of day is set by people and by other
 * machines, and a wait until a moment of it would last as long as it was set back. */
#ifndef KPI_CORE_WAIT_H
#define KPI_CORE_WAIT_H

#include <pthread.h>
#include <time.h>

/* A condition whose timed waits go by that clock. */
void wait_init(pthread_cond_t *condition);

/* The moment in so many milliseconds, for pthread_cond_timedwait() on such a condition. */
struct timespec wait_until(int ms);

#endif

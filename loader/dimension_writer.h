/* Writing the dimensions of a load: before its orders, so that no order is ever there without what it refers to, and
 * where that may be, beside the reading of the orders, so that the database is busy meanwhile. */
#ifndef KPI_LOADER_DIMENSION_WRITER_H
#define KPI_LOADER_DIMENSION_WRITER_H

#include "loader/dimension.h"
#include "loader/progress.h"
#include "loader/writer.h"

#include <pthread.h>
#include <stdatomic.h>

/* The first two are set by whoever has it; the rest is zero until it is started. */
struct dimension_writer {
    const struct dimension *dimensions; /* DIMENSION_COUNT of them */
    struct writer *writer;
    pthread_t thread;
    bool started;
    atomic_bool abandoned;
    bool ok; /* of the thread, as is err */
    struct error err;
};

/* Starts a thread that writes all that files say of dimensions. Until it is finished or abandoned nobody else may use
 * the writer, and the dimensions may be read and not changed. Where no thread can be started, finishing does it all. */
void dimension_writer_start(struct dimension_writer *w);

/* Waits for the thread, or writes the dimensions now if it was not started. What they were handed to may still send
 * them: see writer_flush(). */
bool dimension_writer_finish(struct dimension_writer *w, struct progress *progress, struct error *err);

/* Stops the thread where it is. Whether it was started: then some documents may be written. */
bool dimension_writer_abandon(struct dimension_writer *w);

#endif

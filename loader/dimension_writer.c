#include "loader/dimension_writer.h"
#include "loader/document.h"
#include "loader/stop.h"

/* progress: or NULL, where somebody else tells his. */
static bool write_kind(struct dimension_writer *w, enum kind kind, struct progress *progress, struct error *err)
{
    const struct dimension *d = &w->dimensions[kind];
    for (size_t i = 0; i < d->count && !atomic_load(&w->abandoned); i++) {
        if (d->rows[i].file == DIMENSION_STORED)
            continue;
        document_dimension(writer_begin(w->writer, kind), w->dimensions, kind, (int64_t)i);
        if (d->rows[i].counted != DIMENSION_STORED)
            writer_count(w->writer, d->rows[i].counted, 1);
        if (!writer_end(w->writer, err) || stop_asked(err))
            return false;
        if (progress)
            progress_step(progress, "writing dimensions", i, d->count);
    }
    return true;
}

static bool write_all(struct dimension_writer *w, struct progress *progress, struct error *err)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        if (!write_kind(w, (enum kind)kind, progress, err))
            return false;
    return true;
}

static void *write_beside(void *context)
{
    struct dimension_writer *w = context;
    w->ok = write_all(w, NULL, &w->err);
    return NULL;
}

void dimension_writer_start(struct dimension_writer *w)
{
    w->started = pthread_create(&w->thread, NULL, write_beside, w) == 0;
}

bool dimension_writer_finish(struct dimension_writer *w, struct progress *progress, struct error *err)
{
    if (!w->started)
        return write_all(w, progress, err);
    pthread_join(w->thread, NULL);
    w->started = false;
    if (!w->ok)
        *err = w->err;
    return w->ok;
}

bool dimension_writer_abandon(struct dimension_writer *w)
{
    if (!w->started)
        return false;
    atomic_store(&w->abandoned, true);
    pthread_join(w->thread, NULL);
    w->started = false;
    return true;
}

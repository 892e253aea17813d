/* The rows of a load: how they are read, and how what they say is written. */
#include "loader/load_state.h"
#include "loader/reader.h"

#include <string.h>

/* From here on documents are written: an attempt that ends before meta is written leaves something behind. */
static bool begin_writing(struct load *l, struct error *err)
{
    if (l->import.wrote || load_is_idle(l))
        return true;
    l->import.wrote = true;
    return load_persist(l, load_write_running, err) && (l->store.replace || load_persist(l, load_say_writing, err));
}

/* Whether what is written can be taken back as if it had never been there. */
static bool may_take_back(const struct load *l)
{
    for (int kind = 0; kind <= KIND_ORDER; kind++)
        if (!l->store.empty[kind])
            return false;
    return !l->store.dry_run && !load_is_unfinished(l);
}

/* The dimensions are read, orders are not: of a first load they are written meanwhile. */
static bool write_dimensions_early(void *context, struct error *err)
{
    struct load *l = context;
    if (!may_take_back(l) || load_is_idle(l))
        return true;
    if (!begin_writing(l, err))
        return false;
    dimension_writer_start(&l->dimension_writer);
    return true;
}

/* Reading has failed: what was written beside it is removed, so that nothing is left of the load but its rejects. Where
 * that fails, the load is known to have written something, and is taken up again. */
static void take_dimensions_back(struct load *l)
{
    struct error ignored;
    if (!dimension_writer_abandon(&l->dimension_writer))
        return;
    writer_free(l->writer);
    l->writer = NULL;
    l->import.wrote = !lock_confirm(l->lock, l->store.client, &ignored) || !store_clear(&l->store, &ignored);
}

bool load_read_rows(struct load *l, struct error *err)
{
    struct reader reader = {.files = &l->choice.files,
                            .store = &l->store,
                            .stored = &l->stored,
                            .firsts = &l->firsts,
                            .dimensions = l->dimensions,
                            .rejects = &l->rejects,
                            .file_records = l->file_records,
                            .cleaning = &l->cleaning,
                            .progress = &l->progress,
                            .dimensions_read = write_dimensions_early,
                            .context = l};
    bool ok;
    l->partitions = partitions_new(fileset_bytes(&l->choice.files), (uint64_t)l->options->number[OPTION_MEMORY] << 20);
    reader.partitions = l->partitions;
    ok = reader_read_all(&reader, err);
    l->rows_read = reader.rows_read;
    memcpy(l->has, reader.has, sizeof l->has);
    l->needs_whole |= reader.needs_whole;
    if (!ok)
        take_dimensions_back(l);
    return ok;
}

/* assemble() waits for what is still on its way to the database here. */
static bool write_dimensions(struct load *l, struct error *err)
{
    return dimension_writer_finish(&l->dimension_writer, &l->progress, err);
}

static bool write_orders(struct load *l, struct error *err)
{
    struct assembly *a = &l->assembly;
    bool half = l->unfinished.others || (l->unfinished.same && !l->unfinished.same_started_empty);
    bool ok;
    *a = (struct assembly){.store = &l->store,
                           .files = &l->choice.files,
                           .dimensions = l->dimensions,
                           .zone = l->choice.zone,
                           .stored = &l->stored,
                           .partitions = l->partitions,
                           .writer = l->writer,
                           .rejects = &l->rejects,
                           .file_records = l->file_records,
                           .cleaning = &l->cleaning,
                           .progress = &l->progress,
                           .firsts = &l->firsts,
                           .import_id = l->import.id,
                           .rows_read = l->rows_read,
                           .resumed = load_is_unfinished(l),
                           .recheck = half && !l->store.replace,
                           .touched.all = l->unfinished.others || l->store.replace};
    memcpy(a->facts.has, l->has, sizeof l->has);
    ok = assemble(a, err) && writer_flush(l->writer, err) && assemble_copies(a, err) && writer_flush(l->writer, err);
    l->needs_whole |= a->needs_whole;
    return ok;
}

bool load_write_rows(struct load *l, struct error *err)
{
    return begin_writing(l, err) && write_dimensions(l, err) && write_orders(l, err);
}

bool load_settle_orders(struct load *l, struct error *err)
{
    return l->store.dry_run ||
           first_orders_settle(&l->firsts, &l->dimensions[KIND_CUSTOMER], &l->store, &l->assembly.touched, err);
}

#include "core/stopwatch.h"
#include "loader/known_files.h"
#include "loader/load_state.h"

#include <time.h>

static bool update_star(struct load *l, struct error *err)
{
    struct touched_days *touched = &l->assembly.touched;
    touched->any_row = writer_any_change(l->writer) || load_is_unfinished(l) || l->store.replace;
    touched->all |= load_is_unfinished(l); /* what the attempt before touched is not known any more */
    return after_load_star(&l->after, l->options, l->db, l->store.client, l->lock, l->import.id,
                           l->import.target_version, touched, err);
}

static bool update_rollups(struct load *l, struct error *err)
{
    return rollups_update(l->after.rollups, &l->assembly.touched, l->import.target_version, err);
}

/* The data are ready: what comes now only makes answers come sooner. */
static bool complete_rollups(struct load *l, struct error *err)
{
    if (!l->after.data_ready_ms)
        l->after.data_ready_ms = progress_now_ms();
    return rollups_complete(l->after.rollups, l->import.data_version, err);
}

static bool forget_rollups(struct load *l, struct error *err)
{
    return rollups_forget(l->after.rollups, err);
}

static bool keep_results(struct load *l, struct error *err)
{
    return after_load_results(&l->after, l->options, l->db, l->store.client, l->lock, l->import.id,
                              l->import.data_version, err);
}

static bool write_meta(struct load *l, struct error *err)
{
    struct meta_change change = {.writer = l->writer,
                                 .facts = &l->assembly.facts,
                                 .currency = l->choice.files.profile->currency,
                                 .zone = zone_name(l->choice.zone),
                                 .target_version = l->import.target_version,
                                 .unfinished = load_is_unfinished(l),
                                 .rollups = rollups_listed(l->after.rollups),
                                 .recount = l->options->number[OPTION_RELOAD],
                                 .replaced = l->store.replace || l->unfinished.replaced};
    if (!meta_write(&l->store, &change, &l->import.data_version, err))
        return false;
    if (l->import.data_version == l->import.target_version && l->import.target_version > 1)
        l->published_us = stopwatch_us();
    return !change.unfinished || (lock_confirm(l->lock, l->store.client, err) && unfinished_settle(&l->store, err));
}

void load_outwait_servers(const struct load *l)
{
    int64_t left_us = l->published_us + INT64_C(1000) * DATASET_LEASE_MS - stopwatch_us();
    if (l->published_us && left_us > 0)
        nanosleep(&(struct timespec){0, left_us * 1000}, NULL);
}

/* With its counts, and before its files are known: else who is ended in between would be told that they are loaded
 * already, and nobody how many rows were rejected. */
static bool write_done(struct load *l, struct error *err)
{
    if (!lock_confirm(l->lock, l->store.client, err))
        return false;
    l->import.swapping = false;
    l->import.listing = true;
    l->done = import_write(&l->import, l->store.client, db_name(l->db), "done", NULL, err);
    return l->done;
}

static bool forget_unlisted(struct load *l, struct error *err)
{
    return unlisted_forget(&l->store, err);
}

static bool find_unlisted(struct load *l, struct error *err)
{
    return unlisted_find(&l->store, &l->import, &l->unlisted, err);
}

static bool list_unlisted(struct load *l, struct error *err)
{
    return unlisted_list(&l->store, &l->unlisted, &l->choice.files, l->choice.reading, err);
}

bool load_take_up_listing(struct load *l, struct error *err)
{
    if (l->store.dry_run)
        return true;
    if (!load_persist(l, find_unlisted, err))
        return false;
    l->unlisted.same &= !load_is_unfinished(l) && !l->whole_files && !l->options->number[OPTION_RELOAD];
    return !l->unlisted.same || (load_persist(l, list_unlisted, err) && load_persist(l, forget_unlisted, err));
}

static bool swap(struct load *l, struct error *err)
{
    return store_swap(&l->store, err);
}

/* Puts what was written in place of what was there. Whoever finds the import marked puts the rest of it there. */
static bool replace(struct load *l, struct error *err)
{
    if (!known_files_forget(&l->store, err))
        return false;
    l->import.swapping = true;
    return load_persist(l, load_write_running, err) && load_persist(l, load_say_writing, err) &&
           load_persist(l, swap, err);
}

bool load_commit(struct load *l, struct error *err)
{
    if (l->store.dry_run)
        return true;
    if (!lock_held(l->lock, l->store.client, err) || (l->store.replace && !replace(l, err)))
        return false;
    return load_persist(l, update_star, err) && load_persist(l, update_rollups, err) &&
           load_persist(l, write_meta, err) && load_persist(l, complete_rollups, err) &&
           load_persist(l, keep_results, err) && load_persist(l, forget_rollups, err) &&
           file_records_write(l->file_records, err) && (!l->unlisted.any || load_persist(l, forget_unlisted, err)) &&
           load_persist(l, write_done, err) &&
           known_files_write(&l->store, &l->choice.files, l->choice.reading, l->import.id, err) &&
           load_persist(l, forget_unlisted, err);
}

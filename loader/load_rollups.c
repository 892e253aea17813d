#include "loader/load_state.h"

bool load_begin_rollups(struct load *l, struct error *err)
{
    struct rollups_load load = {l->db, l->store.client, l->lock, &l->progress};
    return l->store.dry_run || rollups_begin(l->after.rollups, &load, err);
}

static bool look_at_rollups(struct load *l, struct error *err)
{
    static const struct touched_days none;
    struct dataset dataset;
    return load_begin_rollups(l, err) && dataset_read(l->store.client, db_name(l->db), &dataset, err) &&
           rollups_update(l->after.rollups, &none, dataset.version, err);
}

static bool build_rollups(struct load *l, struct error *err)
{
    struct dataset dataset;
    return look_at_rollups(l, err) && dataset_read(l->store.client, db_name(l->db), &dataset, err) &&
           rollups_complete(l->after.rollups, dataset.version, err) && rollups_forget(l->after.rollups, err);
}

bool load_keep_rollups(struct load *l, struct error *err)
{
    bool unfinished = false;
    if (l->store.dry_run)
        return true;
    if (!load_persist(l, look_at_rollups, err))
        return false;
    if (!rollups_is_pending(l->after.rollups))
        return true;
    if (!load_take_lock(l, err) || !unfinished_is_any(&l->store, &unfinished, err))
        return false;
    if (unfinished)
        return true;
    l->after.data_ready_ms = progress_now_ms();
    return load_persist(l, build_rollups, err);
}

#include "loader/load.h"
#include "loader/dataset_check.h"
#include "loader/fence.h"
#include "loader/indexes.h"
#include "loader/input.h"
#include "loader/known_files.h"
#include "loader/load_state.h"
#include "loader/retry.h"
#include "loader/shard.h"
#include "loader/side_by_side.h"
#include "loader/stop.h"
#include "loader/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reach_database(struct load *l, struct error *err)
{
    if (!store_reach(&l->store, l->options, err))
        return false;
    if (!shard_look(&l->store, l->options->number[OPTION_SHARD], err)) {
        store_leave(&l->store);
        return false;
    }
    l->db = l->store.db;
    return true;
}

bool load_suits_server(const struct options *options, struct error *err)
{
    struct store store;
    bool ok;
    if (!store_reach(&store, options, err))
        return err->kind != ERROR_INVALID;
    ok = shard_look(&store, options->number[OPTION_SHARD], err) || err->kind != ERROR_INVALID;
    store_leave(&store);
    return ok;
}

/* The database where files are looked up before it is needed otherwise; NULL: it does not answer, which is said when it
 * matters. */
static const struct store *store_for_versions(void *context)
{
    struct load *l = context;
    struct error ignored;
    return l->db || reach_database(l, &ignored) ? &l->store : NULL;
}

static bool choose(struct load *l, struct error *err)
{
    const struct options *o = l->options;
    struct known_store known = {store_for_versions, l};
    if (!after_load_check(&l->after, o, err) ||
        !reject_limit_parse(o->text[OPTION_MAX_REJECTS], &l->rejects.limit, err))
        return false;
    return l->whole_files || choice_make(&l->choice, o, &known, l->scope, &l->progress, err);
}

bool load_persist(struct load *l, load_step *step, struct error *err)
{
    struct retry retry = retry_for(l->store.retry_seconds);
    bool ok;
    do
        ok = step(l, err);
    while (!ok && retry_again(&retry, err));
    return ok;
}

bool load_write_running(struct load *l, struct error *err)
{
    l->import_written = true;
    return l->store.dry_run || import_write(&l->import, l->store.client, db_name(l->db), "running", NULL, err);
}

bool load_say_writing(struct load *l, struct error *err)
{
    return l->store.dry_run || meta_say_writing(&l->store, err);
}

bool load_is_unfinished(const struct load *l)
{
    return l->unfinished.same || l->unfinished.others;
}

bool load_is_idle(const struct load *l)
{
    for (size_t i = 0; i < l->choice.files.count; i++)
        if (!l->choice.files.inputs[i].skipped)
            return false;
    return !load_is_unfinished(l);
}

static bool clear_rejects(struct load *l, struct error *err)
{
    return load_is_idle(l) || rejects_clear(&l->rejects, err);
}

/* Nothing of the database: see side_by_side(). */
static bool digest_file(void *context, mongoc_client_t *client, size_t number, struct error *err)
{
    struct fileset *files = context;
    (void)client;
    return input_read_digest(&files->inputs[number], err);
}

static bool open_store(struct load *l, struct error *err)
{
    bool parts = !l->whole_files && !l->store.replace && !l->options->number[OPTION_RELOAD];
    if (!store_open(&l->store, err) ||
        !side_by_side(l->db, l->store.client, l->choice.files.count, digest_file, &l->choice.files, err) ||
        !known_files_look_up(&l->store, &l->choice.files, l->choice.reading, parts, err))
        return false;
    for (size_t i = 0; i < l->choice.files.count; i++)
        if (l->store.replace || l->options->number[OPTION_RELOAD])
            input_take_whole(&l->choice.files.inputs[i]);
    if ((l->store.empty[KIND_ORDER] || (l->scope && l->scope->left_out)) && l->choice.files.lacks.kind != ERROR_NONE) {
        *err = l->choice.files.lacks;
        return false;
    }
    return true;
}

static bool name_import(struct load *l, struct error *err)
{
    const char *zone = zone_name(l->choice.zone), *currency = l->choice.files.profile->currency;
    struct dataset dataset;
    if (!dataset_read(l->store.client, db_name(l->db), &dataset, err) ||
        (!l->store.replace && !dataset_check(l->store.client, db_name(l->db), &dataset, zone, currency, err)))
        return false;
    l->import.files = &l->choice.files;
    l->import.timezone = zone;
    l->import.cleaning = &l->cleaning;
    l->import.rejects = &l->rejects;
    l->import.started_empty = l->store.empty[KIND_ORDER];
    import_begin(&l->import, l->choice.reading, l->store.replace, dataset.version);
    if (!unfinished_find(&l->store, &l->import, &l->unfinished, err))
        return false;
    if (l->whole_files)
        l->import.attempts--; /* it is begun already, and reads its files anew */
    return true;
}

static void prepare_rejects(struct load *l)
{
    rejects_open(&l->rejects, &l->store, l->import.id, &l->choice.files);
    if (l->options->text[OPTION_REJECTS])
        l->reject_file = reject_file_new(l->options->text[OPTION_REJECTS], &l->choice.files);
    l->rejects.file = l->reject_file;
}

static bool create_collections(struct load *l, struct error *err)
{
    return l->store.dry_run ||
           (store_create(&l->store, err) && shard_orders(&l->store, l->options->number[OPTION_SHARD], err));
}

static bool create_indexes(struct load *l, enum index_moment moment, struct error *err)
{
    return l->store.dry_run || (lock_held(l->lock, l->store.client, err) &&
                                indexes_create(&l->store, l->options->text[OPTION_PIPELINES], moment, err));
}

static bool complete_swap(struct load *l, struct error *err)
{
    return l->store.dry_run || unfinished_complete_swap(&l->store, &l->swap_completed, err);
}

static bool raise_fence(struct load *l, struct error *err)
{
    return fence_raise(l->lock, l->store.client, db_name(l->db), err);
}

bool load_take_lock(struct load *l, struct error *err)
{
    if (l->store.dry_run || l->lock)
        return true;
    l->store.lock = l->lock = lock_take(l->store.brief, l->options->number[OPTION_LOCK_WAIT], err);
    return l->lock && load_persist(l, raise_fence, err);
}

/* Takes the lock and sees what is there. */
static bool look(struct load *l, struct error *err)
{
    return load_take_lock(l, err) && load_persist(l, complete_swap, err) && load_persist(l, open_store, err) &&
           load_persist(l, name_import, err) && load_take_up_listing(l, err);
}

/* Writes down that a load runs, and prepares the collections. */
static bool begin(struct load *l, struct error *err)
{
    if (!load_persist(l, load_begin_rollups, err))
        return false;
    prepare_rejects(l);
    stored_init(&l->stored, &l->store, l->dimensions);
    if (!load_persist(l, load_write_running, err) || !load_persist(l, clear_rejects, err))
        return false;
    if (!load_persist(l, create_collections, err))
        return false;
    l->file_records = file_records_new(&l->store, &l->choice.files, l->import.id);
    l->writer = writer_new(&l->store, &l->choice.files, l->import.id, err);
    l->dimension_writer.dimensions = l->dimensions;
    l->dimension_writer.writer = l->writer;
    return l->writer && create_indexes(l, INDEXES_BEFORE_ROWS, err);
}

static bool run(struct load *l, struct error *err)
{
    if (!choose(l, err))
        return false;
    if (l->choice.up_to_date)
        return (l->db || reach_database(l, err)) && shard_orders(&l->store, l->options->number[OPTION_SHARD], err) &&
               load_keep_rollups(l, err);
    if (!(l->db || reach_database(l, err)) || !look(l, err))
        return false;
    if (l->unlisted.same)
        return load_keep_rollups(l, err);
    return begin(l, err) && load_read_rows(l, err) && load_write_rows(l, err) && rejects_flush(&l->rejects, err) &&
           (!l->reject_file || reject_file_finish(l->reject_file, err)) &&
           create_indexes(l, INDEXES_BEHIND_ROWS, err) && load_settle_orders(l, err) && load_commit(l, err);
}

/* After a failure: what can still be written down is, so that the next who looks knows why. Where another load has
 * taken over, documents of ours may have been written behind its end: the next load makes that good, as one of its own.
 */
static void write_failure(struct load *l, const struct error *why)
{
    struct error ignored;
    bool held;
    if (!l->import_written || l->done || l->store.dry_run)
        return;
    held = lock_confirm(l->lock, l->store.client, &ignored) || ignored.kind != ERROR_INVALID;
    if (!held)
        l->import.target_version = 0; /* it is the other load's */
    l->rejects.retry_seconds = 0;
    if (!held || rejects_flush(&l->rejects, &ignored))
        import_write(&l->import, l->store.client, db_name(l->db), "failed", why->message, &ignored);
}

static void start(struct load *l, const struct options *options, struct fileset_scope *scope)
{
    memset(l, 0, sizeof *l);
    l->options = options;
    l->scope = scope;
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&l->dimensions[kind], (enum kind)kind);
    progress_start(&l->progress);
}

static void release(struct load *l)
{
    writer_free(l->writer);
    partitions_free(l->partitions);
    stored_release(&l->stored);
    file_records_free(l->file_records);
    first_orders_release(&l->firsts);
    touched_release(&l->assembly.touched);
    after_load_release(&l->after);
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&l->dimensions[kind]);
    rejects_release(&l->rejects);
    reject_file_free(l->reject_file);
    lock_release(l->lock);
    store_leave(&l->store);
    choice_release(&l->choice);
}

/* Begins again with the same files, of which all is to be read now. */
static void start_over(struct load *l)
{
    const struct options *options = l->options;
    struct fileset_scope *scope = l->scope;
    struct choice choice = l->choice;
    memset(&l->choice, 0, sizeof l->choice);
    release(l);
    start(l, options, scope);
    l->whole_files = true;
    l->choice = choice;
    fileset_rewind(&l->choice.files);
}

/* What helps when the database failed in the middle. */
static const char *remedy(const struct load *l, const struct error *err)
{
    bool database = err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT || err->kind == ERROR_INTERNAL;
    struct error ignored;
    return l->import_written && database && !stop_asked(&ignored) ? "; the same command takes the load up again" : "";
}

/* How many rows are rejected of the load, or of the attempt before that had come to its end. */
static uint64_t rejected(const struct load *l)
{
    return l->unlisted.same ? l->unlisted.rejected : l->rejects.count;
}

static void report(struct load *l, bool ok, const struct error *err, int64_t start_ms)
{
    int64_t end_ms = l->after.data_ready_ms ? l->after.data_ready_ms : progress_now_ms();
    progress_clear(&l->progress);
    if (l->swap_completed)
        fprintf(stderr, "An earlier load with --replace did not come to its end; the rest of its data was put in place "
                        "before this load\n");
    if (l->choice.up_to_date)
        fprintf(stderr, "all that these addresses give is loaded already\n");
    else if (l->rows_read || ok)
        summary_print(stderr, &l->choice.files, &l->rejects, &l->cleaning,
                      l->partitions ? partitions_spilled(l->partitions) : 0, l->store.dry_run,
                      (double)(end_ms - start_ms) / 1000);
    if (ok && l->unlisted.same)
        unlisted_print(&l->unlisted, stderr);
    if (l->reject_file)
        reject_file_print(l->reject_file, stderr);
    after_load_print(&l->after, stderr);
    if (!ok) {
        write_failure(l, err);
        fprintf(stderr, "kpi-load: %s%s\n", err->message, remedy(l, err));
    }
}

/* Where more rows were rejected than may be, and nothing is written yet, one file may be to blame. */
static void blame_rejects(const struct load *l)
{
    const struct input *worst;
    struct error ignored;
    if (l->import.wrote || !rejects_too_many(&l->rejects, l->rows_read, true, &ignored))
        return;
    worst = rejects_worst(&l->rejects);
    if (worst)
        fileset_blame(&l->choice.files, worst->path);
}

enum load_result load_run(const struct options *options, struct fileset_scope *scope)
{
    struct load *l = memory_zeroed(1, sizeof *l);
    struct error err = {0};
    enum load_result result;
    int64_t start_ms = progress_now_ms();
    bool ok;
    start(l, options, scope);
    ok = run(l, &err);
    if (!ok && l->needs_whole) {
        /* Only what was appended to a file was read, and it speaks of what stands before it. */
        progress_clear(&l->progress);
        start_over(l);
        ok = run(l, &err);
    }
    load_outwait_servers(l);
    report(l, ok, &err, start_ms);
    if (!ok && scope)
        blame_rejects(l);
    result = !ok ? LOAD_FAILED : rejected(l) ? LOAD_SOME_REJECTED : LOAD_ALL;
    release(l);
    free(l);
    return result;
}

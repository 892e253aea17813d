#include "loader/load.h"
#include "loader/after_load.h"
#include "loader/assemble.h"
#include "loader/document.h"
#include "loader/indexes.h"
#include "loader/reader.h"
#include "loader/record_book.h"
#include "loader/stop.h"
#include "loader/summary.h"
#include "loader/unfinished.h"

#include <stdio.h>
#include <string.h>

/* A batch takes well under a second; building an index over what is there may take minutes. */
enum { COMMAND_TIMEOUT_MS = 300 * 1000, CONNECTIONS = 4 };

struct load {
    const struct options *options;
    struct fileset files;
    struct db *db;
    mongoc_client_t *client; /* for all but the documents */
    mongoc_collection_t *rejected;
    struct import import;
    bool import_written;
    bool unfinished; /* an earlier load has left something that meta does not account for */
    struct rejects rejects;
    struct cleaning cleaning;
    struct progress progress;
    struct dimension dimensions[DIMENSION_COUNT];
    struct partitions *partitions;
    struct writer *writer;
    struct facts facts;
    uint64_t rows_read;
    struct after_load after;
};

static bool choose_files(struct load *l, struct error *err)
{
    const struct options *o = l->options;
    if (!after_load_check(o, err) || !reject_limit_parse(o->text[OPTION_MAX_REJECTS], &l->rejects.limit, err) ||
        !fileset_collect(&l->files, o->arguments, o->argument_count, err) ||
        !fileset_match(&l->files, o->text[OPTION_PROFILE], o->text[OPTION_PROFILES], err))
        return false;
    if (l->files.count >= UINT16_MAX) {
        error_set(err, ERROR_INVALID, "%zu files are too many for one load; load them in parts", l->files.count);
        return false;
    }
    fprintf(stderr, "profile %s (%s): %s\n", l->files.profile->name, l->files.profile->title, l->files.reason);
    return true;
}

static bool reach_database(struct load *l, struct error *err)
{
    struct db_config config = {.uri = l->options->text[OPTION_URI],
                               .name = l->options->text[OPTION_DB],
                               .app_name = "kpi-load",
                               .pool_size = CONNECTIONS,
                               .query_timeout_ms = COMMAND_TIMEOUT_MS};
    l->db = db_new(&config, err);
    if (!l->db)
        return false;
    if (!db_ping(l->db, err)) {
        struct error why = *err;
        error_set(err, ERROR_UNAVAILABLE, "%s; is it running, and does --uri or MONGODB_URI say the right place?",
                  why.message);
        return false;
    }
    l->client = db_pop(l->db, err);
    return l->client;
}

/* Writes down that a load runs, and prepares the collections. */
static bool begin(struct load *l, struct error *err)
{
    const char *database = db_name(l->db);
    import_begin(&l->import);
    l->import.files = &l->files;
    l->import.cleaning = &l->cleaning;
    l->import.rejects = &l->rejects;
    l->rejected = mongoc_client_get_collection(l->client, database, "rejects");
    l->rejects.collection = l->rejected;
    l->rejects.import_id = l->import.id;
    l->rejects.files = &l->files;
    if (!unfinished_find(l->client, database, &l->unfinished, err) ||
        !import_write(&l->import, l->client, database, "running", NULL, err))
        return false;
    l->import_written = true;
    l->writer = writer_new(l->db, &l->files, l->import.id, err);
    return l->writer && indexes_create(l->client, database, l->options->text[OPTION_PIPELINES], err);
}

static bool read_all(struct load *l, struct error *err)
{
    struct reader reader = {.files = &l->files,
                            .dimensions = l->dimensions,
                            .rejects = &l->rejects,
                            .cleaning = &l->cleaning,
                            .progress = &l->progress};
    bool ok;
    l->partitions = partitions_new(fileset_bytes(&l->files), (uint64_t)l->options->number[OPTION_MEMORY] << 20);
    reader.partitions = l->partitions;
    ok = reader_read_all(&reader, err);
    l->rows_read = reader.rows_read;
    return ok;
}

/* Dimensions first, so that no order is ever there without what it refers to. */
static bool write_dimensions(struct load *l, struct error *err)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++) {
        const struct dimension *d = &l->dimensions[kind];
        for (size_t i = 0; i < d->count; i++) {
            document_dimension(writer_begin(l->writer, (enum kind)kind), l->dimensions, (enum kind)kind, (int64_t)i);
            if (d->rows[i].file != UINT16_MAX)
                writer_count(l->writer, d->rows[i].file, 1);
            if (!writer_end(l->writer, err) || stop_asked(err))
                return false;
            progress_step(&l->progress, "writing dimensions", i, d->count);
        }
    }
    return writer_flush(l->writer, err);
}

static bool write_orders(struct load *l, struct error *err)
{
    struct assembly assembly = {.dimensions = l->dimensions,
                                .partitions = l->partitions,
                                .writer = l->writer,
                                .rejects = &l->rejects,
                                .cleaning = &l->cleaning,
                                .progress = &l->progress,
                                .rows_read = l->rows_read};
    bool ok = assemble(&assembly, err) && writer_flush(l->writer, err);
    l->facts = assembly.facts;
    return ok;
}

/* An earlier load that did not come to its end may have written to any day. */
static bool update_star(struct load *l, struct error *err)
{
    struct touched_days touched = {.any_row = writer_any_change(l->writer), .all = l->unfinished};
    return after_load_star(&l->after, l->options, l->db, l->client, l->import.id, &touched, err);
}

static bool run(struct load *l, struct error *err)
{
    return choose_files(l, err) && reach_database(l, err) && begin(l, err) && read_all(l, err) &&
           write_dimensions(l, err) && write_orders(l, err) && rejects_flush(&l->rejects, err) && update_star(l, err) &&
           meta_write(l->client, db_name(l->db), l->writer, &l->facts, l->files.profile->currency, l->unfinished,
                      &l->import.data_version, err) &&
           (!l->unfinished || unfinished_settle(l->client, db_name(l->db), err)) &&
           after_load_results(&l->after, l->options, l->db, l->client, l->import.id, l->import.data_version, err) &&
           import_write(&l->import, l->client, db_name(l->db), "done", NULL, err);
}

/* After a failure: what can still be written down is, so that the next who looks knows why. */
static void write_failure(struct load *l, const struct error *why)
{
    struct error ignored;
    if (l->import_written && rejects_flush(&l->rejects, &ignored))
        import_write(&l->import, l->client, db_name(l->db), "failed", why->message, &ignored);
}

static void release(struct load *l)
{
    writer_free(l->writer);
    partitions_free(l->partitions);
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&l->dimensions[kind]);
    rejects_release(&l->rejects);
    mongoc_collection_destroy(l->rejected);
    if (l->db)
        db_push(l->db, l->client);
    db_free(l->db);
    fileset_release(&l->files);
}

/* What helps when the database failed in the middle. */
static const char *remedy(const struct load *l, const struct error *err)
{
    bool database = err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT || err->kind == ERROR_INTERNAL;
    struct error ignored;
    return l->import_written && database && !stop_asked(&ignored) ? "; the same command takes the load up again" : "";
}

enum load_result load_run(const struct options *options)
{
    struct load l;
    struct error err = {0};
    enum load_result result;
    int64_t start = progress_now_ms();
    bool ok;
    memset(&l, 0, sizeof l);
    l.options = options;
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&l.dimensions[kind], (enum kind)kind);
    progress_start(&l.progress);
    ok = run(&l, &err);
    progress_clear(&l.progress);
    if (l.rows_read || ok)
        summary_print(stderr, &l.files, &l.rejects, &l.cleaning, l.partitions ? partitions_spilled(l.partitions) : 0,
                      (double)((l.after.data_ready_ms ? l.after.data_ready_ms : progress_now_ms()) - start) / 1000);
    after_load_print(&l.after, stderr);
    if (!ok) {
        write_failure(&l, &err);
        fprintf(stderr, "kpi-load: %s%s\n", err.message, remedy(&l, &err));
    }
    result = !ok ? LOAD_FAILED : l.rejects.count ? LOAD_SOME_REJECTED : LOAD_ALL;
    release(&l);
    return result;
}

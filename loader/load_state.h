/* A load while it runs: what its steps share. load.c sees what is there and takes the steps; load_rows.c reads the
 * files and writes what they say; commit.c makes that the state of the data. */
#ifndef KPI_LOADER_LOAD_STATE_H
#define KPI_LOADER_LOAD_STATE_H

#include "loader/after_load.h"
#include "loader/assemble.h"
#include "loader/choice.h"
#include "loader/dimension_writer.h"
#include "loader/lock.h"
#include "loader/progress.h"
#include "loader/record_book.h"
#include "loader/unfinished.h"
#include "loader/unlisted.h"

struct load {
    const struct options *options;
    struct fileset_scope *scope; /* or NULL */
    struct choice choice;        /* the files, and how they are read */
    struct db *db;               /* the store's, once it is reached */
    struct store store;
    struct lock *lock;
    struct reject_file *reject_file;
    struct import import;
    bool import_written;
    bool done; /* it is written down that the load has come to its end */
    struct unfinished unfinished;
    struct unlisted unlisted;
    bool swap_completed; /* of an earlier load, before this one began */
    struct rejects rejects;
    struct cleaning cleaning;
    struct progress progress;
    struct dimension dimensions[DIMENSION_COUNT];
    struct stored stored;
    struct first_orders firsts;
    struct partitions *partitions;
    struct file_records *file_records;
    struct writer *writer;
    struct dimension_writer dimension_writer;
    struct assembly assembly;
    uint64_t rows_read;
    bool has[FEATURE_COUNT]; /* of what only the rows tell */
    bool whole_files;        /* parts of files do not suffice: an attempt has shown it */
    bool needs_whole;
    int64_t published_us; /* when the new version had been written over another; 0: it was not */
    struct after_load after;
};

typedef bool load_step(struct load *load, struct error *err);

/* Does a step, and again while the database is away: whatever it has done of itself, it may do again. */
bool load_persist(struct load *load, load_step *step, struct error *err);

/* Sees what rollups there are. May be repeated; with --dry-run nothing. */
bool load_begin_rollups(struct load *load, struct error *err);

/* Where nothing is to be read: rollups may still be declared otherwise than they were, and are built. What an
 * unfinished load has left is for the one that makes it good. */
bool load_keep_rollups(struct load *load, struct error *err);

/* Takes the lock, if it is not held yet, and raises the fence. With --dry-run nothing. */
bool load_take_lock(struct load *load, struct error *err);

/* Writes down that the load runs. */
bool load_write_running(struct load *load, struct error *err);

/* Says that orders are about to change under those who read them. */
bool load_say_writing(struct load *load, struct error *err);

/* Under the lock: where an earlier attempt at this load came to its end but for writing down its files, does that, and
 * then nothing is left to be read: unlisted.same says so. */
bool load_take_up_listing(struct load *load, struct error *err);

/* Whether earlier loads have left something that meta does not account for. */
bool load_is_unfinished(const struct load *load);

/* Whether all files are loaded already, and nothing else is to be made good: then no row is read, written or rejected.
 */
bool load_is_idle(const struct load *load);

/* Reads all rows. The dimensions of a first load are written meanwhile, and taken back where reading fails. */
bool load_read_rows(struct load *load, struct error *err);

/* Writes what the rows say. */
bool load_write_rows(struct load *load, struct error *err);

/* Writes what follows from the orders of a customer. With --dry-run nothing. */
bool load_settle_orders(struct load *load, struct error *err);

/* Makes what was written the state of the data, and then what follows from it. With --dry-run nothing. */
bool load_commit(struct load *load, struct error *err);

/* Servers may answer from what they keep for a while after a new version was written: waits for the rest of it, so that
 * whoever asks behind the end of the load sees the new numbers. Mostly what followed the version has taken longer. */
void load_outwait_servers(const struct load *load);

#endif

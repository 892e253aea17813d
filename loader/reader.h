/* Reading the rows of a file into records: dimensions go into their tables, what belongs to orders waits in partitions
 * to be put together, and rows that cannot be read are rejected. */
#ifndef KPI_LOADER_READER_H
#define KPI_LOADER_READER_H

#include "core/dataset.h"
#include "loader/cleaning.h"
#include "loader/file_records.h"
#include "loader/first_order.h"
#include "loader/partition.h"
#include "loader/progress.h"
#include "loader/rejects.h"
#include "loader/stored.h"

struct reader {
    struct fileset *files;
    const struct store *store;
    struct stored *stored;
    struct first_orders *firsts;  /* noted when the database has no orders */
    struct dimension *dimensions; /* DIMENSION_COUNT of them */
    struct partitions *partitions;
    struct rejects *rejects;
    struct file_records *file_records;
    struct cleaning *cleaning;
    struct progress *progress;
    /* Is told once, before the first file that follows all that say dimensions; false: reading fails. */
    bool (*dimensions_read)(void *context, struct error *err);
    void *context;
    bool has[FEATURE_COUNT]; /* what only the rows tell */
    uint64_t rows_read;
    uint64_t bytes_read; /* of the files that are done */
    bool needs_whole;    /* what was appended to a file contradicts what stands before it: reading failed */
};

/* Reads all files in their order, but for those that are skipped. What rows refer to and no file has is looked up in
 * the database. False when a file cannot be read, too much is rejected, or a signal came. */
bool reader_read_all(struct reader *reader, struct error *err);

#endif

/* Reading the rows of a file into records: dimensions go into their tables, what belongs to orders waits in partitions
 * to be put together, and rows that cannot be read are rejected. */
#ifndef KPI_LOADER_READER_H
#define KPI_LOADER_READER_H

#include "loader/cleaning.h"
#include "loader/dimension.h"
#include "loader/partition.h"
#include "loader/progress.h"
#include "loader/rejects.h"

struct reader {
    struct fileset *files;
    struct dimension *dimensions; /* DIMENSION_COUNT of them */
    struct partitions *partitions;
    struct rejects *rejects;
    struct cleaning *cleaning;
    struct progress *progress;
    uint64_t rows_read;
    uint64_t bytes_read; /* of the files that are done */
};

/* Reads all files in their order. False when a file cannot be read, too much is rejected, or a signal came. */
bool reader_read_all(struct reader *reader, struct error *err);

#endif

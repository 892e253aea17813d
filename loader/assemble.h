/* Putting orders together: partition by partition, an order's record is joined with its items, payments and reviews and
 * with what the database holds of it, totals are computed, and the document goes to the writer. */
#ifndef KPI_LOADER_ASSEMBLE_H
#define KPI_LOADER_ASSEMBLE_H

#include "loader/cleaning.h"
#include "loader/facts.h"
#include "loader/file_records.h"
#include "loader/first_order.h"
#include "loader/partition.h"
#include "loader/progress.h"
#include "loader/rejects.h"
#include "loader/stored.h"
#include "loader/touched.h"
#include "loader/writer.h"

struct assembly {
    const struct store *store;
    struct fileset *files;
    struct dimension *dimensions;
    struct stored *stored;
    const struct zone *zone; /* of the shop */
    struct partitions *partitions;
    struct writer *writer;
    struct rejects *rejects;
    struct file_records *file_records;
    struct cleaning *cleaning;
    struct progress *progress;
    struct first_orders *firsts;
    const char *import_id;
    uint64_t rows_read; /* for the limit of rejects */
    bool resumed;       /* an earlier attempt at this load wrote some of it: what is unchanged now may be its work */
    bool recheck;       /* an earlier load has ended half-way: any order may copy what is no longer so */
    struct facts facts;
    struct touched_days touched;
    bool needs_whole; /* only what was appended to a file was read, and that does not suffice: assemble() failed */
};

/* Writes all orders of the load. Records without their order are rejected as unknown_reference, second records of an
 * order, payment or review in one file as duplicate_key where their content differs. */
bool assemble(struct assembly *assembly, struct error *err);

/* Writes the orders that copy from rows of dimensions that the load has changed (or whose distance follows from them),
 * or with `recheck` all that are not as they would be written now. After assemble() and writer_flush(). */
bool assemble_copies(struct assembly *assembly, struct error *err);

#endif

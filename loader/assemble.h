/* Putting orders together: partition by partition, an order's record is joined with its items, payments and reviews,
 * totals are computed, and the document goes to the writer. */
#ifndef KPI_LOADER_ASSEMBLE_H
#define KPI_LOADER_ASSEMBLE_H

#include "core/dataset.h"
#include "loader/cleaning.h"
#include "loader/dimension.h"
#include "loader/partition.h"
#include "loader/progress.h"
#include "loader/rejects.h"
#include "loader/writer.h"

/* What the orders say about the data as a whole, over all that were put together. */
struct facts {
    uint64_t orders;
    int64_t first_day, last_day;
    bool has[FEATURE_COUNT];
};

struct assembly {
    const struct dimension *dimensions;
    const struct zone *zone; /* of the shop */
    struct partitions *partitions;
    struct writer *writer;
    struct rejects *rejects;
    struct cleaning *cleaning;
    struct progress *progress;
    uint64_t rows_read; /* for the limit of rejects */
    struct facts facts;
};

/* Writes all orders. Records without their order are rejected as unknown_reference, second records of an order, payment
 * or review as duplicate_key where their content differs. */
bool assemble(struct assembly *assembly, struct error *err);

#endif

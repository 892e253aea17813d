/* Letting a definition's stages read the rows of a rollup where they lie: inside its documents.
 *
 * Behind { "$unwind": "$rows" } the fields of a row are rows.region, rows.sales and so on. A stage that makes them
 * region and sales costs more than all that follows, so the first stages of the definition are told the longer paths
 * instead, as far as that can be done; where it cannot, such a stage is put before them. */
#ifndef KPI_CORE_ROLLUP_ROWS_H
#define KPI_CORE_ROLLUP_ROWS_H

#include "core/rollup.h"

/* Appends the bound stages of a definition to the pipeline that ends with that $unwind. */
void rollup_read_rows(const struct rollup *rollup, const bson_t *stages, bson_t *pipeline);

#endif

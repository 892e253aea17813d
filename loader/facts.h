/* What a load says of the data as a whole: of what time the orders are, and what the sources tell at all. Plain values.
 */
#ifndef KPI_LOADER_FACTS_H
#define KPI_LOADER_FACTS_H

#include "core/dataset.h"
#include "loader/dimension.h"
#include "loader/order.h"

struct facts {
    uint64_t orders;
    int64_t first_day, last_day;
    bool has[FEATURE_COUNT];
};

/* Notes an order that is put together, as a sum and as the document that is made of it. */
void facts_note_order(struct facts *facts, const struct dimension dimensions[DIMENSION_COUNT],
                      const struct order *order, const bson_t *doc);

/* Notes a line as its source says it: before compute_item() makes 0 of what is not told. */
void facts_note_line(bool has[FEATURE_COUNT], const struct value line[ITEM_FIELDS]);

/* The business day of an order's document. */
int64_t facts_day(const bson_t *doc);

#endif

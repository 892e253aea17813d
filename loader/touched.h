/* What a load has changed, for what is kept up to date from orders: the star schema. */
#ifndef KPI_LOADER_TOUCHED_H
#define KPI_LOADER_TOUCHED_H

#include "core/error.h"
#include <mongoc/mongoc.h>

/* Business days of orders that were inserted or changed. An order that moved to another day touches both. */
struct touched_days {
    bool any_row;  /* anything at all was inserted or changed, be it only a customer's name */
    bool all;      /* any day may have changed: it cannot be known which */
    bool listed;   /* the days are those below; else they have to be looked for */
    int64_t *days; /* days since 1970-01-01, in no order */
    size_t count;
};

/* Lists the days of the orders that carry the import's id: that they have now, and that they have in the table of facts
 * still. The caller releases. */
bool touched_days_find(struct touched_days *touched, mongoc_client_t *client, const char *database,
                       const char *import_id, struct error *err);
void touched_days_release(struct touched_days *touched);

#endif

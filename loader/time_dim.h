/* time_dim, the calendar of the star schema: a row for every day from the first order to the last. Made here and not by
 * a pipeline, since engines differ in what they can do with calendars: $densify and $dateTrunc are not to be relied on.
 */
#ifndef KPI_LOADER_TIME_DIM_H
#define KPI_LOADER_TIME_DIM_H

#include "core/db.h"

#define TIME_DIM_COLLECTION "time_dim"

/* Appends the row of a day: its key and what calendars say of it. */
void time_dim_row(int64_t day, bson_t *row);

/* Inserts the days that are missing and deletes those that no order reaches any more; `whole`: writes all days anew. */
bool time_dim_update(mongoc_client_t *client, const char *database, bool whole, struct error *err);

#endif

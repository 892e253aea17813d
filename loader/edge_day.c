#include "loader/edge_day.h"
#include "core/day.h"

bool edge_day(mongoc_client_t *client, const char *database, const char *collection, const char *key, int direction,
              int64_t *day, bool *found, struct error *err)
{
    bson_t *options =
        BCON_NEW("sort", "{", key, BCON_INT32(direction), "}", "projection", "{", key, BCON_INT32(1), "}");
    bson_t all = BSON_INITIALIZER, *doc = NULL;
    bson_iter_t it;
    bool ok = db_first(client, database, collection, &all, options, &doc, "looking for the first and last day", err);
    *found = doc && bson_iter_init_find(&it, doc, key) && BSON_ITER_HOLDS_DATE_TIME(&it);
    if (*found)
        *day = day_from_ms(bson_iter_date_time(&it));
    bson_destroy(doc);
    bson_destroy(options);
    return ok;
}

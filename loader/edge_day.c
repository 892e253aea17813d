#include "loader/edge_day.h"
#include "core/day.h"

static const char what[] = "looking for the first and last day";

/* Whether there is a document of that day. */
static bool has_day(mongoc_client_t *client, const char *database, const struct edge *edge, int64_t day, bool *has,
                    struct error *err)
{
    bson_t *filter = BCON_NEW(edge->key, BCON_DATE_TIME(day_to_ms(day)));
    bson_t *options = BCON_NEW("projection", "{", edge->key, BCON_INT32(1), "}"), *doc = NULL;
    bool ok = db_first(client, database, edge->collection, filter, options, &doc, what, err);
    *has = doc;
    bson_destroy(doc);
    bson_destroy(options);
    bson_destroy(filter);
    return ok;
}

static bool search(mongoc_client_t *client, const char *database, const struct edge *edge, int64_t *day, bool *found,
                   struct error *err)
{
    bson_t *options = BCON_NEW("sort", "{", edge->key, BCON_INT32(edge->direction), "}", "projection", "{", edge->key,
                               BCON_INT32(1), "}");
    bson_t all = BSON_INITIALIZER, *doc = NULL;
    bson_iter_t it;
    bool ok = db_first(client, database, edge->collection, &all, options, &doc, what, err);
    *found = doc && bson_iter_init_find(&it, doc, edge->key) && BSON_ITER_HOLDS_DATE_TIME(&it);
    if (*found)
        *day = day_from_ms(bson_iter_date_time(&it));
    bson_destroy(doc);
    bson_destroy(options);
    return ok;
}

bool edge_day(mongoc_client_t *client, const char *database, const struct edge *edge, const int64_t *bound,
              int64_t *day, bool *found, struct error *err)
{
    *found = false;
    if (bound && !has_day(client, database, edge, *bound, found, err))
        return false;
    if (*found) {
        *day = *bound;
        return true;
    }
    return search(client, database, edge, day, found, err);
}

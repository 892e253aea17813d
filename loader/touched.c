#include "loader/touched.h"
#include "core/day.h"
#include "core/db.h"
#include "loader/arena.h"

#include <stdlib.h>

/* An order that had items has a row of facts for the first of them. */
static bson_t *days_of_import(const char *import_id)
{
    return BCON_NEW("0", "{", "$match", "{", "import_id", BCON_UTF8(import_id), "}", "}", "1", "{", "$project", "{",
                    "day", BCON_INT32(1), "fact", "{", "$concat", "[", "$_id", "|0", "]", "}", "}", "}", "2", "{",
                    "$lookup", "{", "from", "orders_fact", "localField", "fact", "foreignField", "_id", "as", "before",
                    "}", "}", "3", "{", "$project", "{", "day", "{", "$concatArrays", "[", "[", "$day", "]",
                    "$before.day", "]", "}", "}", "}", "4", "{", "$unwind", "$day", "}", "5", "{", "$group", "{", "_id",
                    "$day", "}", "}");
}

bool touched_days_find(struct touched_days *touched, mongoc_client_t *client, const char *database,
                       const char *import_id, struct error *err)
{
    mongoc_collection_t *orders = mongoc_client_get_collection(client, database, "orders");
    bson_t *pipeline = days_of_import(import_id);
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(orders, MONGOC_QUERY_NONE, pipeline, NULL, NULL);
    const bson_t *doc;
    bson_iter_t it;
    bson_error_t why;
    size_t room = 0;
    bool ok;
    touched->days = NULL;
    touched->count = 0;
    while (mongoc_cursor_next(cursor, &doc)) {
        if (!bson_iter_init_find(&it, doc, "_id") || !BSON_ITER_HOLDS_DATE_TIME(&it))
            continue;
        touched->days = memory_grow(touched->days, &room, touched->count + 1, sizeof *touched->days);
        touched->days[touched->count++] = day_from_ms(bson_iter_date_time(&it));
    }
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "looking for the days that changed", err);
    touched->listed = ok;
    mongoc_cursor_destroy(cursor);
    bson_destroy(pipeline);
    mongoc_collection_destroy(orders);
    return ok;
}

void touched_days_release(struct touched_days *touched)
{
    free(touched->days);
    *touched = (struct touched_days){0};
}

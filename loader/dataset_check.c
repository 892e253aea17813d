#include "loader/dataset_check.h"
#include "core/db.h"

#include <string.h>

static bool refuse(const char *database, const char *theirs, const char *ours, struct error *err)
{
    error_set(err, ERROR_INVALID,
              "the database %s holds data by the clock of %s, and this load is by that of %s: load with --timezone %s, "
              "into another database, or start over with --replace",
              database, theirs, ours, theirs);
    return false;
}

/* Before any load has ended, the newest that began says what may be there. */
static bool check_unfinished(mongoc_client_t *client, const char *database, const char *name, struct error *err)
{
    mongoc_collection_t *imports = mongoc_client_get_collection(client, database, "imports");
    bson_t all = BSON_INITIALIZER;
    bson_t *options = BCON_NEW("sort", "{", "started_at", BCON_INT32(-1), "}", "limit", BCON_INT64(1), "projection",
                               "{", "timezone", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(imports, &all, options, NULL);
    const bson_t *doc;
    bson_iter_t it;
    bson_error_t why;
    bool ok = true;
    if (mongoc_cursor_next(cursor, &doc) && bson_iter_init_find(&it, doc, "timezone") && BSON_ITER_HOLDS_UTF8(&it)) {
        const char *theirs = bson_iter_utf8(&it, NULL);
        ok = strcmp(theirs, name) == 0 || refuse(database, theirs, name, err);
    }
    if (mongoc_cursor_error(cursor, &why)) {
        db_error(&why, "looking for the time zone of the data", err);
        ok = false;
    }
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    bson_destroy(&all);
    mongoc_collection_destroy(imports);
    return ok;
}

bool dataset_check(mongoc_client_t *client, const char *database, const struct dataset *dataset, const char *zone,
                   const char *currency, struct error *err)
{
    if (!dataset->loaded)
        return check_unfinished(client, database, zone, err);
    if (strcmp(dataset->timezone, zone) != 0)
        return refuse(database, dataset->timezone, zone, err);
    if (strcmp(dataset->currency, currency) == 0)
        return true;
    error_set(err, ERROR_INVALID,
              "the database %s holds amounts in %s, and these files are in %s: load them into another database, or "
              "start over with --replace",
              database, dataset->currency, currency);
    return false;
}

#include "core/dataset.h"
#include "core/day.h"
#include "core/db.h"
#include "core/stopwatch.h"

#include <stdio.h>
#include <string.h>

const char *const feature_names[FEATURE_COUNT] = {"cost",    "discount", "hour",       "payments",     "reviews",
                                                  "sellers", "delivery", "estimates",  "distances",    "customers",
                                                  "points",  "freight",  "regions",    "countries",    "states",
                                                  "cities",  "segments", "categories", "subcategories"};

const char *const feature_notes[FEATURE_COUNT] = {
    "The loaded data has no costs, so profit and margin are null.",
    "The loaded data tells neither discounts nor list prices, so discounts are null.",
    "The loaded data has no time of day.",
    "The loaded data has no payments.",
    "The loaded data has no reviews.",
    "The loaded data has no sellers.",
    "The loaded data has no delivery dates.",
    "The loaded data has no days that deliveries were promised for, so none is on time or late.",
    "The loaded data has no coordinates of where orders come from and go to, so no distance is known.",
    "The loaded data does not tell who bought.",
    "The loaded data has no coordinates of where orders went, so nothing can be put on a map.",
    "The loaded data does not tell what freight customers paid, so freight is null.",
    "The loaded data has no regions.",
    "The loaded data has no countries.",
    "The loaded data has no states.",
    "The loaded data has no cities.",
    "The loaded data has no customer segments.",
    "The loaded data has no categories of products.",
    "The loaded data has no subcategories of products.",
};

static void read_day(const bson_t *doc, const char *key, int64_t *day, bool *known)
{
    bson_iter_t it;
    if (bson_iter_init_find(&it, doc, key) && BSON_ITER_HOLDS_DATE_TIME(&it))
        *day = day_from_ms(bson_iter_date_time(&it));
    else
        *known = false;
}

static void read_text(const bson_t *doc, const char *key, char *out, size_t room)
{
    bson_iter_t it;
    const char *text = "";
    if (bson_iter_init_find(&it, doc, key) && BSON_ITER_HOLDS_UTF8(&it))
        text = bson_iter_utf8(&it, NULL);
    snprintf(out, room, "%s", text);
}

/* FNV-1a: it has to tell documents apart, not to withstand anybody. Rollups are left out: which there are to be read
 * changes no answer. That a load writes is too,
 * and which: what was right stays right until it publishes. */
static uint64_t print_of(const bson_t *doc)
{
    bson_t facts = BSON_INITIALIZER;
    const uint8_t *bytes;
    uint64_t hash = 0xcbf29ce484222325;
    bson_copy_to_excluding_noinit(doc, &facts, "rollups", DATASET_WRITING, DATASET_HOLDER, NULL);
    bytes = bson_get_data(&facts);
    for (uint32_t i = 0; i < facts.len; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    bson_destroy(&facts);
    return hash;
}

/* One that is not told whole is none: its answers are given without it. */
static void read_rollup(const bson_iter_t *value, struct dataset *out)
{
    struct dataset_rollup *rollup = &out->rollups[out->rollup_count];
    bson_iter_t it;
    int known = 0;
    if (out->rollup_count == DATASET_ROLLUPS_MOST || !BSON_ITER_HOLDS_DOCUMENT(value))
        return;
    memset(rollup, 0, sizeof *rollup);
    for (bson_iter_recurse(value, &it); bson_iter_next(&it);) {
        const char *key = bson_iter_key(&it);
        bool text = BSON_ITER_HOLDS_UTF8(&it), number = BSON_ITER_HOLDS_INT32(&it) || BSON_ITER_HOLDS_INT64(&it);
        if (text && strcmp(key, "hash") == 0)
            snprintf(rollup->hash, sizeof rollup->hash, "%s", bson_iter_utf8(&it, NULL));
        else if (number && strcmp(key, "build") == 0)
            rollup->build = bson_iter_as_int64(&it);
        else if (number && strcmp(key, "rows") == 0)
            rollup->rows = bson_iter_as_int64(&it);
        else
            continue;
        known++;
    }
    if (known == 3)
        out->rollup_count++;
}

static void read_rollups(const bson_t *doc, struct dataset *out)
{
    bson_iter_t it, child;
    if (!bson_iter_init_find(&it, doc, "rollups") || !BSON_ITER_HOLDS_DOCUMENT(&it))
        return;
    for (bson_iter_recurse(&it, &child); bson_iter_next(&child);)
        read_rollup(&child, out);
}

static void read_document(const bson_t *doc, struct dataset *out)
{
    bson_iter_t it, child;
    if (!bson_iter_init_find(&it, doc, "version"))
        return; /* a first load has begun to write */
    out->version = bson_iter_as_int64(&it);
    out->loaded = true;
    out->has_days = true;
    out->print = print_of(doc);
    out->writing = bson_iter_init_find(&it, doc, DATASET_WRITING) && bson_iter_as_bool(&it);
    if (bson_iter_init_find(&it, doc, "loaded_at") && BSON_ITER_HOLDS_DATE_TIME(&it))
        out->loaded_ms = bson_iter_date_time(&it);
    read_day(doc, "first_day", &out->first_day, &out->has_days);
    read_day(doc, "last_day", &out->last_day, &out->has_days);
    read_text(doc, "currency", out->currency, sizeof out->currency);
    read_text(doc, "timezone", out->timezone, sizeof out->timezone);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "has.%s", feature_names[i]);
        out->has[i] =
            !bson_iter_init(&it, doc) || !bson_iter_find_descendant(&it, path, &child) || bson_iter_as_bool(&child);
    }
    read_rollups(doc, out);
}

const struct dataset_rollup *dataset_rollup(const struct dataset *dataset, const char *hash)
{
    for (size_t i = 0; i < dataset->rollup_count; i++)
        if (strcmp(dataset->rollups[i].hash, hash) == 0)
            return &dataset->rollups[i];
    return NULL;
}

bool dataset_read(mongoc_client_t *client, const char *database, struct dataset *out, struct error *err)
{
    mongoc_collection_t *meta = mongoc_client_get_collection(client, database, DATASET_COLLECTION);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(DATASET_ID));
    bson_t *options = BCON_NEW("limit", BCON_INT64(1), "maxTimeMS", BCON_INT64(2000));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(meta, filter, options, NULL);
    const bson_t *doc;
    bson_error_t why;
    bool ok;

    memset(out, 0, sizeof *out);
    out->read_us = stopwatch_us();
    if (mongoc_cursor_next(cursor, &doc))
        read_document(doc, out);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "reading the state of the data", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    bson_destroy(filter);
    mongoc_collection_destroy(meta);
    return ok;
}

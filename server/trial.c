#include "server/trial.h"
#include "core/bind.h"
#include "core/json.h"
#include "core/plan.h"
#include "server/assets.h"
#include "server/trial_requests.h"
#include "server/trial_rows.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_BYTES = 64, DAY_MS = 24 * 3600 * 1000 };

/* One of the databases. */
struct shop {
    char name[NAME_BYTES];
    const char *data; /* as a mistake calls them */
    struct dataset dataset;
    bool made;
};

struct trial {
    struct db *db;
    mongoc_client_t *client;
    struct shop empty, sample;
    bson_t *filters; /* a value for each filter */
    int64_t timeout_ms;
};

bool trial_interrupted(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM));
}

/* A name that nobody uses: nothing of the user's may be written over or dropped. */
static bool is_free(struct trial *trial, const struct shop *shop, struct error *err)
{
    mongoc_database_t *database = mongoc_client_get_database(trial->client, shop->name);
    bson_error_t why = {0};
    char **names = mongoc_database_get_collection_names_with_opts(database, NULL, &why);
    bool ok = names && !*names;
    if (!names)
        db_error(&why, "looking for a database to try pipelines in", err);
    else if (!ok)
        error_set(err, ERROR_INVALID, "the database %s, which pipelines would be tried in, is there already",
                  shop->name);
    bson_strfreev(names);
    mongoc_database_destroy(database);
    return ok;
}

static bool insert(struct trial *trial, const struct shop *shop, const char *collection, const bson_t *doc,
                   struct error *err)
{
    mongoc_collection_t *into = mongoc_client_get_collection(trial->client, shop->name, collection);
    bson_error_t why;
    bool ok = mongoc_collection_insert_one(into, doc, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "making data to try pipelines on", err);
    mongoc_collection_destroy(into);
    return ok;
}

/* Every member of the sample is a collection with its documents, but for filters. */
static bool fill_sample(struct trial *trial, const bson_t *sample, struct error *err)
{
    bson_iter_t it, docs;
    bool ok = bson_iter_init(&it, sample);
    while (ok && bson_iter_next(&it)) {
        bool filters = strcmp(bson_iter_key(&it), "filters") == 0;
        for (bson_iter_recurse(&it, &docs); ok && bson_iter_next(&docs);) {
            const uint8_t *bytes;
            uint32_t n;
            bson_t doc;
            bson_iter_document(&docs, &n, &bytes);
            if (!bson_init_static(&doc, bytes, n))
                return false;
            if (filters)
                trial->filters = bson_copy(&doc);
            else
                ok = insert(trial, &trial->sample, bson_iter_key(&it), &doc, err);
        }
    }
    return ok;
}

static bool fill(struct trial *trial, struct error *err)
{
    const struct asset *asset = asset_find("server/check-sample.json");
    bson_error_t why;
    bson_t *sample = bson_new_from_json(asset->bytes, (ssize_t)asset->size, &why);
    bson_t *nothing = BCON_NEW("_id", BCON_UTF8(DATASET_ID), "version", BCON_INT64(1), "currency", BCON_UTF8("USD"),
                               "timezone", BCON_UTF8("UTC"));
    bool ok = sample;
    if (!sample)
        error_set(err, ERROR_INTERNAL, "the sample cannot be read: %s", why.message);
    trial->sample.made = trial->empty.made = ok;
    ok = ok && fill_sample(trial, sample, err) && insert(trial, &trial->empty, DATASET_COLLECTION, nothing, err) &&
         dataset_read(trial->client, trial->sample.name, &trial->sample.dataset, err) &&
         dataset_read(trial->client, trial->empty.name, &trial->empty.dataset, err);
    bson_destroy(sample);
    bson_destroy(nothing);
    return ok;
}

struct trial *trial_open(const char *uri, int timeout_s, struct error *err)
{
    struct trial *trial = calloc(1, sizeof *trial);
    struct db_config config = {
        .uri = uri, .app_name = "kpi-server check", .pool_size = 1, .query_timeout_ms = (unsigned)timeout_s * 1000};
    struct error ignored = {0};
    if (!trial) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    trial->timeout_ms = timeout_s * 1000LL;
    trial->sample.data = "sample data";
    trial->empty.data = "no data";
    snprintf(trial->sample.name, NAME_BYTES, "kpi_check_%ld", (long)getpid());
    snprintf(trial->empty.name, NAME_BYTES, "kpi_check_%ld_empty", (long)getpid());
    config.name = trial->sample.name;
    trial->db = db_new(&config, err);
    trial->client = trial->db ? db_pop(trial->db, err) : NULL;
    if (trial->client && is_free(trial, &trial->sample, err) && is_free(trial, &trial->empty, err) && fill(trial, err))
        return trial;
    trial_close(trial, &ignored);
    return NULL;
}

static bool drop(struct trial *trial, const struct shop *shop, struct error *err)
{
    mongoc_database_t *database;
    bson_error_t why;
    bool ok;
    if (!shop->made)
        return true;
    database = mongoc_client_get_database(trial->client, shop->name);
    ok = mongoc_database_drop(database, &why);
    if (!ok)
        db_error(&why, "dropping the data that pipelines were tried on", err);
    if (!ok)
        error_prefix(err, "%s is still there", shop->name);
    mongoc_database_destroy(database);
    return ok;
}

bool trial_close(struct trial *trial, struct error *err)
{
    bool ok = true;
    if (!trial)
        return true;
    if (trial->client) {
        ok = drop(trial, &trial->sample, err);
        ok = drop(trial, &trial->empty, err) && ok;
        db_push(trial->db, trial->client);
    }
    db_free(trial->db);
    bson_destroy(trial->filters);
    free(trial);
    return ok;
}

/* Runs a bound pipeline on one of the databases. */
static void run(struct trial *trial, const struct shop *shop, const char *collection, const bson_t *pipeline,
                struct shape *shape, const struct place *where, struct mistakes *mistakes)
{
    mongoc_collection_t *from = mongoc_client_get_collection(trial->client, shop->name, collection);
    bson_t *options = BCON_NEW("maxTimeMS", BCON_INT64(trial->timeout_ms), "allowDiskUse", BCON_BOOL(true));
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(from, MONGOC_QUERY_NONE, pipeline, options, NULL);
    const bson_t *row;
    bson_error_t why;
    size_t rows = 0;
    while (mongoc_cursor_next(cursor, &row)) {
        shape_row(shape, row, where, mistakes);
        rows++;
    }
    if (mongoc_cursor_error(cursor, &why))
        shape_mistake(where, "$.pipeline", mistakes, "the database refuses it: %s", why.message);
    else
        shape_rows(shape, rows, where, mistakes);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(from);
}

static void try_request(struct trial *trial, const struct shop *shop, const struct catalog *catalog,
                        const struct definition *d, const struct trial_request *asked, struct shape *shape,
                        struct mistakes *mistakes)
{
    char request[TRIAL_PARAMETERS_MOST * TRIAL_VALUE_BYTES * 2];
    struct place where = {shop->data, request, asked->of_lines, shape->first};
    struct parameter_error refused;
    struct error err = {0};
    struct query query;
    struct plan plan;
    trial_request_text(asked, request, sizeof request);
    if (!query_parse(&query, d, &shop->dataset, asked->list, asked->count, &refused)) {
        shape_mistake(&where, "$.parameters", mistakes, "%s", refused.detail);
    } else if (plan_make(&plan, catalog, &query, &shop->dataset, &err)) {
        run(trial, shop, plan.source->collection, plan.pipeline, shape, &where, mistakes);
        plan_release(&plan);
    } else if (err.kind != ERROR_INVALID) { /* more periods than a request may have is no fault of the file */
        shape_mistake(&where, "$.pipeline", mistakes, "%s", err.message);
    }
}

void trial_definition(struct trial *trial, const struct catalog *catalog, const struct definition *d,
                      struct mistakes *mistakes, struct mistakes *warnings)
{
    struct trial_requests *requests = calloc(1, sizeof *requests);
    struct shape shape;
    if (!requests) {
        mistakes_add(mistakes, "", "out of memory");
        return;
    }
    trial_requests_make(requests, d, trial->filters);
    shape_of_definition(&shape, d, mistakes->count, warnings);
    try_request(trial, &trial->empty, catalog, d, &requests->list[0], &shape, mistakes);
    for (size_t i = 0; i < requests->count && !trial_interrupted(); i++)
        try_request(trial, &trial->sample, catalog, d, &requests->list[i], &shape, mistakes);
    if (!trial_interrupted())
        shape_end(&shape, mistakes);
    shape_release(&shape);
    free(requests);
}

/* The pipeline of a file that no request is made for. */
static void run_on_both(struct trial *trial, const char *collection, const bson_t *pipeline, struct shape *shape,
                        struct mistakes *mistakes)
{
    const struct shop *const shops[] = {&trial->empty, &trial->sample};
    for (size_t i = 0; i < sizeof shops / sizeof shops[0]; i++)
        run(trial, shops[i], collection, pipeline, shape, &(struct place){shops[i]->data, "", false, shape->first},
            mistakes);
    shape_end(shape, mistakes);
    shape_release(shape);
}

void trial_menu(struct trial *trial, const struct menu *menu, struct mistakes *mistakes)
{
    bson_t *values =
        BCON_NEW("prefix", "{", "$regex", BCON_UTF8("^"), "}", "limit", BCON_INT32(101), "offset", BCON_INT32(0));
    bson_t pipeline = BSON_INITIALIZER;
    struct error err = {0};
    struct shape shape;
    shape_of_menu(&shape, mistakes->count);
    if (bind_pipeline(menu->pipeline, values, &pipeline, &err)) {
        run_on_both(trial, menu->collection, &pipeline, &shape, mistakes);
    } else {
        mistakes_add(mistakes, "$.pipeline", "%s", err.message);
    }
    bson_destroy(&pipeline);
    bson_destroy(values);
}

/* The sample is young for ever: what is said of the future and of yesterday is said of its last day. */
void trial_file(struct trial *trial, const json_t *json, struct mistakes *mistakes)
{
    int64_t now = day_to_ms(trial->sample.dataset.last_day);
    bson_t *values = BCON_NEW("now", BCON_DATE_TIME(now), "yesterday", BCON_DATE_TIME(now - DAY_MS));
    bson_t pipeline = BSON_INITIALIZER, *tree = json_to_bson(json_object_get(json, "pipeline"));
    const char *collection = json_text(json, "collection");
    struct error err = {0};
    struct shape shape;
    shape_of_file(&shape, json, mistakes->count);
    if (!tree) {
        mistakes_add(mistakes, "$.pipeline", "too deep or too large");
    } else if (bind_pipeline(tree, values, &pipeline, &err)) {
        run_on_both(trial, collection, &pipeline, &shape, mistakes);
    } else {
        mistakes_add(mistakes, "$.pipeline", "%s", err.message);
    }
    bson_destroy(tree);
    bson_destroy(&pipeline);
    bson_destroy(values);
}

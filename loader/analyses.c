#include "loader/analyses.h"
#include "core/answer.h"
#include "core/log.h"
#include "loader/arena.h"
#include "loader/clock.h"
#include "loader/indexes.h"
#include "loader/side_by_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char analyses_name[] = "analyses"; /* the collection */

enum { ANSWER_TIMEOUT_MS = 120 * 1000 };

struct analyses {
    const char *database;
    struct lock *lock;
    const struct catalog *catalog;
    const struct definition **wanted; /* those that are to be kept now */
    size_t wanted_count;
    struct dataset dataset;
    const char *import_id;
    int64_t versions;
    size_t failed; /* atomic */
};

static void id_of(const struct definition *definition, int64_t version, char id[96])
{
    snprintf(id, 96, "%s@%lld", definition->name, (long long)version);
}

/* What its columns are, so that the answer can be read without the definition, which may change. */
static void put_columns(const struct definition *d, bson_t *doc)
{
    bson_t list, column;
    BSON_APPEND_ARRAY_BEGIN(doc, "columns", &list);
    for (size_t i = 0; i < d->column_count; i++) {
        char number[16];
        const char *key;
        size_t n = bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        bson_append_document_begin(&list, key, (int)n, &column);
        BSON_APPEND_UTF8(&column, "name", d->columns[i].name);
        BSON_APPEND_UTF8(&column, "type", column_type_names[d->columns[i].type]);
        bson_append_document_end(&list, &column);
    }
    bson_append_array_end(doc, &list);
}

static bool compute(const struct analyses *a, mongoc_client_t *client, const struct definition *d, bson_t *doc,
                    struct error *err)
{
    struct query query;
    struct parameter_error why;
    char id[96];
    if (!query_parse(&query, d, &a->dataset, NULL, 0, &why)) {
        error_set(err, ERROR_INTERNAL, "%s", why.detail);
        return false;
    }
    id_of(d, a->dataset.version, id);
    BSON_APPEND_UTF8(doc, "_id", id);
    BSON_APPEND_UTF8(doc, "kpi", d->name);
    BSON_APPEND_UTF8(doc, "title", d->title);
    BSON_APPEND_INT64(doc, "data_version", a->dataset.version);
    BSON_APPEND_DATE_TIME(doc, "computed_at", clock_ms());
    BSON_APPEND_UTF8(doc, "import_id", a->import_id);
    put_columns(d, doc);
    return answer_document(client, a->database, a->catalog, &query, &a->dataset, ANSWER_TIMEOUT_MS, doc, err);
}

/* Deletes the answers of this KPI that are older than the newest `versions`. */
static bool forget_old(const struct analyses *a, mongoc_client_t *client, const char *kpi, struct error *err)
{
    mongoc_collection_t *analyses = mongoc_client_get_collection(client, a->database, analyses_name);
    bson_t *filter = BCON_NEW("kpi", BCON_UTF8(kpi)), *old = NULL;
    bson_t *options = BCON_NEW("sort", "{", "data_version", BCON_INT32(-1), "}", "skip", BCON_INT64(a->versions),
                               "limit", BCON_INT64(1), "projection", "{", "data_version", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(analyses, filter, options, NULL);
    const bson_t *doc;
    bson_iter_t it;
    bson_error_t why;
    bool ok;
    if (mongoc_cursor_next(cursor, &doc) && bson_iter_init_find(&it, doc, "data_version"))
        old = BCON_NEW("kpi", BCON_UTF8(kpi), "data_version", "{", "$lte", BCON_INT64(bson_iter_as_int64(&it)), "}");
    ok = !mongoc_cursor_error(cursor, &why) && (!old || mongoc_collection_delete_many(analyses, old, NULL, NULL, &why));
    if (!ok)
        db_error(&why, "deleting old analyses", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(old);
    bson_destroy(options);
    bson_destroy(filter);
    mongoc_collection_destroy(analyses);
    return ok;
}

/* A KPI that fails is told and passed over; only a database that is away, or that another load writes to, ends it all.
 * That the lock is held when the answer is there says that it is of the version that it names: the data can have
 * changed meanwhile only under another holder. */
static bool keep_one(void *context, mongoc_client_t *client, size_t number, struct error *err)
{
    struct analyses *a = context;
    const struct definition *d = a->wanted[number];
    struct error why = {0};
    bson_t doc = BSON_INITIALIZER;
    bool ok = compute(a, client, d, &doc, &why), held = lock_confirm(a->lock, client, err);
    ok = ok && held && db_put(client, a->database, analyses_name, &doc, "keeping an analysis", &why) &&
         forget_old(a, client, d->name, &why);
    bson_destroy(&doc);
    if (ok || !held)
        return held;
    if (why.kind == ERROR_UNAVAILABLE) {
        *err = why;
        return false;
    }
    __atomic_add_fetch(&a->failed, 1, __ATOMIC_RELAXED);
    log_event(LOG_WARN, "an analysis was not kept", LOG_STR("kpi", d->name), LOG_STR("reason", why.message));
    return true;
}

/* Whether the KPI's answer of this version is there. */
static bool is_kept(const struct analyses *a, mongoc_client_t *client, const struct definition *d, bool *kept,
                    struct error *err)
{
    mongoc_collection_t *analyses = mongoc_client_get_collection(client, a->database, analyses_name);
    char id[96];
    bson_t *filter, *options = BCON_NEW("limit", BCON_INT64(1), "projection", "{", "_id", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor;
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    id_of(d, a->dataset.version, id);
    filter = BCON_NEW("_id", BCON_UTF8(id));
    cursor = mongoc_collection_find_with_opts(analyses, filter, options, NULL);
    *kept = mongoc_cursor_next(cursor, &doc);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "looking for kept analyses", err);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    bson_destroy(filter);
    mongoc_collection_destroy(analyses);
    return ok;
}

static bool choose(struct analyses *a, mongoc_client_t *client, struct error *err)
{
    a->wanted = memory_zeroed(a->catalog->definition_count + 1, sizeof *a->wanted);
    for (size_t i = 0; i < a->catalog->definition_count; i++) {
        const struct definition *d = a->catalog->definitions[i];
        bool kept = true;
        if (d->keep && !is_kept(a, client, d, &kept, err))
            return false;
        if (!kept)
            a->wanted[a->wanted_count++] = d;
    }
    return true;
}

static bool create_index(const struct analyses *a, mongoc_client_t *client, struct error *err)
{
    json_t *indexes = json_pack("[{s:i, s:i}]", "kpi", 1, "data_version", -1);
    bool ok = indexes_of(client, a->database, analyses_name, analyses_name, indexes, err);
    json_decref(indexes);
    return ok;
}

bool analyses_keep(struct db *db, mongoc_client_t *client, struct lock *lock, const struct catalog *catalog,
                   const char *import_id, int64_t versions, struct analyses_summary *summary, struct error *err)
{
    struct analyses a = {
        .database = db_name(db), .lock = lock, .catalog = catalog, .import_id = import_id, .versions = versions};
    bool ok;
    *summary = (struct analyses_summary){0};
    if (!versions)
        return true;
    ok = dataset_read(client, a.database, &a.dataset, err) && choose(&a, client, err);
    if (ok && a.wanted_count)
        ok = create_index(&a, client, err) && side_by_side(db, client, a.wanted_count, keep_one, &a, err);
    summary->failed = a.failed;
    summary->kept = ok ? a.wanted_count - a.failed : 0;
    free(a.wanted);
    return ok;
}

#include "loader/record_book.h"
#include "core/day.h"
#include "core/hash.h"
#include "loader/edge_day.h"
#include "loader/fence.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void import_begin(struct import *import, const char *reading, bool replace, int64_t version)
{
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&sha);
    sha256_update(&sha, strlen(reading), (const uint8_t *)reading);
    sha256_update(&sha, 1, (const uint8_t *)(replace ? "r" : "a"));
    for (size_t i = 0; i < import->files->count; i++) {
        const struct input *input = &import->files->inputs[i];
        sha256_update(&sha, strlen(input->sha256), (const uint8_t *)input->sha256);
        sha256_update(&sha, strlen(input->name) + 1, (const uint8_t *)input->name);
    }
    sha256_digest(&sha, sizeof digest, digest);
    hash_digits(digest, sizeof digest, import->content);
    import->started_ms = now_ms();
    import->target_version = version + 1;
    snprintf(import->id, sizeof import->id, "%06lld-%.12s", (long long)import->target_version, import->content);
}

static void put_files(bson_t *doc, const struct fileset *files)
{
    bson_t list, file;
    BSON_APPEND_ARRAY_BEGIN(doc, "files", &list);
    for (size_t i = 0; i < files->count; i++) {
        const struct input *input = &files->inputs[i];
        char number[16];
        const char *key;
        bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        BSON_APPEND_DOCUMENT_BEGIN(&list, key, &file);
        BSON_APPEND_UTF8(&file, "file", input->name);
        BSON_APPEND_UTF8(&file, "part", input->skipped ? "none" : input->appended ? "appended" : "all");
        BSON_APPEND_INT64(&file, "read", (int64_t)atomic_load(&input->tally.read));
        BSON_APPEND_INT64(&file, "inserted", (int64_t)atomic_load(&input->tally.inserted));
        BSON_APPEND_INT64(&file, "updated", (int64_t)atomic_load(&input->tally.updated));
        BSON_APPEND_INT64(&file, "unchanged", (int64_t)atomic_load(&input->tally.unchanged));
        BSON_APPEND_INT64(&file, "skipped", (int64_t)atomic_load(&input->tally.skipped));
        BSON_APPEND_INT64(&file, "rejected", (int64_t)atomic_load(&input->tally.rejected));
        bson_append_document_end(&list, &file);
    }
    bson_append_array_end(doc, &list);
}

/* What only who reads a file knows of it, for who has to write that down in its place. */
static void put_listing(bson_t *doc, const struct fileset *files)
{
    bson_t lines;
    BSON_APPEND_ARRAY_BEGIN(doc, "listing", &lines);
    for (size_t i = 0; i < files->count; i++) {
        char number[16];
        const char *key;
        bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        BSON_APPEND_INT64(&lines, key, (int64_t)files->inputs[i].lines);
    }
    bson_append_array_end(doc, &lines);
}

static void put_reasons(bson_t *doc, const struct rejects *rejects)
{
    bson_t reasons;
    BSON_APPEND_DOCUMENT_BEGIN(doc, "rejected", &reasons);
    for (int i = 0; i < REASON_COUNT; i++)
        if (rejects->by_reason[i])
            BSON_APPEND_INT64(&reasons, reason_codes[i], (int64_t)rejects->by_reason[i]);
    bson_append_document_end(doc, &reasons);
}

/* The list of cleanings while it is appended. */
struct cleaned {
    bson_t list;
    uint32_t count;
};

static void put_cleaned(void *context, const char *what, uint64_t count)
{
    struct cleaned *cleaned = context;
    bson_t entry;
    char number[16];
    const char *key;
    bson_uint32_to_string(cleaned->count++, &key, number, sizeof number);
    BSON_APPEND_DOCUMENT_BEGIN(&cleaned->list, key, &entry);
    BSON_APPEND_UTF8(&entry, "what", what);
    BSON_APPEND_INT64(&entry, "count", (int64_t)count);
    bson_append_document_end(&cleaned->list, &entry);
}

/* Whoever takes the same import up again counts one attempt more: what the attempt before has still on its way is not
 * written over his. */
static bool put_unless_later(const struct import *import, mongoc_client_t *client, const char *database,
                             const bson_t *doc, struct error *err)
{
    enum { CODE_DUPLICATE_KEY = 11000 };
    mongoc_collection_t *imports = mongoc_client_get_collection(client, database, "imports");
    bson_t *options = BCON_NEW("upsert", BCON_BOOL(true));
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(import->id), "attempts", "{", "$not", "{", "$gt",
                              BCON_INT32(import->attempts), "}", "}");
    bson_error_t why;
    bool ok = mongoc_collection_replace_one(imports, filter, doc, options, NULL, &why);
    if (!ok && why.code == CODE_DUPLICATE_KEY)
        lock_was_lost(err);
    else if (!ok)
        db_error(&why, "writing down the import", err);
    bson_destroy(filter);
    bson_destroy(options);
    mongoc_collection_destroy(imports);
    return ok;
}

bool import_write(const struct import *import, mongoc_client_t *client, const char *database, const char *status,
                  const char *sentence, struct error *err)
{
    bson_t *doc = bson_new();
    struct cleaned cleaned = {.count = 0};
    bool ok, running = strcmp(status, "running") == 0;
    BSON_APPEND_UTF8(doc, "_id", import->id);
    BSON_APPEND_DATE_TIME(doc, "started_at", import->started_ms);
    if (running)
        BSON_APPEND_NULL(doc, "finished_at");
    else
        BSON_APPEND_DATE_TIME(doc, "finished_at", now_ms());
    BSON_APPEND_UTF8(doc, "status", status);
    BSON_APPEND_UTF8(doc, "profile", import->files->profile->name);
    BSON_APPEND_UTF8(doc, "content", import->content);
    BSON_APPEND_INT64(doc, "target_version", import->target_version);
    BSON_APPEND_INT32(doc, "attempts", import->attempts);
    BSON_APPEND_BOOL(doc, "started_empty", import->started_empty);
    BSON_APPEND_BOOL(doc, "wrote", import->wrote);
    if (import->swapping)
        BSON_APPEND_BOOL(doc, "swapping", true);
    BSON_APPEND_UTF8(doc, "timezone", import->timezone);
    BSON_APPEND_UTF8(doc, "currency", import->files->profile->currency);
    put_files(doc, import->files);
    put_reasons(doc, import->rejects);
    BSON_APPEND_ARRAY_BEGIN(doc, "cleaned", &cleaned.list);
    cleaning_list(import->cleaning, put_cleaned, &cleaned);
    bson_append_array_end(doc, &cleaned.list);
    BSON_APPEND_DOUBLE(doc, "seconds", running ? 0 : (double)(now_ms() - import->started_ms) / 1000);
    if (import->data_version)
        BSON_APPEND_INT64(doc, "data_version", import->data_version);
    else
        BSON_APPEND_NULL(doc, "data_version");
    if (sentence)
        BSON_APPEND_UTF8(doc, "error", sentence);
    else
        BSON_APPEND_NULL(doc, "error");
    if (import->listing && strcmp(status, "done") == 0)
        put_listing(doc, import->files);
    ok = put_unless_later(import, client, database, doc, err);
    bson_destroy(doc);
    return ok;
}

/* How many documents a collection holds. */
static bool count(mongoc_client_t *client, const char *database, enum kind kind, int64_t *n, struct error *err)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(client, database, schema_kinds[kind].collection);
    bson_t all = BSON_INITIALIZER;
    bson_error_t why;
    *n = mongoc_collection_count_documents(collection, &all, NULL, NULL, NULL, &why);
    if (*n < 0)
        db_error(&why, "counting what is loaded", err);
    bson_destroy(&all);
    mongoc_collection_destroy(collection);
    return *n >= 0;
}

/* The state of the data before a load. It is certain when `meta` accounts for all that was there: not after a load that
 * did not come to its end, and not when meta_write() is repeated because the answer to its first attempt was lost. */
struct before {
    struct dataset dataset;
    bool certain;
};

/* What was there before may reach further than what was loaded now, and what was at the edge may have moved away. */
static bool order_edge(const struct store *store, const struct before *before, const struct facts *facts, int direction,
                       int64_t *day, bool *found, struct error *err)
{
    struct edge edge = {schema_kinds[KIND_ORDER].collection, "day", direction};
    int64_t bound = direction > 0 ? before->dataset.first_day : before->dataset.last_day;
    int64_t loaded = direction > 0 ? facts->first_day : facts->last_day;
    if (facts->orders && (loaded - bound) * direction < 0)
        bound = loaded;
    return edge_day(store->client, db_name(store->db), &edge,
                    before->certain && before->dataset.has_days ? &bound : NULL, day, found, err);
}

static bool put_days(bson_t *set, const struct store *store, const struct before *before, const struct facts *facts,
                     struct error *err)
{
    int64_t first = facts->first_day, last = facts->last_day;
    bool found = facts->orders > 0;
    if (!store->empty[KIND_ORDER] && (!order_edge(store, before, facts, 1, &first, &found, err) ||
                                      !order_edge(store, before, facts, -1, &last, &found, err)))
        return false;
    if (found) {
        BSON_APPEND_DATE_TIME(set, "first_day", day_to_ms(first));
        BSON_APPEND_DATE_TIME(set, "last_day", day_to_ms(last));
    } else {
        BSON_APPEND_NULL(set, "first_day");
        BSON_APPEND_NULL(set, "last_day");
    }
    return true;
}

/* What `meta` says that the collections hold; -1 where it does not say. */
static bool read_counts(const struct store *store, int64_t counts[KIND_COUNT], struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(DATASET_ID)), *doc = NULL;
    bool ok = db_first(store->client, db_name(store->db), DATASET_COLLECTION, filter, NULL, &doc,
                       "reading the state of the data", err);
    for (int kind = 0; kind <= KIND_ORDER; kind++) {
        bson_iter_t it, child;
        char path[64];
        snprintf(path, sizeof path, "counts.%s", schema_kinds[kind].collection);
        counts[kind] = doc && bson_iter_init(&it, doc) && bson_iter_find_descendant(&it, path, &child)
                           ? bson_iter_as_int64(&child)
                           : -1;
    }
    bson_destroy(doc);
    bson_destroy(filter);
    return ok;
}

/* No load deletes documents: there are as many as before, and those that it inserted. Where that is not certain, or is
 * not to be believed, they are counted. */
static bool put_counts(bson_t *set, const struct store *store, const struct meta_change *change, bool known_before,
                       struct error *err)
{
    static const enum kind order[] = {KIND_ORDER, KIND_CUSTOMER, KIND_PRODUCT, KIND_LOCATION, KIND_SELLER};
    int64_t known[KIND_COUNT];
    bson_t counts;
    bool ok = read_counts(store, known, err);
    BSON_APPEND_DOCUMENT_BEGIN(set, "counts", &counts);
    for (size_t i = 0; i < sizeof order / sizeof order[0] && ok; i++) {
        int64_t n = (int64_t)writer_totals(change->writer, order[i]).inserted;
        if (!store->empty[order[i]] && known_before && known[order[i]] >= 0)
            n += known[order[i]];
        else if (!store->empty[order[i]])
            ok = count(store->client, db_name(store->db), order[i], &n, err);
        bson_append_int64(&counts, schema_kinds[order[i]].collection, -1, n);
    }
    bson_append_document_end(set, &counts);
    return ok;
}

/* What earlier loads said stays said, unless all is replaced. */
static void put_features(bson_t *set, const struct meta_change *change, const struct dataset *before)
{
    const struct facts *facts = change->facts;
    bson_t has;
    BSON_APPEND_DOCUMENT_BEGIN(set, "has", &has);
    for (int i = 0; i < FEATURE_COUNT; i++)
        bson_append_bool(&has, feature_names[i], -1, facts->has[i] || (before->has[i] && !change->replaced));
    bson_append_document_end(set, &has);
}

static bool update_meta(const struct store *store, const bson_t *set, struct error *err)
{
    return fence_set(store->lock, store->client, db_name(store->db), set, err);
}

static bool put_state(bson_t *set, const struct store *store, const struct meta_change *change,
                      const struct before *before, struct error *err)
{
    if (!put_days(set, store, before, change->facts, err) ||
        !put_counts(set, store, change, before->certain && !change->recount, err))
        return false;
    BSON_APPEND_INT64(set, "version", change->target_version);
    BSON_APPEND_UTF8(set, "currency", change->currency);
    BSON_APPEND_UTF8(set, "timezone", change->zone);
    BSON_APPEND_DATE_TIME(set, "loaded_at", now_ms());
    put_features(set, change, &before->dataset);
    BSON_APPEND_DOCUMENT(set, "rollups", change->rollups);
    BSON_APPEND_BOOL(set, DATASET_WRITING, false);
    return true;
}

static bool set_writing(const struct store *store, bool writing, struct error *err)
{
    bson_t *set = BCON_NEW(DATASET_WRITING, BCON_BOOL(writing));
    bool ok = update_meta(store, set, err);
    bson_destroy(set);
    return ok;
}

bool meta_say_writing(const struct store *store, struct error *err)
{
    return set_writing(store, true, err);
}

bool meta_write(const struct store *store, const struct meta_change *change, int64_t *version, struct error *err)
{
    struct before before;
    bson_t *set;
    bool ok;
    if (!dataset_read(store->client, db_name(store->db), &before.dataset, err))
        return false;
    *version = before.dataset.version;
    if (before.dataset.loaded && !writer_any_change(change->writer) && !change->unfinished && !change->replaced)
        return !before.dataset.writing || set_writing(store, false, err);
    before.certain = !change->unfinished && before.dataset.version != change->target_version;
    set = bson_new();
    ok = put_state(set, store, change, &before, err) && update_meta(store, set, err);
    if (ok)
        *version = change->target_version;
    bson_destroy(set);
    return ok;
}

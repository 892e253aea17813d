#include "loader/known_files.h"
#include "core/hash.h"
#include "loader/file_records.h"
#include "loader/input.h"
#include "loader/retry.h"

#include <string.h>
#include <time.h>

#define COLLECTION "files"

/* What was written down about a file. */
struct known {
    bool found;
    struct known_version version;
    char sha256[65];
    char reading[65];
    int64_t size, lines;
    bool ends_line;
    char origin[4096];
};

static void read_known(const bson_t *doc, struct known *known)
{
    bson_iter_t it;
    *known = (struct known){.found = true};
    db_text(doc, "_id", known->origin, sizeof known->origin);
    db_text(doc, "sha256", known->sha256, sizeof known->sha256);
    db_text(doc, "reading", known->reading, sizeof known->reading);
    db_text(doc, "reading", known->version.reading, sizeof known->version.reading);
    db_text(doc, "profile", known->version.profile, sizeof known->version.profile);
    db_text(doc, "etag", known->version.version.etag, sizeof known->version.version.etag);
    db_text(doc, "last_modified", known->version.version.last_modified, sizeof known->version.version.last_modified);
    known->size = db_number(doc, "size");
    known->lines = db_number(doc, "lines");
    known->ends_line = bson_iter_init_find(&it, doc, "ends_line") && bson_iter_as_bool(&it);
}

/* One document that matches, in *known. */
static bool find(const struct store *store, const bson_t *filter, struct known *known, struct error *err)
{
    bson_t *doc = NULL;
    bool ok = db_first(store->client, db_name(store->db), COLLECTION, filter, NULL, &doc,
                       "looking which files are loaded already", err);
    *known = (struct known){.found = false};
    if (doc)
        read_known(doc, known);
    bson_destroy(doc);
    return ok;
}

bool known_files_version(const struct store *store, const char *origin, struct known_version *version)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(origin));
    struct error ignored;
    struct known known;
    bool ok = find(store, filter, &known, &ignored) && known.found;
    *version = known.version;
    bson_destroy(filter);
    return ok;
}

static bool is_same(const struct known *known, const char *sha256, const char *reading)
{
    return known->found && strcmp(known->sha256, sha256) == 0 && strcmp(known->reading, reading) == 0;
}

/* Whether the same content was loaded from another place, which is noted then. */
static bool known_elsewhere(const struct store *store, const char *reading, struct input *input, struct arena *arena,
                            struct error *err)
{
    bson_t *filter = BCON_NEW("sha256", BCON_UTF8(input->sha256), "reading", BCON_UTF8(reading));
    struct known known;
    bool ok = find(store, filter, &known, err);
    if (ok && is_same(&known, input->sha256, reading)) {
        input->skipped = true;
        input->lines = (uint64_t)known.lines;
        input->copy_of = arena_string(arena, known.origin);
    }
    bson_destroy(filter);
    return ok;
}

/* What an input was read with: a file that looks up in others gives other records when those have changed. */
static void reading_of(const struct fileset *files, const struct input *input, const char *reading,
                       char out[HASH_TEXT_MAX])
{
    struct buffer all = {0};
    buffer_text(&all, reading);
    for (size_t i = 0; i < files->count && input->file->looks_in; i++)
        if (files->inputs[i].file->key)
            buffer_text(&all, files->inputs[i].sha256);
    memory_check(&all);
    if (input->file->looks_in)
        hash_text(all.bytes, all.used, out);
    else
        bson_strncpy(out, reading, HASH_TEXT_MAX);
    buffer_release(&all);
}

static bool look_up(const struct store *store, struct fileset *files, struct input *input, const char *common_reading,
                    bool parts, struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(input->origin));
    char reading[HASH_TEXT_MAX];
    struct input_digest digest;
    struct known known;
    bool ok = find(store, filter, &known, err);
    bson_destroy(filter);
    if (!ok || !input_digest(input, known.found ? (uint64_t)known.size : 0, &digest, err))
        return false;
    reading_of(files, input, common_reading, reading);
    input->ends_line = digest.ends_line;
    input->skipped = is_same(&known, digest.whole, reading);
    if (input->skipped)
        return true;
    if (parts && known.found && known.size > 0 && known.ends_line && (uint64_t)known.size < input->size &&
        strcmp(known.reading, reading) == 0 && strcmp(known.sha256, digest.first) == 0) {
        input->appended = true;
        input->from_offset = (uint64_t)known.size;
        input->from_line = (uint64_t)known.lines + 1;
        return true;
    }
    input->changed = known.found && strcmp(input->origin, "-") != 0;
    return input->changed || known_elsewhere(store, reading, input, &files->arena, err);
}

bool known_files_look_up(const struct store *store, struct fileset *files, const char *reading, bool parts,
                         struct error *err)
{
    struct input_digest digest;
    /* Those that others look up in are told first: the others depend on their content. */
    for (size_t i = 0; i < files->count; i++)
        if (files->inputs[i].file->key && !input_digest(&files->inputs[i], 0, &digest, err))
            return false;
    for (size_t i = 0; i < files->count; i++) {
        struct input *input = &files->inputs[i];
        input_take_whole(input);
        if (!look_up(store, files, input, reading, parts && input->file->record_count > 0, err))
            return false;
        /* Nothing is known of collections that are empty, whatever is written down. */
        if (store->empty[KIND_ORDER])
            input_take_whole(input);
    }
    return true;
}

/* The imports that have written what the file says: this one, and where it only read what was appended, those before.
 */
static bool list_imports(const struct store *store, const struct input *input, const char *import_id, bson_t *list,
                         struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(input->origin)), *doc = NULL;
    struct retry retry = retry_for(store->retry_seconds);
    bson_iter_t it, import;
    char number[16];
    const char *key;
    uint32_t n = 0;
    bool ok = true;
    if (input->appended)
        do
            ok = db_first(store->client, db_name(store->db), COLLECTION, filter, NULL, &doc,
                          "looking which files are loaded already", err);
        while (!ok && retry_again(&retry, err));
    if (doc && bson_iter_init_find(&it, doc, "records") && bson_iter_recurse(&it, &import)) {
        while (bson_iter_next(&import)) {
            if (!BSON_ITER_HOLDS_UTF8(&import) || strcmp(bson_iter_utf8(&import, NULL), import_id) == 0)
                continue;
            bson_uint32_to_string(n++, &key, number, sizeof number);
            BSON_APPEND_UTF8(list, key, bson_iter_utf8(&import, NULL));
        }
    }
    bson_uint32_to_string(n, &key, number, sizeof number);
    BSON_APPEND_UTF8(list, key, import_id);
    bson_destroy(doc);
    bson_destroy(filter);
    return ok;
}

static bson_t *describe(const struct fileset *files, const struct input *input, const char *reading,
                        const char *import_id, const bson_t *imports)
{
    struct timespec now;
    bson_t *doc =
        BCON_NEW("_id", BCON_UTF8(input->origin), "name", BCON_UTF8(input->name), "profile",
                 BCON_UTF8(files->profile->name), "sha256", BCON_UTF8(input->sha256), "reading", BCON_UTF8(reading),
                 "size", BCON_INT64((int64_t)input->size), "lines", BCON_INT64((int64_t)input->lines), "ends_line",
                 BCON_BOOL(input->ends_line), "import_id", BCON_UTF8(import_id));
    BSON_APPEND_ARRAY(doc, "records", imports);
    if (*input->version.etag)
        BSON_APPEND_UTF8(doc, "etag", input->version.etag);
    if (*input->version.last_modified)
        BSON_APPEND_UTF8(doc, "last_modified", input->version.last_modified);
    clock_gettime(CLOCK_REALTIME, &now);
    BSON_APPEND_DATE_TIME(doc, "loaded_at", (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    return doc;
}

static bool write_one(const struct store *store, const bson_t *doc, struct error *err)
{
    struct retry retry = retry_for(store->retry_seconds);
    bool ok;
    do
        ok = lock_held(store->lock, store->client, err) &&
             db_put(store->client, db_name(store->db), COLLECTION, doc, "writing down which files are loaded", err);
    while (!ok && retry_again(&retry, err));
    return ok;
}

bool known_files_forget(const struct store *store, struct error *err)
{
    mongoc_collection_t *files = mongoc_client_get_collection(store->client, db_name(store->db), COLLECTION);
    bson_t all = BSON_INITIALIZER;
    struct retry retry = retry_for(store->retry_seconds);
    bson_error_t why;
    bool ok;
    do {
        ok = lock_held(store->lock, store->client, err);
        if (ok && !(ok = mongoc_collection_delete_many(files, &all, NULL, NULL, &why)))
            db_error(&why, "forgetting which files were loaded", err);
    } while (!ok && retry_again(&retry, err));
    bson_destroy(&all);
    mongoc_collection_destroy(files);
    return ok;
}

/* The file's document, and then nothing else of what it said counts. */
static bool write_input(const struct store *store, const struct fileset *files, const struct input *input,
                        const char *reading, const char *import_id, struct error *err)
{
    char own_reading[HASH_TEXT_MAX];
    bson_t imports = BSON_INITIALIZER, *doc;
    bool ok = (!input->copy_of || file_records_copy(store, input->copy_of, input->origin, import_id, err)) &&
              list_imports(store, input, import_id, &imports, err);
    reading_of(files, input, reading, own_reading);
    doc = describe(files, input, own_reading, import_id, &imports);
    ok = ok && write_one(store, doc, err) && file_records_forget(store, input->origin, &imports, NULL, err);
    bson_destroy(doc);
    bson_destroy(&imports);
    return ok;
}

bool known_files_write(const struct store *store, const struct fileset *files, const char *reading,
                       const char *import_id, struct error *err)
{
    bool ok = !store->replace || file_records_forget(store, NULL, NULL, import_id, err);
    for (size_t i = 0; i < files->count && ok; i++)
        ok = (files->inputs[i].skipped && !files->inputs[i].copy_of) ||
             write_input(store, files, &files->inputs[i], reading, import_id, err);
    return ok;
}

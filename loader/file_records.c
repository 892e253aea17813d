#include "loader/file_records.h"
#include "core/hash.h"
#include "loader/content_hash.h"
#include "loader/retry.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLLECTION "file_records"

enum { NAME_MAX_BYTES = 160, PREFIX_DIGITS = 16 };

/* What one file says. */
struct file {
    uint64_t *said; /* before: a table of open addressing, 0 where nothing is, which no digest is */
    size_t said_count, slot_count;
    struct buffer waiting; /* digests to be written */
    uint32_t parts;        /* documents written */
};

struct file_records {
    const struct store *store;
    const struct fileset *files;
    const char *import_id;
    struct file *list; /* as the inputs */
    size_t count;
    struct buffer packing;
    bool failed;
    struct error failure;
};

struct file_records *file_records_new(const struct store *store, const struct fileset *files, const char *import_id)
{
    struct file_records *r = memory_zeroed(1, sizeof *r);
    r->store = store;
    r->files = files;
    r->import_id = import_id;
    r->count = files->count;
    r->list = memory_zeroed(r->count + 1, sizeof *r->list);
    return r;
}

void file_records_free(struct file_records *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++) {
        free(r->list[i].said);
        buffer_release(&r->list[i].waiting);
    }
    free(r->list);
    buffer_release(&r->packing);
    free(r);
}

/* Where a digest is, or would be. */
static uint64_t *find_slot(const struct file *file, uint64_t digest)
{
    size_t slot = digest & (file->slot_count - 1);
    while (file->said[slot] && file->said[slot] != digest)
        slot = (slot + 1) & (file->slot_count - 1);
    return &file->said[slot];
}

static void grow(struct file *file)
{
    uint64_t *old = file->said;
    size_t count = file->slot_count;
    file->slot_count = count ? 2 * count : 1024;
    file->said = memory_zeroed(file->slot_count, sizeof *file->said);
    for (size_t i = 0; i < count; i++)
        if (old[i])
            *find_slot(file, old[i]) = old[i];
    free(old);
}

static void add_said(struct file *file, uint64_t digest)
{
    uint64_t *slot;
    if (3 * (file->said_count + 1) > 2 * file->slot_count)
        grow(file);
    slot = find_slot(file, digest);
    file->said_count += !*slot;
    *slot = digest;
}

static void add_all(struct file *file, const bson_t *doc)
{
    bson_iter_t it;
    bson_subtype_t subtype;
    const uint8_t *bytes;
    uint32_t n = 0;
    if (!bson_iter_init_find(&it, doc, "digests") || !BSON_ITER_HOLDS_BINARY(&it))
        return;
    bson_iter_binary(&it, &subtype, &n, &bytes);
    for (uint32_t at = 0; at + 8 <= n; at += 8) {
        uint64_t digest;
        memcpy(&digest, bytes + at, 8);
        add_said(file, le64toh(digest));
    }
}

/* What the _ids of a file's documents begin with. */
static void prefix_of(const char *origin, char out[PREFIX_DIGITS + 1])
{
    char digits[HASH_TEXT_MAX];
    hash_text(origin, strlen(origin), digits);
    bson_strncpy(out, digits, PREFIX_DIGITS + 1);
}

/* Matches the documents of a file; with an import, those that it has written. */
static bson_t *match_file(const char *origin, const char *import_id)
{
    char prefix[PREFIX_DIGITS + 1], from[NAME_MAX_BYTES], to[NAME_MAX_BYTES + 1];
    prefix_of(origin, prefix);
    snprintf(from, sizeof from, "%s-%s%s", prefix, import_id ? import_id : "", import_id ? "-" : "");
    snprintf(to, sizeof to, "%s~", from);
    return BCON_NEW("_id", "{", "$gte", BCON_UTF8(from), "$lt", BCON_UTF8(to), "}", "file", BCON_UTF8(origin));
}

static bool fetch_once(const struct store *store, struct file *file, const bson_t *filter, struct error *err)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(store->client, db_name(store->db), COLLECTION);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, NULL, NULL);
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    while (mongoc_cursor_next(cursor, &doc))
        add_all(file, doc);
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "reading what a file said before", err);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return ok;
}

/* Fetches what an import has written of a file. */
static bool fetch_import(const struct store *store, struct file *file, const char *origin, const char *import_id,
                         struct error *err)
{
    struct retry retry = retry_for(store->retry_seconds);
    bson_t *filter = match_file(origin, import_id);
    bool ok;
    do
        ok = fetch_once(store, file, filter, err);
    while (!ok && retry_again(&retry, err));
    bson_destroy(filter);
    return ok;
}

/* Fetches what a file says, as it was loaded last. */
static bool fetch(const struct store *store, struct file *file, const char *origin, struct error *err)
{
    struct retry retry = retry_for(store->retry_seconds);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(origin)), *doc = NULL;
    bson_iter_t it, import;
    bool ok;
    do
        ok = db_first(store->client, db_name(store->db), "files", filter, NULL, &doc,
                      "looking which files are loaded already", err);
    while (!ok && retry_again(&retry, err));
    if (ok && doc && bson_iter_init_find(&it, doc, "records") && bson_iter_recurse(&it, &import))
        while (ok && bson_iter_next(&import))
            ok =
                !BSON_ITER_HOLDS_UTF8(&import) || fetch_import(store, file, origin, bson_iter_utf8(&import, NULL), err);
    bson_destroy(doc);
    bson_destroy(filter);
    return ok;
}

bool file_records_fetch(struct file_records *r, uint16_t number, struct error *err)
{
    return fetch(r->store, &r->list[number], r->files->inputs[number].origin, err);
}

uint64_t file_records_digest(struct file_records *r, enum kind kind, const struct value *values)
{
    uint64_t digest;
    r->packing.used = 0;
    buffer_text(&r->packing, schema_kinds[kind].name);
    values_pack(&r->packing, values, schema_kinds[kind].field_count);
    digest = content_hash(r->packing.bytes, r->packing.used);
    return digest ? digest : 1;
}

/* Writes what waits of a file, as its next document. */
static bool write_part(const struct store *store, struct file *file, const char *origin, const char *import_id,
                       struct error *err)
{
    struct retry retry = retry_for(store->retry_seconds);
    char prefix[PREFIX_DIGITS + 1], id[NAME_MAX_BYTES];
    bson_t *doc;
    bool ok = true;
    if (file->waiting.used == 0)
        return true;
    prefix_of(origin, prefix);
    snprintf(id, sizeof id, "%s-%s-%06u", prefix, import_id, (unsigned)file->parts++);
    doc = BCON_NEW("_id", BCON_UTF8(id), "file", BCON_UTF8(origin), "import_id", BCON_UTF8(import_id), "digests",
                   BCON_BIN(BSON_SUBTYPE_BINARY, (const uint8_t *)file->waiting.bytes, (uint32_t)file->waiting.used));
    do
        ok = store->dry_run ||
             (lock_held(store->lock, store->client, err) &&
              db_put(store->client, db_name(store->db), COLLECTION, doc, "writing down what a file says", err));
    while (!ok && retry_again(&retry, err));
    bson_destroy(doc);
    file->waiting.used = 0;
    return ok;
}

/* Adds a digest to what waits; when that is a document's worth, writes it. */
static bool add_waiting(const struct store *store, struct file *file, const char *origin, const char *import_id,
                        uint64_t digest, struct error *err)
{
    uint64_t stored = htole64(digest);
    buffer_put(&file->waiting, &stored, sizeof stored);
    memory_check(&file->waiting);
    return file->waiting.used < FILE_RECORDS_DIGESTS * sizeof stored || write_part(store, file, origin, import_id, err);
}

bool file_records_said(const struct file_records *r, uint16_t number, uint64_t digest)
{
    const struct file *file = &r->list[number];
    return file->slot_count && *find_slot(file, digest);
}

void file_records_note(struct file_records *r, uint16_t number, uint64_t digest)
{
    if (!r->failed)
        r->failed = !add_waiting(r->store, &r->list[number], r->files->inputs[number].origin, r->import_id, digest,
                                 &r->failure);
}

bool file_records_write(struct file_records *r, struct error *err)
{
    for (size_t i = 0; i < r->count && !r->failed; i++)
        r->failed = !write_part(r->store, &r->list[i], r->files->inputs[i].origin, r->import_id, &r->failure);
    if (r->failed)
        *err = r->failure;
    return !r->failed;
}

bool file_records_copy(const struct store *store, const char *from, const char *to, const char *import_id,
                       struct error *err)
{
    struct file file = {0};
    bool ok = fetch(store, &file, from, err);
    for (size_t i = 0; i < file.slot_count && ok; i++)
        ok = !file.said[i] || add_waiting(store, &file, to, import_id, file.said[i], err);
    ok = ok && write_part(store, &file, to, import_id, err);
    free(file.said);
    buffer_release(&file.waiting);
    return ok;
}

bool file_records_forget(const struct store *store, const char *origin, const bson_t *keep, const char *import_id,
                         struct error *err)
{
    mongoc_collection_t *collection = mongoc_client_get_collection(store->client, db_name(store->db), COLLECTION);
    struct retry retry = retry_for(store->retry_seconds);
    bson_t *filter = origin ? match_file(origin, NULL) : bson_new(), not_in;
    bson_error_t why;
    bool ok;
    BSON_APPEND_DOCUMENT_BEGIN(filter, "import_id", &not_in);
    if (keep)
        BSON_APPEND_ARRAY(&not_in, "$nin", keep);
    else
        BSON_APPEND_UTF8(&not_in, "$ne", import_id);
    bson_append_document_end(filter, &not_in);
    do {
        ok = mongoc_collection_delete_many(collection, filter, NULL, NULL, &why);
        if (!ok)
            db_error(&why, "forgetting what a file said before", err);
    } while (!ok && retry_again(&retry, err));
    bson_destroy(filter);
    mongoc_collection_destroy(collection);
    return ok;
}

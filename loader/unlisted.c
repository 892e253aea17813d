#include "loader/unlisted.h"
#include "loader/input.h"
#include "loader/known_files.h"

#include <string.h>

#define LOOKING "looking for loads whose files are not written down"

static bson_t *match_listing(void)
{
    return BCON_NEW("listing", "{", "$exists", BCON_BOOL(true), "}", "status", BCON_UTF8("done"));
}

static uint64_t count_rejected(const bson_t *import)
{
    bson_iter_t it, reason;
    uint64_t count = 0;
    if (bson_iter_init_find(&it, import, "rejected") && BSON_ITER_HOLDS_DOCUMENT(&it) &&
        bson_iter_recurse(&it, &reason))
        while (bson_iter_next(&reason))
            count += (uint64_t)bson_iter_as_int64(&reason);
    return count;
}

bool unlisted_find(const struct store *store, const struct import *import, struct unlisted *found, struct error *err)
{
    bson_t *filter = match_listing(), *doc = NULL;
    char content[sizeof import->content];
    bool ok = db_first(store->client, db_name(store->db), "imports", filter, NULL, &doc, LOOKING, err);
    *found = (struct unlisted){.any = doc};
    if (doc) {
        db_text(doc, "content", content, sizeof content);
        db_text(doc, "_id", found->id, sizeof found->id);
        /* Of another version, something else has been loaded since, or removed. */
        found->same =
            strcmp(content, import->content) == 0 && db_number(doc, "data_version") == import->target_version - 1;
        found->rejected = count_rejected(doc);
    }
    bson_destroy(doc);
    bson_destroy(filter);
    return ok;
}

/* What only a load that reads a file knows of it, from the import that did. */
static void take_reading(const bson_t *import, size_t number, struct input *input)
{
    bson_iter_t it, field;
    char path[48];
    snprintf(path, sizeof path, "listing.%zu", number);
    if (bson_iter_init(&it, import) && bson_iter_find_descendant(&it, path, &field))
        input->lines = (uint64_t)bson_iter_as_int64(&field);
    snprintf(path, sizeof path, "files.%zu.part", number);
    if (bson_iter_init(&it, import) && bson_iter_find_descendant(&it, path, &field) && BSON_ITER_HOLDS_UTF8(&field))
        input->appended = strcmp(bson_iter_utf8(&field, NULL), "appended") == 0;
}

bool unlisted_list(const struct store *store, const struct unlisted *unlisted, struct fileset *files,
                   const char *reading, struct error *err)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(unlisted->id)), *doc = NULL;
    bool ok = db_first(store->client, db_name(store->db), "imports", filter, NULL, &doc, LOOKING, err);
    for (size_t i = 0; doc && i < files->count; i++)
        if (!files->inputs[i].skipped)
            take_reading(doc, i, &files->inputs[i]);
    ok = ok && known_files_write(store, files, reading, unlisted->id, err);
    for (size_t i = 0; ok && i < files->count; i++) {
        input_take_whole(&files->inputs[i]);
        files->inputs[i].skipped = true;
    }
    bson_destroy(doc);
    bson_destroy(filter);
    return ok;
}

void unlisted_print(const struct unlisted *unlisted, FILE *out)
{
    fprintf(out, "\nAn earlier attempt had loaded these files, and was ended before all of them were written down as "
                 "loaded; they are now\n");
    if (unlisted->rejected)
        fprintf(out, "It rejected %llu row%s: all of them are in the collection rejects, under import_id %s\n",
                (unsigned long long)unlisted->rejected, unlisted->rejected == 1 ? "" : "s", unlisted->id);
}

bool unlisted_forget(const struct store *store, struct error *err)
{
    mongoc_collection_t *imports = mongoc_client_get_collection(store->client, db_name(store->db), "imports");
    bson_t *filter = match_listing(), *change = BCON_NEW("$unset", "{", "listing", BCON_UTF8(""), "}");
    bson_error_t why;
    bool ok = mongoc_collection_update_many(imports, filter, change, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "writing down that files are loaded", err);
    bson_destroy(change);
    bson_destroy(filter);
    mongoc_collection_destroy(imports);
    return ok;
}

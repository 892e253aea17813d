#include "loader/rejects.h"
#include "loader/arena.h"
#include "loader/encoding.h"
#include "loader/retry.h"
#include "loader/sorted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_DUPLICATE_KEY = 11000, VALUE_MOST = 200, ROW_MOST = 1024, SHARE_FROM_ROWS = 1000 };

static bool exceeds_hundred(struct decimal value)
{
    struct decimal over;
    return !decimal_subtract(value, decimal_from_int(100), &over) || decimal_sign(over) > 0;
}

bool reject_limit_parse(const char *text, struct reject_limit *limit, struct error *err)
{
    static const struct decimal_format plain = {'.', 0};
    size_t n = strlen(text);
    limit->text = text;
    limit->is_share = n && text[n - 1] == '%';
    if (!decimal_parse(text, n - limit->is_share, plain, &limit->value) || decimal_sign(limit->value) < 0 ||
        (!limit->is_share && decimal_reduce(limit->value).scale > 0) ||
        (limit->is_share && exceeds_hundred(limit->value))) {
        error_set(err, ERROR_INVALID, "--max-rejects: '%s' is neither a number of rows nor a share from 0%% to 100%%",
                  text);
        return false;
    }
    return true;
}

void rejects_open(struct rejects *r, const struct store *store, const char *import_id, struct fileset *files)
{
    if (!store->dry_run)
        r->collection = mongoc_client_get_collection(store->client, db_name(store->db), "rejects");
    r->retry_seconds = store->retry_seconds;
    r->import_id = import_id;
    r->files = files;
}

bool rejects_clear(const struct rejects *r, struct error *err)
{
    bson_t *filter = BCON_NEW("import_id", BCON_UTF8(r->import_id));
    bson_error_t why;
    bool ok = !r->collection || mongoc_collection_delete_many(r->collection, filter, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "clearing the rejects of an earlier attempt", err);
    bson_destroy(filter);
    return ok;
}

static void append_text(bson_t *doc, const char *key, struct text text, size_t most)
{
    struct buffer repaired = {0};
    struct text cut;
    if (!text.bytes) {
        bson_append_null(doc, key, -1);
        return;
    }
    text_repair(text_cut(text, most), &repaired);
    cut = text_cut((struct text){repaired.bytes, repaired.used}, most);
    bson_append_utf8(doc, key, -1, cut.n ? cut.bytes : "", (int)cut.n);
    buffer_release(&repaired);
}

/* Keeps the first few for the summary. */
static void show(struct rejects *r, const struct input *input, uint64_t line, const struct fault *fault)
{
    char *out = r->shown[r->count - 1];
    struct buffer what = {0};
    fault_describe(fault, &what);
    snprintf(out, sizeof r->shown[0], "%s line %llu%s%s", input->name, (unsigned long long)line,
             fault->column ? ", " : ": ", what.bytes ? what.bytes : "");
    buffer_release(&what);
}

static bson_t *reject_document(const struct rejects *r, const struct input *input, uint64_t line, uint64_t offset,
                               const struct fault *fault)
{
    bson_t *doc = bson_new();
    struct buffer row = {0};
    char id[120];
    snprintf(id, sizeof id, "%s/%zu/%llu", r->import_id, (size_t)(input - r->files->inputs), (unsigned long long)line);
    BSON_APPEND_UTF8(doc, "_id", id);
    BSON_APPEND_UTF8(doc, "import_id", r->import_id);
    BSON_APPEND_UTF8(doc, "file", input->name);
    BSON_APPEND_INT64(doc, "line", (int64_t)line);
    append_text(doc, "column", text_of(fault->column), VALUE_MOST);
    append_text(doc, "value", fault->value, VALUE_MOST);
    BSON_APPEND_UTF8(doc, "reason", reason_codes[fault->reason]);
    append_text(doc, "detail", text_of(fault->detail), sizeof fault->detail);
    csv_source_excerpt(input->source, offset, ROW_MOST, &row);
    append_text(doc, "row", (struct text){row.used ? row.bytes : "", row.used}, ROW_MOST);
    buffer_release(&row);
    return doc;
}

static void note_line(struct rejects *r, size_t file, uint64_t line)
{
    struct reject_lines *lines;
    if (!r->lines)
        r->lines = memory_zeroed(r->files->count, sizeof *r->lines);
    lines = &r->lines[file];
    sorted_add(&lines->numbers, &lines->count, &lines->room, (int64_t)line);
}

bool rejects_has(const struct rejects *r, size_t file, uint64_t line)
{
    return r->lines && sorted_has(r->lines[file].numbers, r->lines[file].count, (int64_t)line);
}

bool rejects_add(struct rejects *r, size_t file, uint64_t line, uint64_t offset, const struct fault *fault,
                 struct error *err)
{
    struct input *input = &r->files->inputs[file];
    r->count++;
    r->by_reason[fault->reason]++;
    note_line(r, file, line);
    atomic_fetch_add(&input->tally.rejected, 1);
    input->unknown_references += fault->reason == REASON_UNKNOWN_REFERENCE;
    if (r->count <= REJECTS_SHOWN)
        show(r, input, line, fault);
    if (r->file && !reject_file_add(r->file, input, line, offset, fault, err))
        return false;
    if (!r->collection)
        return true;
    r->waiting[r->waiting_count++] = reject_document(r, input, line, offset, fault);
    return r->waiting_count < REJECTS_BATCH || rejects_flush(r, err);
}

/* Whether count > limit % of rows: 100 × count > limit × rows, exactly. */
static bool exceeds_share(const struct rejects *r, uint64_t rows)
{
    struct decimal left, right, difference;
    return decimal_multiply(decimal_from_int(100), decimal_from_int((int64_t)r->count), &left) &&
           decimal_multiply(r->limit.value, decimal_from_int((int64_t)rows), &right) &&
           decimal_subtract(left, right, &difference) && decimal_sign(difference) > 0;
}

bool rejects_too_many(const struct rejects *r, uint64_t rows_read, bool all_read, struct error *err)
{
    struct decimal over;
    bool too_many;
    if (r->limit.is_share)
        too_many = (all_read || rows_read >= SHARE_FROM_ROWS) && exceeds_share(r, rows_read);
    else
        too_many =
            decimal_subtract(decimal_from_int((int64_t)r->count), r->limit.value, &over) && decimal_sign(over) > 0;
    if (too_many)
        error_set(err, ERROR_INVALID,
                  "%llu of %llu rows %s rejected, more than --max-rejects %s allows; mend them, or allow more",
                  (unsigned long long)r->count, (unsigned long long)rows_read, r->count == 1 ? "was" : "were",
                  r->limit.text);
    return too_many;
}

const struct input *rejects_worst(const struct rejects *r)
{
    const struct input *worst = NULL;
    uint64_t most = 0, most_own = 0;
    for (size_t i = 0; r->count && i < r->files->count; i++) {
        const struct input *input = &r->files->inputs[i];
        uint64_t all = atomic_load(&input->tally.rejected), own = all - input->unknown_references;
        if (own < most_own || (own == most_own && all <= most))
            continue;
        worst = input;
        most = all;
        most_own = own;
    }
    return worst;
}

static bool write_waiting(const struct rejects *r, struct error *err)
{
    bson_t options = BSON_INITIALIZER;
    mongoc_bulk_operation_t *bulk;
    bson_error_t why;
    bool ok;
    BSON_APPEND_BOOL(&options, "ordered", false);
    bulk = mongoc_collection_create_bulk_operation_with_opts(r->collection, &options);
    for (size_t i = 0; i < r->waiting_count; i++)
        mongoc_bulk_operation_insert_with_opts(bulk, r->waiting[i], NULL, NULL);
    ok = mongoc_bulk_operation_execute(bulk, NULL, &why) || why.code == CODE_DUPLICATE_KEY;
    if (!ok)
        db_error(&why, "writing the rejected rows", err);
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(&options);
    return ok;
}

static void forget_waiting(struct rejects *r)
{
    for (size_t i = 0; i < r->waiting_count; i++)
        bson_destroy(r->waiting[i]);
    r->waiting_count = 0;
}

bool rejects_flush(struct rejects *r, struct error *err)
{
    struct retry retry = retry_for(r->retry_seconds);
    bool ok;
    if (!r->waiting_count)
        return true;
    do
        ok = write_waiting(r, err);
    while (!ok && retry_again(&retry, err));
    forget_waiting(r);
    return ok;
}

void rejects_release(struct rejects *r)
{
    forget_waiting(r);
    mongoc_collection_destroy(r->collection);
    r->collection = NULL;
    for (size_t i = 0; r->lines && i < r->files->count; i++)
        free(r->lines[i].numbers);
    free(r->lines);
    r->lines = NULL;
}

#include "tests/fuzz/load.h"
#include "loader/assemble.h"
#include "loader/dimension_writer.h"
#include "loader/reader.h"
#include "loader/summary.h"

static const char import_id[] = "000001-fuzz";

/* A database that nobody asks: nothing is in it, and nothing is written. */
static struct store *store_of_nothing(void)
{
    static struct store store;
    struct db_config config = {
        .uri = "mongodb://127.0.0.1:1/", .name = "fuzz", .app_name = "fuzz", .pool_size = 4, .query_timeout_ms = 1};
    struct error err = {0};
    if (store.db)
        return &store;
    mongoc_init();
    mongoc_log_set_handler(NULL, NULL);
    store.db = db_new(&config, &err);
    fuzz_require(store.db, "%s", err.message);
    store.brief = store.db;
    store.client = db_pop(store.db, &err);
    store.dry_run = true;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        store.empty[kind] = true;
    return &store;
}

struct load {
    struct fileset set;
    struct dimension dimensions[DIMENSION_COUNT];
    struct stored stored;
    struct first_orders firsts;
    struct rejects rejects;
    struct cleaning cleaning;
    struct progress progress;
    struct partitions *partitions;
    struct file_records *file_records;
    struct writer *writer;
    struct zone *zone;
    struct assembly assembly;
};

static void start(struct load *l)
{
    const struct store *store = store_of_nothing();
    const char *zone = l->set.profile->timezone;
    struct error err = {0};
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&l->dimensions[kind], (enum kind)kind);
    progress_start(&l->progress);
    l->zone = zone_open(zone ? zone : "UTC", &err);
    fuzz_require(l->zone, "%s", err.message);
    profile_set_zone(l->set.profile, l->zone);
    fuzz_require(reject_limit_parse("100%", &l->rejects.limit, &err), "%s", err.message);
    rejects_open(&l->rejects, store, import_id, &l->set);
    /* So that their documents are made; they are never sent. */
    l->rejects.collection = mongoc_client_get_collection(store->client, "fuzz", "rejects");
    stored_init(&l->stored, store, l->dimensions);
    l->partitions = partitions_new(fileset_bytes(&l->set), 1 << 20);
    l->file_records = file_records_new(store, &l->set, import_id);
    l->writer = writer_new(store, &l->set, import_id, &err);
    fuzz_require(l->writer, "%s", err.message);
}

static bool is_later(void *context, struct error *err)
{
    (void)context;
    (void)err;
    return true;
}

static bool read_rows(struct load *l, struct error *err)
{
    struct reader reader = {.files = &l->set,
                            .store = store_of_nothing(),
                            .stored = &l->stored,
                            .firsts = &l->firsts,
                            .dimensions = l->dimensions,
                            .partitions = l->partitions,
                            .rejects = &l->rejects,
                            .file_records = l->file_records,
                            .cleaning = &l->cleaning,
                            .progress = &l->progress,
                            .dimensions_read = is_later};
    return reader_read_all(&reader, err);
}

static bool write_rows(struct load *l, struct error *err)
{
    struct dimension_writer dimensions = {.dimensions = l->dimensions, .writer = l->writer};
    l->assembly = (struct assembly){.store = store_of_nothing(),
                                    .files = &l->set,
                                    .dimensions = l->dimensions,
                                    .zone = l->zone,
                                    .stored = &l->stored,
                                    .partitions = l->partitions,
                                    .writer = l->writer,
                                    .rejects = &l->rejects,
                                    .file_records = l->file_records,
                                    .cleaning = &l->cleaning,
                                    .progress = &l->progress,
                                    .firsts = &l->firsts,
                                    .import_id = import_id};
    return dimension_writer_finish(&dimensions, &l->progress, err) && assemble(&l->assembly, err) &&
           writer_flush(l->writer, err) && assemble_copies(&l->assembly, err) && writer_flush(l->writer, err);
}

static void end(struct load *l)
{
    writer_free(l->writer);
    partitions_free(l->partitions);
    stored_release(&l->stored);
    file_records_free(l->file_records);
    first_orders_release(&l->firsts);
    touched_release(&l->assembly.touched);
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&l->dimensions[kind]);
    rejects_release(&l->rejects);
    profile_set_zone(l->set.profile, NULL);
    zone_free(l->zone);
}

/* Every row has become something, once; every rejected row has its document. */
static void check_counts(const struct load *l)
{
    uint64_t rejected = 0;
    for (size_t i = 0; i < l->set.count; i++) {
        const struct tally *t = &l->set.inputs[i].tally;
        uint64_t read = t->read, sum = t->inserted + t->updated + t->unchanged + t->skipped + t->rejected;
        fuzz_require(read == sum, "%llu rows were read, and %llu are counted", (unsigned long long)read,
                     (unsigned long long)sum);
        rejected += t->rejected;
    }
    fuzz_require(rejected == l->rejects.count, "%llu", (unsigned long long)rejected);
    fuzz_require(l->rejects.waiting_count == rejected, "%zu", l->rejects.waiting_count);
    for (size_t i = 0; i < l->rejects.waiting_count; i++)
        fuzz_require(bson_validate(l->rejects.waiting[i], BSON_VALIDATE_UTF8, NULL), "a reject is no BSON of UTF-8");
}

static void print(struct load *l)
{
    FILE *nowhere = fopen("/dev/null", "w");
    fuzz_require(nowhere, "no /dev/null");
    summary_print(nowhere, &l->set, &l->rejects, &l->cleaning, 0, true, 1);
    fclose(nowhere);
}

static void load(struct load *l)
{
    struct error err = {0};
    start(l);
    if (read_rows(l, &err) && write_rows(l, &err))
        check_counts(l);
    else
        fuzz_require(err.kind != ERROR_NONE && *err.message, "it fails without a word");
    print(l);
    end(l);
}

void fuzz_load(const char *profile, struct bytes files)
{
    struct load *l = calloc(1, sizeof *l);
    struct fileset_options options = {.download = {.most = 1 << 20, .stall_seconds = 1}};
    char paths[FUZZ_FILES_MOST][32], *arguments[FUZZ_FILES_MOST];
    int fds[FUZZ_FILES_MOST], count = 0;
    struct error err = {0};
    fuzz_require(l, "no memory");
    do {
        fds[count] = bytes_file(bytes_until(&files, FUZZ_MARK));
        fuzz_path(fds[count], paths[count]);
        arguments[count] = paths[count];
        count++;
    } while (files.n && count < FUZZ_FILES_MOST);
    if (fileset_collect(&l->set, arguments, count, &options, &err) &&
        fileset_match(&l->set, profile, "loader/profiles", &err))
        load(l);
    else
        fuzz_require(err.kind != ERROR_NONE && *err.message, "it fails without a word");
    fileset_release(&l->set);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    free(l);
}

/* The writer's functions, with a look at what is written on the way: see the Makefile. */
static bson_t *begun;

bson_t *__real_writer_begin(struct writer *writer, enum kind kind);
bool __real_writer_end(struct writer *writer, struct error *err);
bool __real_writer_end_order(struct writer *writer, const struct known_order *known, enum fate *fate,
                             struct error *err);
bson_t *__wrap_writer_begin(struct writer *writer, enum kind kind);
bool __wrap_writer_end(struct writer *writer, struct error *err);
bool __wrap_writer_end_order(struct writer *writer, const struct known_order *known, enum fate *fate,
                             struct error *err);

bson_t *__wrap_writer_begin(struct writer *writer, enum kind kind)
{
    begun = __real_writer_begin(writer, kind);
    return begun;
}

static void check_begun(void)
{
    bson_iter_t it;
    fuzz_require(bson_validate(begun, BSON_VALIDATE_UTF8 | BSON_VALIDATE_DOLLAR_KEYS | BSON_VALIDATE_DOT_KEYS, NULL),
                 "a document is no BSON of UTF-8, or has a key that is an operator");
    fuzz_require(bson_iter_init_find(&it, begun, "_id") && BSON_ITER_HOLDS_UTF8(&it) && *bson_iter_utf8(&it, NULL),
                 "a document has no key");
}

bool __wrap_writer_end(struct writer *writer, struct error *err)
{
    check_begun();
    return __real_writer_end(writer, err);
}

bool __wrap_writer_end_order(struct writer *writer, const struct known_order *known, enum fate *fate, struct error *err)
{
    check_begun();
    return __real_writer_end_order(writer, known, fate, err);
}

/* Rejected rows: counted by reason and written to the collection `rejects` in batches, so that a file full of them
 * needs no memory but eight bytes for each. One thread. */
#ifndef KPI_LOADER_REJECTS_H
#define KPI_LOADER_REJECTS_H

#include "core/db.h"
#include "loader/fault.h"
#include "loader/fileset.h"
#include "loader/reject_file.h"
#include "loader/store.h"

enum { REJECTS_SHOWN = 5, REJECTS_BATCH = 1000 };

/* --max-rejects: a number of rows, or a share of those read. */
struct reject_limit {
    bool is_share;
    struct decimal value; /* rows, or percent */
    const char *text;
};

bool reject_limit_parse(const char *text, struct reject_limit *limit, struct error *err);

/* Numbers of lines, ascending. */
struct reject_lines {
    int64_t *numbers;
    size_t count, room;
};

struct rejects {
    mongoc_collection_t *collection; /* owned; NULL: only counted */
    const char *import_id;
    struct fileset *files;
    struct reject_limit limit;
    uint64_t by_reason[REASON_COUNT];
    uint64_t count;
    struct reject_lines *lines;     /* by the number of the input; NULL: none yet */
    bson_t *waiting[REJECTS_BATCH]; /* to be written */
    size_t waiting_count;
    long retry_seconds;
    struct reject_file *file;       /* not owned; NULL: none is wanted */
    char shown[REJECTS_SHOWN][320]; /* the first ones, for the summary */
};

/* Makes ready to write those of an import to the store; with --dry-run they are only counted. */
void rejects_open(struct rejects *rejects, const struct store *store, const char *import_id, struct fileset *files);

/* Drops what an earlier attempt at the import has rejected, which is going to be rejected again. */
bool rejects_clear(const struct rejects *rejects, struct error *err);

/* Counts the row as rejected and writes it down. */
bool rejects_add(struct rejects *rejects, size_t file, uint64_t line, uint64_t offset, const struct fault *fault,
                 struct error *err);

/* Whether the line of the file was rejected. */
bool rejects_has(const struct rejects *rejects, size_t file, uint64_t line);

/* Whether more rows are rejected than the limit allows; a share is judged against rows_read, and not before a thousand
 * rows unless all are read. Sets the error then. */
bool rejects_too_many(const struct rejects *rejects, uint64_t rows_read, bool all_read, struct error *err);

/* The file with the most rejected rows, or NULL. Rows that only refer to what is not there may be another file's fault,
 * and count last. */
const struct input *rejects_worst(const struct rejects *rejects);

/* Writes what waits. A row has one _id in an import, so that writing it again does no harm. */
bool rejects_flush(struct rejects *rejects, struct error *err);
void rejects_release(struct rejects *rejects);

#endif

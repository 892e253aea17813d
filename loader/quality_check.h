/* The checks of data quality, read from the folder pipelines/quality, one JSON file each. A new check is a new file.
 *
 * A check's pipeline gives rows with these columns, of which it lists those that it has:
 *   count     how many things are as they should not be; no row at all is a count of 0
 *   of        how many were looked at; without it, the documents of the check's collection
 *   examples  a list of a few of them
 *   others    what tells a row from the others, where there are several
 * Variables that it may use: now, the time when it runs; yesterday, midnight of the day before. */
#ifndef KPI_LOADER_QUALITY_CHECK_H
#define KPI_LOADER_QUALITY_CHECK_H

#include "core/error.h"
#include "core/hash.h"
#include "core/quality_file.h"
#include <bson/bson.h>
#include <jansson.h>

struct quality_check {
    char name[64]; /* the file's name without .json */
    const char *title, *summary;
    const char *collection;
    enum severity severity;
    const char **columns;
    size_t column_count;
    bool has_rows;    /* it has columns of its own: its rows are kept, not only their sum */
    bson_t *pipeline; /* an array of stages */
    json_t *json;     /* the file as read; owns the strings above */
};

struct quality_checks {
    struct quality_check **list; /* in the order of their names */
    size_t count, room;
    char hash[HASH_TEXT_MAX]; /* of all: the same checks find the same in the same data */
};

/* Reads dir/quality; a folder that is not there has no checks. False: err says file, place and reason, and checks is
 * empty. */
bool quality_checks_read(const char *dir, struct quality_checks *checks, struct error *err);
void quality_checks_release(struct quality_checks *checks);

bool quality_check_has(const struct quality_check *check, const char *column);

#endif

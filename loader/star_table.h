/* The tables of the star schema, read from the folder pipelines/star: one JSON file each, named after the collection
 * that it fills. Their pipelines only read; the stage that writes is added by star.c. */
#ifndef KPI_LOADER_STAR_TABLE_H
#define KPI_LOADER_STAR_TABLE_H

#include "core/error.h"
#include "core/hash.h"
#include "core/star_file.h"
#include <bson/bson.h>
#include <jansson.h>

struct star_table {
    char name[64];
    const char *collection; /* that it is made from */
    enum star_refresh refresh;
    const char **depends; /* collections that it joins: when one of them changes, all is computed again */
    size_t depend_count;
    const json_t *indexes; /* or NULL */
    bson_t *pipeline;      /* an array of stages */
    json_t *json;          /* the file as read; owns what is above */
};

struct star_tables {
    struct star_table **list; /* in the order of their names */
    size_t count, room;
    char hash[HASH_TEXT_MAX]; /* of all: other definitions give other rows */
};

/* Reads dir/star; a folder that is not there has no tables. False: err says file, place and reason, and tables is
 * empty. */
bool star_tables_read(const char *dir, struct star_tables *tables, struct error *err);
void star_tables_release(struct star_tables *tables);

#endif

/* The catalogue: every KPI definition, every source and every rollup, read from a folder of JSON files.
 *
 * A catalogue never changes once loaded and is shared by reference count: catalog_acquire() and catalog_release() may
 * be called from any thread, and everything in a catalogue lives as long as a reference to it. To reload, load a new
 * one. */
#ifndef KPI_CORE_CATALOG_H
#define KPI_CORE_CATALOG_H

#include "core/mistakes.h"
#include "core/parameter.h"
#include <bson/bson.h>
#include <jansson.h>

enum column_type {
    COLUMN_STRING,
    COLUMN_MONEY,  /* Decimal128, a number with its exact digits */
    COLUMN_COUNT,  /* a whole number */
    COLUMN_RATIO,  /* a number without a unit, 6 digits */
    COLUMN_NUMBER, /* a number with the unit that the definition says */
    COLUMN_DAY,    /* YYYY-MM-DD */
    COLUMN_TIME,   /* ISO 8601 in UTC */
    COLUMN_BOOL,
    COLUMN_TYPE_COUNT
};

extern const char *const column_type_names[COLUMN_TYPE_COUNT];

enum { MAX_COLUMNS = 64 };

struct column {
    const char *name;
    enum column_type type;
    const char *text;
    const char *unit; /* NULL where the type says it all */
    bool sortable;
    bool key;          /* a part of what tells a row from the others: breaks ties of sort */
    bool zero_if_none; /* a sum or a count: 0 where nothing was sold */
    bool nullable;     /* may be null; without a word in the file, what is not zero_if_none */
};

struct definition {
    const char *name; /* the file's name without .json */
    const char *title, *group, *summary, *formula;
    const char *source; /* the source it insists on, or NULL: the planner chooses */
    const char **dimensions, **measures;
    size_t dimension_count, measure_count;
    const struct parameter **parameters; /* in the order of the parameter table */
    size_t parameter_count;
    struct column *columns;
    size_t column_count;
    struct {
        size_t sort; /* a column; column_count when rows are not sorted by request */
        bool descending;
        int32_t limit;
        enum granularity granularity;
    } defaults;
    bool keep;          /* its answer is kept after every load that changed something */
    bool single_row;    /* the answer is one row: no sort, limit or offset */
    bool all_orders;    /* also of those that do not count as sales; else `filter` leaves them out */
    const char **needs; /* features of the data without which columns are null or rows missing */
    size_t need_count;
    const char **own_filters; /* filters that its pipeline applies itself, so that `filter` leaves them out */
    size_t own_filter_count;
    bool looks_at_rows; /* at single ones, or may: no rollup is asked, which has only their sums; see additive.h */
    bson_t *pipeline;   /* an array of stages */
    json_t *json;       /* the file as read; owns the strings above */
    char hash[33];      /* of the file's content, for keys and ETags */
};

/* A dimension or a measure of a source. */
struct field {
    const char *name;
    const char *path;  /* where a filter finds it before the source's stages, such as items.category */
    const char *field; /* what rows call it after them: the path's last part */
    bson_t *sums;      /* of a measure of a regrouped source: a field and its accumulator, or several; else NULL */
    bool in_items;     /* the path leads into the unwound array */
};

struct source {
    const char *name; /* the file's name without .json */
    const char *title;
    const char *collection;
    int64_t cost;       /* the planner takes the cheapest that fits */
    const char *unwind; /* the list whose entries become rows, or NULL */
    struct field *dimensions, *measures;
    size_t dimension_count, measure_count;
    bool filters; /* its own stages apply the filter, so that the definition's need not */
    bson_t *pipeline;
    json_t *json;
    bool left_out;               /* by catalog_use_sources() */
    const struct rollup *rollup; /* what it is the planner's view of; NULL: a file of its own, a base source */
};

/* Where the values of a dimension are listed, for filter menus. Its pipeline's variables: prefix (a condition on a
 * text), offset and limit. */
struct menu {
    const char *name; /* the dimension: the file's name without .json */
    const char *title;
    const char *collection;
    bson_t *pipeline;
    json_t *json;
};

struct catalog {
    struct definition **definitions; /* sorted by name */
    size_t definition_count;
    struct menu **menus; /* sorted by name */
    size_t menu_count;
    struct source **sources; /* cheapest first */
    size_t source_count;
    struct rollup **rollups; /* those that are added up from another behind that one; see rollup.h */
    size_t rollup_count;
    char sources_hash[33]; /* of all sources: with a definition's own, what an answer is made of */
    int references;        /* only through acquire and release */
};

/* Reads the *.json of dir/kpi, dir/source, dir/dimension and dir/rollup, and holds them to definition_check.h. NULL
 * when one cannot be used: err says file, place and reason. But a rollup that cannot be used is left out. */
struct catalog *catalog_load(const char *dir, struct error *err);

/* The same; what is wrong with the rollups that are left out is added to in_rollups. */
struct catalog *catalog_load_noting(const char *dir, struct mistakes *in_rollups, struct error *err);

/* The same with all that is wrong added to mistakes, what may be meant added to warnings, and with the old catalogue to
 * fall back on: what a wrong file defined goes on as it was, and what it would have added is left out. The sources are
 * taken all together or not at all; a rollup that cannot be used is left out, since what it would answer is answered
 * without it. NULL when nothing is left to serve, or when a folder cannot be read. */
struct catalog *catalog_reload(const char *dir, const struct catalog *old, struct mistakes *mistakes,
                               struct mistakes *warnings);

/* A catalogue of the sources, of which there is at least one, and the rollups alone, held to no more than their form;
 * NULL when one of the sources cannot be used. */
struct catalog *catalog_of_sources(const char *dir, struct mistakes *mistakes);

/* Whether a source can answer every request that the definition admits. */
bool catalog_answers(const struct catalog *catalog, const struct definition *definition, struct mistakes *mistakes);

/* Leaves out of planning every source and rollup that the list (names with commas between) does not name, once, before
 * the catalogue is shared. False: a definition would find no base source for some request; or, where `strict`, a name
 * is unknown. */
bool catalog_use_sources(struct catalog *catalog, const char *list, bool strict, struct error *err);

struct catalog *catalog_acquire(struct catalog *catalog);
void catalog_release(struct catalog *catalog); /* NULL is fine */

const struct definition *catalog_find(const struct catalog *catalog, const char *name);
const struct source *catalog_source(const struct catalog *catalog, const char *name);
const struct rollup *catalog_rollup(const struct catalog *catalog, const char *name);
const struct menu *catalog_menu(const struct catalog *catalog, const char *name);

/* The known name nearest to one that is not known, or NULL. */
const char *catalog_nearest(const struct catalog *catalog, const char *name);

bool definition_takes(const struct definition *definition, enum parameter_kind kind);
const struct column *definition_column(const struct definition *definition, const char *name);

const struct field *source_dimension(const struct source *source, const char *name);
const struct field *source_measure(const struct source *source, const char *name);

/* Why a source is none for a definition. */
struct source_lack {
    const char *what; /* "dimension" or "measure"; NULL: the definition insists on another source */
    const char *name; /* of it */
};

/* Whether the source lacks a dimension or measure that the definition names, or is not the one it insists on. */
bool source_lacks(const struct source *source, const struct definition *definition, struct source_lack *lack);

/* The opposite. */
bool source_offers(const struct source *source, const struct definition *definition);

#endif

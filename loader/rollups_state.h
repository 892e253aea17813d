/* Within rollups.c and rollup_forget.c: the rollups of a load. */
#ifndef KPI_LOADER_ROLLUPS_STATE_H
#define KPI_LOADER_ROLLUPS_STATE_H

#include "core/catalog.h"
#include "core/dataset.h"
#include "loader/rollup_book.h"
#include "loader/rollup_build.h"
#include "loader/rollups.h"

enum upkeep {
    UPKEEP_NONE,  /* it is up to date */
    UPKEEP_DAYS,  /* touched days are written anew */
    UPKEEP_WHOLE, /* it is built from nothing */
    UPKEEP_OUT,   /* it must not be read, and nothing has changed of that */
};

/* A rollup of the folder. */
struct kept {
    const struct rollup *rollup;
    enum upkeep upkeep;
    bool was_listed; /* when the load began, as its declaration is now */
    struct listed_rollup before, now;
    bool was_left_out;       /* likewise: it must not be read */
    struct rollup_flaw flaw; /* of what is built now, or that it was left out for */
};

struct rollups {
    struct rollups_load load;
    const struct catalog *catalog; /* or NULL: they are off */
    struct rollup_book book;       /* as it was when the load began, but for what it writes itself */
    struct dataset dataset;        /* likewise */
    struct kept *list;
    size_t count;
    bson_t *listed; /* what `meta` lists when this load has ended; NAME as above */
    bson_t *told;   /* what it lists now, or will with the new version */
    size_t days, whole, changed;
    double seconds;
    bson_t *left_out;    /* as the book has it, when this load has ended */
    bool had_old_builds; /* when the load began */
    bool leaves_rows;    /* of a rollup that was listed, and must not be read now */
    const struct touched_days *touched;
    int attempts;   /* at the touched days */
    bool forgotten; /* what is out of sight */
};

static inline const char *rollups_database(const struct rollups *r)
{
    return db_name(r->load.db);
}

#endif

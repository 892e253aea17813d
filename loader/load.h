/* A load from beginning to end. */
#ifndef KPI_LOADER_LOAD_H
#define KPI_LOADER_LOAD_H

#include "core/options.h"
#include "loader/fileset.h"

enum load_result { LOAD_ALL = 0, LOAD_FAILED = 1, LOAD_USAGE = 2, LOAD_SOME_REJECTED = 3 };

/* Loads the files that the options name; writes progress and summary to stderr, and one sentence when it fails.
 * scope: of a folder that is watched, else NULL. */
enum load_result load_run(const struct options *options, struct fileset_scope *scope);

/* Whether a load may come to its end on that server, as far as the options tell: false with err where it never can,
 * since the URI or the name of the database is none, or --shard is given and it is no router. One that does not answer
 * is for the load to find. */
bool load_suits_server(const struct options *options, struct error *err);

#endif

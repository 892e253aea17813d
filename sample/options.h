/* The command line of kpi-sample. */
#ifndef SAMPLE_OPTIONS_H
#define SAMPLE_OPTIONS_H

#include "sample/problem.h"

#include <stdbool.h>
#include <stdint.h>

enum layout { LAYOUT_NATIVE, LAYOUT_SUPERSTORE, LAYOUT_OLIST };

struct options {
    uint64_t seed;
    uint32_t orders;
    uint32_t products; /* 0: as many as a shop of so many orders has */
    int32_t from;      /* days since 1970 */
    int32_t to;
    enum layout layout;
    bool dirty;
    bool help;
    const char *dir;
};

/* Reads the command line over the defaults. False with the problem filled when it makes no sense;
 * with --help, nothing else is checked. */
bool options_parse(struct options *options, int argc, char **argv, struct problem *problem);

/* What --help prints. */
extern const char *const options_help;

#endif

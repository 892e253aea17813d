/* The summary of a load: a table for people. */
#ifndef KPI_LOADER_SUMMARY_H
#define KPI_LOADER_SUMMARY_H

#include "loader/cleaning.h"
#include "loader/rejects.h"
#include <stdio.h>

/* spilled: bytes that went to temporary files. */
void summary_print(FILE *out, const struct fileset *files, const struct rejects *rejects,
                   const struct cleaning *cleaning, uint64_t spilled, bool dry_run, double seconds);

#endif

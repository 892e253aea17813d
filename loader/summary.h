/* The summary of a load: a table for people. */
#ifndef KPI_LOADER_SUMMARY_H
#define KPI_LOADER_SUMMARY_H

#include "loader/cleaning.h"
#include "loader/rejects.h"
#include <stdio.h>

void summary_print(FILE *out, const struct fileset *files, const struct rejects *rejects,
                   const struct cleaning *cleaning, double seconds);

#endif

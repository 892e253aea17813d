/* Reading the files in which others look up, before any of their rows becomes a record. */
#ifndef KPI_LOADER_LOOKUP_READER_H
#define KPI_LOADER_LOOKUP_READER_H

#include "loader/reader.h"

/* Reads them in the order of the profile, since one may look up in those before it. The rows of a file that gives no
 * records are counted here: as unchanged, since they change nothing by themselves, skipped, or rejected. */
bool lookups_read(struct reader *reader, struct error *err);

/* Gives back what was read. */
void lookups_free(struct fileset *files);

#endif

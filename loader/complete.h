/* Whether a file that somebody drops is all there, as far as that can be told from outside. */
#ifndef KPI_LOADER_COMPLETE_H
#define KPI_LOADER_COMPLETE_H

#include <stdbool.h>

/* Nobody has it open for writing, and for quiet_ms nothing about it has changed. Where the system does not say whether
 * somebody has it open (of the files of others, and of those on a network), seen_open counts. What is no regular file,
 * or cannot be opened, is for the load to say: it is complete. */
bool file_is_complete(const char *path, long quiet_ms, bool seen_open);

#endif

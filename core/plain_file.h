#ifndef KPI_CORE_PLAIN_FILE_H
#define KPI_CORE_PLAIN_FILE_H

/* Files that people name, to be read whole. A pipe or a device under such a name would be waited for without end. */
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Opens for reading a plain file of no more bytes than that. The caller closes it; -1 with err, of which the file is
 * the subject ("cannot be read: No such file or directory"). */
int plain_file_open(const char *path, size_t bytes_most, struct error *err);

/* Whether an open file is such a one; else with err likewise. */
bool plain_file_is(int fd, size_t bytes_most, struct error *err);

#endif

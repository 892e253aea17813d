/* A load that was ended between its last writes: its import is done, with its counts, and not all of its files are
 * written down in `files`. Its document has the field `listing` until they are.
 *
 * Whoever gives the same files again is told what became of them, and they are written down without being read anew:
 * else those that are written down would be passed over, and nobody would hear of rows that were rejected. */
#ifndef KPI_LOADER_UNLISTED_H
#define KPI_LOADER_UNLISTED_H

#include "loader/record_book.h"

#include <stdio.h>

struct unlisted {
    bool any;               /* there is such an import */
    bool same;              /* it is one of the same files, read the same way, and the data are as it left them */
    char id[IMPORT_ID_MAX]; /* of that one, and how many rows it rejected */
    uint64_t rejected;
};

/* import: named, and of this load. */
bool unlisted_find(const struct store *store, const struct import *import, struct unlisted *found, struct error *err);

/* Writes down the files of the same import; all of them are loaded already then. */
bool unlisted_list(const struct store *store, const struct unlisted *unlisted, struct fileset *files,
                   const char *reading, struct error *err);

/* Says for people that it was so, and what the import had rejected. */
void unlisted_print(const struct unlisted *unlisted, FILE *out);

/* No import lists files any more: a load that comes to its end knows better. May be repeated. */
bool unlisted_forget(const struct store *store, struct error *err);

#endif

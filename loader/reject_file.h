/* --rejects FILE: the rejected rows as CSV, to be mended and loaded again.
 *
 * A row stands there as the file has it, in the file's own encoding and form, behind three columns of ours: kpi_reason,
 * kpi_line and kpi_detail, which a load passes over. The header comes first, so that what is mended can be loaded as it
 * is. Where several files are loaded each has a file of its own: its name goes before the ending, as in
 * rejects-orders.csv. Of a layout without headers only the rows stand there. A file that an earlier load wrote, and
 * whose input has no rejects now, is removed. */
#ifndef KPI_LOADER_REJECT_FILE_H
#define KPI_LOADER_REJECT_FILE_H

#include "loader/fault.h"
#include "loader/fileset.h"

struct reject_file;

/* path and files must outlive it. */
struct reject_file *reject_file_new(const char *path, struct fileset *files);

bool reject_file_add(struct reject_file *file, const struct input *input, uint64_t line, uint64_t offset,
                     const struct fault *fault, struct error *err);

/* Ends all files, so that all is on disk; and removes old ones. False when a file cannot be written. */
bool reject_file_finish(struct reject_file *file, struct error *err);
void reject_file_free(struct reject_file *file); /* NULL is fine */

#endif

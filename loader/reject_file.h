/* --rejects FILE: the rejected rows as CSV, to be mended and loaded again.
 *
 * A row stands there as the file has it, in the file's own encoding and form, behind four columns of ours: kpi_reason,
 * kpi_file, kpi_line and kpi_detail (the column, the value in it, and what is wrong with it). A load passes them over,
 * but that a line of an order is known by the place that it was rejected from: so it joins the lines that were loaded,
 * once. A row that is rejected again keeps those columns behind the new ones, and stays known by its first place. The
 * header comes first, so that what is mended can be loaded as it is. Where several files are loaded each has a file of
 * its own: its name goes before the ending, as in rejects-orders.csv. Of a layout without headers only the rows stand
 * there. A file that an earlier load wrote is kept as FILE~. */
#ifndef KPI_LOADER_REJECT_FILE_H
#define KPI_LOADER_REJECT_FILE_H

#include "loader/fault.h"
#include "loader/fileset.h"
#include <stdio.h>

struct reject_file;

#define REJECT_COLUMN_FILE "kpi_file"
#define REJECT_COLUMN_LINE "kpi_line"

/* path and files must outlive it. */
struct reject_file *reject_file_new(const char *path, struct fileset *files);

bool reject_file_add(struct reject_file *file, const struct input *input, uint64_t line, uint64_t offset,
                     const struct fault *fault, struct error *err);

/* The name of an input as kpi_file has it: in characters of the file's encoding. */
void reject_file_name(const struct input *input, struct buffer *out);

/* Ends all files, so that all is on disk. False when a file cannot be written. */
bool reject_file_finish(struct reject_file *file, struct error *err);

/* Says where the rows are, after reject_file_finish(). */
void reject_file_print(const struct reject_file *file, FILE *to);
void reject_file_free(struct reject_file *file); /* NULL is fine */

#endif

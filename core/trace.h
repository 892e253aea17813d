/* Follows the fields of rows through a pipeline, without running it: what a stage reads must be what a stage before, or
 * the source of the rows, has given. A field that is not there is null on the database, and nobody is told.
 *
 * Only what is certain is a mistake: behind a stage whose rows cannot be told from the file nothing is said to be
 * missing. What may be meant is a warning. */
#ifndef KPI_CORE_TRACE_H
#define KPI_CORE_TRACE_H

#include "core/catalog.h"

/* Of a definition that the catalogue's sources can answer. Without a source of its own it may be given rows of any that
 * has what it declares: then it may read no other fields. */
void trace_definition(const struct catalog *catalog, const struct definition *definition, struct mistakes *mistakes,
                      struct mistakes *warnings);

/* Of a source: the paths of its dimensions and measures, in the documents of its collection. */
void trace_source(const struct source *source, struct mistakes *mistakes, struct mistakes *warnings);

/* Of a file of pipelines/quality or pipelines/star whose form is right. */
void trace_file(const json_t *json, struct mistakes *mistakes, struct mistakes *warnings);

void trace_menu(const struct menu *menu, struct mistakes *mistakes, struct mistakes *warnings);

#endif

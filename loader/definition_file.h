/* What the definitions that a load runs have in common: a JSON file with a pipeline that only reads, and a hash over
 * all files of a folder. Used by quality_check.c and star_table.c. */
#ifndef KPI_LOADER_DEFINITION_FILE_H
#define KPI_LOADER_DEFINITION_FILE_H

#include "core/buffer.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/mistakes.h"
#include <bson/bson.h>
#include <jansson.h>

/* The pipeline of a file that has been checked, as BSON; NULL when it is too deep or too large, which is added. */
bson_t *definition_pipeline(const json_t *json, struct mistakes *mistakes);

/* Whether nothing is wrong; else err says the first mistake. Releases them. */
bool definition_mistakes(struct mistakes *mistakes, struct error *err);

/* Appends what a hash over several files is made of. */
void definition_digest(const char *name, const json_t *json, struct buffer *all);

/* The hash of what was appended; releases the buffer. False: out of memory. */
bool definition_hash(struct buffer *all, char hash[HASH_TEXT_MAX], struct error *err);

#endif

/* What the definitions that a load runs have in common: a JSON file with a pipeline that only reads, and a hash over
 * all files of a folder. Used by quality_check.c and star_table.c. */
#ifndef KPI_LOADER_DEFINITION_FILE_H
#define KPI_LOADER_DEFINITION_FILE_H

#include "core/buffer.h"
#include "core/error.h"
#include "core/hash.h"
#include <bson/bson.h>
#include <jansson.h>

/* The file's pipeline as BSON, checked to be one that only reads and uses no variables but these; NULL with err. */
bson_t *definition_pipeline(const json_t *json, const char *const *variables, struct error *err);

/* Position of the file's text under key among names; -1 with err, which lists them, when it is none of them. */
int definition_choice(const json_t *json, const char *key, const char *const *names, int count, struct error *err);

/* Appends what a hash over several files is made of. */
void definition_digest(const char *name, const json_t *json, struct buffer *all);

/* The hash of what was appended; releases the buffer. False: out of memory. */
bool definition_hash(struct buffer *all, char hash[HASH_TEXT_MAX], struct error *err);

#endif

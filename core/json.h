/* JSON files: reading them with errors that name the place, and turning their values into BSON.
 *
 * Values are taken as they stand: {"$date": …} and the other forms of Extended JSON get no meaning, since a
 * definition's
 * "$…" keys are operators. Integers become int32 where they fit, else int64. */
#ifndef KPI_CORE_JSON_H
#define KPI_CORE_JSON_H

#include "core/mistakes.h"
#include <bson/bson.h>
#include <dirent.h>
#include <jansson.h>

/* The file's value, or NULL: err says file, line and what is wrong. Duplicate keys are an error. The caller owns it. */
json_t *json_read_file(const char *path, struct error *err);

/* The same of a plain file of a bearable size, with what is wrong added; mistakes->file is set by the caller. */
json_t *json_read(const char *path, struct mistakes *mistakes);

/* Of JSON that we made ourselves; NULL: it is none, or memory is out. The caller owns it. */
json_t *json_parse(const char *text, size_t n);

/* The value as text, by Jansson's flags; NULL: memory is out, also where Jansson by itself would leave out a character
 * and go on. The caller frees it with free(). */
char *json_write(const json_t *value, size_t flags);

/* Whether a folder's entry is a JSON file to read: *.json, and not hidden. For scandir(). */
int json_is_file(const struct dirent *entry);

/* A BSON document of a JSON object, or of a JSON array (keys "0", "1", …). The caller owns it; NULL when it is neither,
 * or too deep (more than 100 levels), or too large. */
bson_t *json_to_bson(const json_t *value);

/* Appends one value under key. False when it is too deep or does not fit. */
bool json_append(bson_t *to, const char *key, const json_t *value);

/* The object's string under key, or NULL when it is missing or no string. Owned by the object. */
const char *json_text(const json_t *object, const char *key);

#endif

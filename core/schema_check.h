/* Checking a JSON value against what a definition file may hold, with errors that name the place in it. */
#ifndef KPI_CORE_SCHEMA_CHECK_H
#define KPI_CORE_SCHEMA_CHECK_H

#include "core/mistakes.h"
#include <jansson.h>
#include <stdbool.h>

/* One key that an object may have. */
struct json_key {
    const char *name; /* NULL ends a list */
    json_type type;   /* JSON_TRUE stands for either boolean */
    bool required;
};

/* Whether object (found at `path`, such as "$.columns[2]") has all required keys, each of its type, and no others. All
 * that is wrong is added. */
bool json_check_keys(const json_t *object, const struct json_key *keys, const char *path, struct mistakes *mistakes);

/* The strings of the array under key as a new array of pointers into it; *count 0 and NULL when there is no such key.
 * False when a member is no string. The caller frees the array, not the strings. */
bool json_strings(const json_t *object, const char *key, const char ***list, size_t *count, struct mistakes *mistakes);

/* The position of text among names; -1 when it is none: that is added, with all of them; or when it is NULL. */
int json_choice(const char *text, const char *const *names, int count, const char *path, struct mistakes *mistakes);

#endif

/* What is wrong with a profile: each mistake with its place in the JSON, all of them, not just the first.
 *
 * A reader enters members and leaves them again; what it adds meanwhile is found at the place where it is. Zeroed, it
 * is empty and usable. */
#ifndef KPI_LOADER_FINDINGS_H
#define KPI_LOADER_FINDINGS_H

#include "core/error.h"
#include "loader/arena.h"
#include <jansson.h>

struct finding {
    const char *path; /* "$.files[0].records[1].fields._id" */
    const char *sentence;
};

struct findings {
    struct finding *list;
    size_t count, room;
    char path[512];
    size_t used; /* bytes of path */
    struct arena arena;
};

void findings_release(struct findings *findings);

/* Goes down the path by a printf format, such as ".%s" or "[%zu]"; returns what findings_leave() is to be given. */
size_t findings_enter(struct findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));
void findings_leave(struct findings *findings, size_t where);

/* Always false, so that a check can end with `return findings_add(…)`. */
bool findings_add(struct findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first one as an error about a file, and how many more there are. */
void findings_error(const struct findings *findings, const char *file, struct error *err);

/* Reading of JSON values that adds what is wrong with them. `keys` ends with NULL. */
bool findings_object(struct findings *findings, const json_t *value, const char *const *keys, const char *what);

/* A member that is a string and not empty; NULL when there is none, or when that was added. */
const char *findings_text(struct findings *findings, const json_t *object, const char *key, bool needed);

/* A member that is true or false. */
bool findings_flag(struct findings *findings, const json_t *object, const char *key, bool fallback);

/* A member that is an array of `least` to `most` entries, or NULL when it is not there or that was added. */
const json_t *findings_array(struct findings *findings, const json_t *object, const char *key, size_t least,
                             size_t most);

#endif

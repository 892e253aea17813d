/* What is known of the fields of rows, or of a value, without running anything: the paths that may be there. Arrays are
 * looked through, as the paths of MongoDB do: what is known of a list is what is known of its entries.
 *
 * Where anything may be, it is `open`; so it is, too, when memory is out: then nothing is said to be missing.
 * Zeroed, it is a value without fields, such as a number. */
#ifndef KPI_CORE_KNOWN_H
#define KPI_CORE_KNOWN_H

#include "core/collections.h"
#include <stddef.h>

struct known_path {
    char *path;
    size_t length; /* of path: most others differ in it */
    bool open;
};

struct known {
    struct known_path *list; /* every path with those that it leads over */
    size_t count, room;
    bool open;
};

void known_release(struct known *known);

/* Adds the path, with those that it leads over. */
void known_add(struct known *known, const char *path, bool open);

/* Whether there may be a field at that path, which may be "" for the whole. What is in it is added to *value, unless
 * that is NULL. */
bool known_at(const struct known *known, const char *path, struct known *value);

/* Takes away what is at that path. */
void known_drop(struct known *known, const char *path);

/* Puts the value at that path, beside what is there. */
void known_put(struct known *known, const char *path, const struct known *value);

/* Adds all that another may hold. */
void known_merge(struct known *known, const struct known *other);

/* Adds what documents of the collection have; NULL: anything. */
void known_of_collection(struct known *known, const struct collection *collection);

/* Becomes what *from was, which is empty then. */
void known_move(struct known *known, struct known *from);

/* The path nearest to one that is not there, or NULL. */
const char *known_nearest(const struct known *known, const char *path);

#endif

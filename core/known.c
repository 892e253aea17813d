#include "core/known.h"
#include "core/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MOST = 512 };

void known_release(struct known *known)
{
    for (size_t i = 0; i < known->count; i++)
        free(known->list[i].path);
    free(known->list);
    *known = (struct known){0};
}

static struct known_path *find(const struct known *known, const char *path, size_t length)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->list[i].length == length && memcmp(known->list[i].path, path, length) == 0)
            return &known->list[i];
    return NULL;
}

static bool make_room(struct known *known)
{
    size_t room = known->room ? known->room * 2 : 16;
    struct known_path *list;
    if (known->count < known->room)
        return true;
    list = realloc(known->list, room * sizeof *list);
    if (!list)
        return false;
    known->list = list;
    known->room = room;
    return true;
}

static void add(struct known *known, const char *path, size_t length, bool open)
{
    struct known_path *there = find(known, path, length);
    char *copy;
    if (there) {
        there->open = there->open || open;
        return;
    }
    copy = make_room(known) ? strndup(path, length) : NULL;
    if (copy)
        known->list[known->count++] = (struct known_path){copy, length, open};
    else
        known->open = true;
}

void known_add(struct known *known, const char *path, bool open)
{
    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.'))
        add(known, path, (size_t)(dot - path), false);
    add(known, path, strlen(path), open);
}

/* Whether the path leads into something of which nothing is known. */
static bool is_in_open(const struct known *known, const char *path)
{
    if (known->open)
        return true;
    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
        const struct known_path *parent = find(known, path, (size_t)(dot - path));
        if (parent && parent->open)
            return true;
    }
    return false;
}

/* What comes behind "path." in another; NULL when that does not lead there. */
static const char *behind(const char *other, const char *path)
{
    size_t n = strlen(path);
    if (!n)
        return other;
    return strncmp(other, path, n) == 0 && other[n] == '.' ? other + n + 1 : NULL;
}

bool known_at(const struct known *known, const char *path, struct known *value)
{
    const struct known_path *there = *path ? find(known, path, strlen(path)) : NULL;
    bool open = is_in_open(known, path);
    if (value)
        value->open = value->open || open || (there && there->open);
    for (size_t i = 0; value && i < known->count; i++) {
        const char *rest = behind(known->list[i].path, path);
        if (rest)
            known_add(value, rest, known->list[i].open);
    }
    return !*path || there || open;
}

void known_drop(struct known *known, const char *path)
{
    size_t kept = 0;
    for (size_t i = 0; i < known->count; i++) {
        if (strcmp(known->list[i].path, path) == 0 || behind(known->list[i].path, path))
            free(known->list[i].path);
        else
            known->list[kept++] = known->list[i];
    }
    known->count = kept;
}

void known_put(struct known *known, const char *path, const struct known *value)
{
    char inner[PATH_MOST];
    known_add(known, path, value->open);
    for (size_t i = 0; i < value->count; i++) {
        int n = snprintf(inner, sizeof inner, "%s.%s", path, value->list[i].path);
        if (n > 0 && (size_t)n < sizeof inner)
            known_add(known, inner, value->list[i].open);
        else
            known->open = true;
    }
}

void known_merge(struct known *known, const struct known *other)
{
    known_at(other, "", known);
}

void known_of_collection(struct known *known, const struct collection *collection)
{
    const char *field = collection ? collection->fields : NULL;
    known->open = known->open || !field;
    for (; field && *field; field += strspn(field, " ")) {
        size_t n = strcspn(field, " ");
        add(known, field, n, false);
        field += n;
    }
}

void known_move(struct known *known, struct known *from)
{
    known_release(known);
    *known = *from;
    *from = (struct known){0};
}

const char *known_nearest(const struct known *known, const char *path)
{
    const char *dot = strrchr(path, '.'), *best = NULL;
    size_t parent = dot ? (size_t)(dot + 1 - path) : 0;
    bool beside = parent && find(known, path, parent - 1); /* then it is the last part that is misspelt */
    unsigned distance = 0;
    for (size_t i = 0; i < known->count; i++) {
        const char *other = known->list[i].path;
        if (!beside)
            nearest_consider(path, other, &best, &distance);
        else if (strncmp(other, path, parent) == 0)
            nearest_consider(path + parent, other + parent, &best, &distance);
    }
    return best && beside ? best - parent : best;
}

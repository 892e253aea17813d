#include "core/catalog.h"
#include "core/buffer.h"
#include "core/definition.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/nearest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads one file of a folder into the catalogue. */
typedef bool (*add_file)(struct catalog *catalog, const char *path, const char *name, struct error *err);

/* Makes room for one more pointer. */
static bool grow(void *list, size_t count, struct error *err)
{
    void **pointers, *old;
    memcpy(&old, list, sizeof old);
    pointers = realloc(old, (count + 1) * sizeof *pointers);
    if (!pointers) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return false;
    }
    memcpy(list, &pointers, sizeof pointers);
    return true;
}

static bool add_definition(struct catalog *catalog, const char *path, const char *name, struct error *err)
{
    struct definition *d = definition_read(path, name, err);
    if (!d || !grow(&catalog->definitions, catalog->definition_count, err)) {
        definition_free(d);
        return false;
    }
    catalog->definitions[catalog->definition_count++] = d;
    return true;
}

static bool add_source(struct catalog *catalog, const char *path, const char *name, struct error *err)
{
    struct source *s = source_read(path, name, err);
    if (!s || !grow(&catalog->sources, catalog->source_count, err)) {
        source_free(s);
        return false;
    }
    catalog->sources[catalog->source_count++] = s;
    return true;
}

static bool add_menu(struct catalog *catalog, const char *path, const char *name, struct error *err)
{
    struct menu *menu = menu_read(path, name, err);
    if (!menu || !grow(&catalog->menus, catalog->menu_count, err)) {
        menu_free(menu);
        return false;
    }
    catalog->menus[catalog->menu_count++] = menu;
    return true;
}

/* The name of a definition is a part of URLs: lower-case letters, digits, - and _. */
static bool valid_name(const char *name)
{
    if (*name < 'a' || *name > 'z' || strlen(name) > 63)
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

/* Every *.json of dir/folder, in the order of their names. */
static bool read_folder(struct catalog *catalog, const char *dir, const char *folder, add_file add, struct error *err)
{
    char path[4096], name[256];
    struct dirent **entries = NULL;
    bool ok = true;
    int count;
    snprintf(path, sizeof path, "%s/%s", dir, folder);
    count = scandir(path, &entries, json_is_file, alphasort);
    if (count < 0) {
        error_set(err, ERROR_INVALID, "the folder %s cannot be read: %s; name the pipelines folder with --pipelines",
                  path, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%.*s", (int)strlen(entries[i]->d_name) - 5, entries[i]->d_name);
        snprintf(path, sizeof path, "%s/%s/%s", dir, folder, entries[i]->d_name);
        if (ok && !valid_name(name)) {
            error_set(err, ERROR_INVALID, "%s: a file's name must be a-z, 0-9, - and _, starting with a letter", path);
            ok = false;
        }
        ok = ok && add(catalog, path, name, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct definition *const *)a)->name, (*(struct definition *const *)b)->name);
}

static int menu_by_name(const void *a, const void *b)
{
    return strcmp((*(struct menu *const *)a)->name, (*(struct menu *const *)b)->name);
}

static int by_cost(const void *a, const void *b)
{
    const struct source *x = *(struct source *const *)a, *y = *(struct source *const *)b;
    return x->cost == y->cost ? strcmp(x->name, y->name) : x->cost < y->cost ? -1 : 1;
}

/* The first dimension or measure of the definition that no source has at all, or NULL. */
static const char *unknown_field(const struct catalog *catalog, const struct definition *d)
{
    for (size_t i = 0; i < d->dimension_count + d->measure_count; i++) {
        bool dimension = i < d->dimension_count, found = false;
        const char *name = dimension ? d->dimensions[i] : d->measures[i - d->dimension_count];
        for (size_t j = 0; j < catalog->source_count && !found; j++)
            found = dimension ? source_dimension(catalog->sources[j], name) : source_measure(catalog->sources[j], name);
        if (!found)
            return name;
    }
    return NULL;
}

/* Whether the source can answer whatever the definition lets a request ask. */
static bool answers_all(const struct source *source, const struct definition *d)
{
    if (!source_offers(source, d))
        return false;
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *p = d->parameters[i];
        bool range = p->kind == PARAMETER_FROM || p->kind == PARAMETER_TO || p->kind == PARAMETER_PERIOD;
        if ((p->kind == PARAMETER_FILTER || range) && !source_dimension(source, range ? "day" : p->name))
            return false;
    }
    return true;
}

/* Every request that a definition admits must find a source: that is seen here, not when the request comes. */
static bool check_sources(const struct catalog *catalog, const char *dir, struct error *err)
{
    for (size_t i = 0; i < catalog->definition_count; i++) {
        const struct definition *d = catalog->definitions[i];
        const char *unknown = unknown_field(catalog, d);
        bool answered = false;
        if (d->source && !catalog_source(catalog, d->source)) {
            error_set(err, ERROR_INVALID, "%s/kpi/%s.json: $.source: there is no source '%s'", dir, d->name, d->source);
            return false;
        }
        if (unknown) {
            error_set(err, ERROR_INVALID, "%s/kpi/%s.json: no source has a dimension or measure '%s'", dir, d->name,
                      unknown);
            return false;
        }
        for (size_t j = 0; j < catalog->source_count && !answered; j++)
            answered = answers_all(catalog->sources[j], d);
        if (!answered) {
            error_set(
                err, ERROR_INVALID,
                "%s/kpi/%s.json: no single source has all its dimensions and measures and those that its parameters "
                "filter on",
                dir, d->name);
            return false;
        }
    }
    return true;
}

static bool hash_sources(struct catalog *catalog, struct error *err)
{
    struct buffer all = {0};
    for (size_t i = 0; i < catalog->source_count; i++) {
        char *text = json_dumps(catalog->sources[i]->json, JSON_COMPACT | JSON_SORT_KEYS);
        all.failed = all.failed || !text;
        buffer_printf(&all, "%s %s\n", catalog->sources[i]->name, text ? text : "");
        free(text);
    }
    if (all.failed)
        error_set(err, ERROR_INTERNAL, "out of memory");
    else
        hash_text(all.bytes, all.used, catalog->sources_hash);
    buffer_release(&all);
    return *catalog->sources_hash != '\0';
}

struct catalog *catalog_load(const char *dir, struct error *err)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    catalog->references = 1;
    if (!read_folder(catalog, dir, "source", add_source, err) ||
        !read_folder(catalog, dir, "kpi", add_definition, err) ||
        !read_folder(catalog, dir, "dimension", add_menu, err)) {
        catalog_release(catalog);
        return NULL;
    }
    if (!catalog->definition_count || !catalog->source_count) {
        error_set(err, ERROR_INVALID, "%s has no definition or no source", dir);
        catalog_release(catalog);
        return NULL;
    }
    qsort(catalog->definitions, catalog->definition_count, sizeof(struct definition *), by_name);
    if (catalog->menu_count)
        qsort(catalog->menus, catalog->menu_count, sizeof(struct menu *), menu_by_name);
    qsort(catalog->sources, catalog->source_count, sizeof(struct source *), by_cost);
    if (!check_sources(catalog, dir, err) || !hash_sources(catalog, err)) {
        catalog_release(catalog);
        return NULL;
    }
    return catalog;
}

struct catalog *catalog_acquire(struct catalog *catalog)
{
    __atomic_add_fetch(&catalog->references, 1, __ATOMIC_RELAXED);
    return catalog;
}

void catalog_release(struct catalog *catalog)
{
    if (!catalog || __atomic_sub_fetch(&catalog->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < catalog->definition_count; i++)
        definition_free(catalog->definitions[i]);
    for (size_t i = 0; i < catalog->source_count; i++)
        source_free(catalog->sources[i]);
    for (size_t i = 0; i < catalog->menu_count; i++)
        menu_free(catalog->menus[i]);
    free(catalog->menus);
    free(catalog->definitions);
    free(catalog->sources);
    free(catalog);
}

static int compare_name(const void *key, const void *member)
{
    return strcmp(key, (*(struct definition *const *)member)->name);
}

const struct definition *catalog_find(const struct catalog *catalog, const char *name)
{
    struct definition **found =
        bsearch(name, catalog->definitions, catalog->definition_count, sizeof(struct definition *), compare_name);
    return found ? *found : NULL;
}

const struct source *catalog_source(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->source_count; i++)
        if (strcmp(catalog->sources[i]->name, name) == 0)
            return catalog->sources[i];
    return NULL;
}

const struct menu *catalog_menu(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->menu_count; i++)
        if (strcmp(catalog->menus[i]->name, name) == 0)
            return catalog->menus[i];
    return NULL;
}

const char *catalog_nearest(const struct catalog *catalog, const char *name)
{
    const char *best = NULL;
    unsigned distance = 0;
    for (size_t i = 0; i < catalog->definition_count; i++)
        nearest_consider(name, catalog->definitions[i]->name, &best, &distance);
    return best;
}

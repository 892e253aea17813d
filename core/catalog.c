#include "core/catalog.h"
#include "core/buffer.h"
#include "core/definition.h"
#include "core/folder.h"
#include "core/hash.h"
#include "core/nearest.h"

#include <stdlib.h>
#include <string.h>

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

static bool add_definition(void *context, const char *path, const char *name, struct error *err)
{
    struct catalog *catalog = context;
    struct definition *d = definition_read(path, name, err);
    if (!d || !grow(&catalog->definitions, catalog->definition_count, err)) {
        definition_free(d);
        return false;
    }
    catalog->definitions[catalog->definition_count++] = d;
    return true;
}

static bool add_source(void *context, const char *path, const char *name, struct error *err)
{
    struct catalog *catalog = context;
    struct source *s = source_read(path, name, err);
    if (!s || !grow(&catalog->sources, catalog->source_count, err)) {
        source_free(s);
        return false;
    }
    catalog->sources[catalog->source_count++] = s;
    return true;
}

static bool add_menu(void *context, const char *path, const char *name, struct error *err)
{
    struct catalog *catalog = context;
    struct menu *menu = menu_read(path, name, err);
    if (!menu || !grow(&catalog->menus, catalog->menu_count, err)) {
        menu_free(menu);
        return false;
    }
    catalog->menus[catalog->menu_count++] = menu;
    return true;
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
    if (!folder_read(dir, "source", true, add_source, catalog, err) ||
        !folder_read(dir, "kpi", true, add_definition, catalog, err) ||
        !folder_read(dir, "dimension", true, add_menu, catalog, err)) {
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

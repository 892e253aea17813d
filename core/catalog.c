#include "core/catalog.h"
#include "core/additive.h"
#include "core/buffer.h"
#include "core/definition.h"
#include "core/definition_check.h"
#include "core/folder.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/rollup.h"

#include <stdio.h>
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

/* A catalogue that is being read: the one that is in use meanwhile keeps the place of what cannot be read. */
struct reading {
    struct catalog *catalog;
    const struct catalog *old; /* or NULL */
    struct mistakes *mistakes;
    struct mistakes *warnings; /* NULL: files are held to no more than their form */
    bool new_sources;          /* the catalogue's sources are not the old ones */
    bool failed;               /* out of memory */
};

static void keep_definition(struct reading *reading, struct definition *d)
{
    struct catalog *catalog = reading->catalog;
    struct error err = {0};
    if (!d)
        return;
    if (grow(&catalog->definitions, catalog->definition_count, &err)) {
        catalog->definitions[catalog->definition_count++] = d;
        return;
    }
    reading->failed = true;
    definition_free(d);
}

/* What was good once is good again. */
static struct definition *old_definition(const struct reading *reading, const char *name)
{
    const struct definition *old = reading->old ? catalog_find(reading->old, name) : NULL;
    struct mistakes none = {0};
    struct definition *d = old ? definition_parse(json_deep_copy(old->json), name, &none) : NULL;
    mistakes_release(&none);
    return d;
}

static void add_definition(void *context, const char *path, const char *name, struct mistakes *mistakes)
{
    struct reading *reading = context;
    json_t *json = json_read(path, mistakes);
    struct definition *d = json ? definition_parse(json, name, mistakes) : NULL;
    keep_definition(reading, d ? d : old_definition(reading, name));
}

static void add_source(void *context, const char *path, const char *name, struct mistakes *mistakes)
{
    struct reading *reading = context;
    struct catalog *catalog = reading->catalog;
    json_t *json = json_read(path, mistakes);
    struct source *s = json ? source_parse(json, name, mistakes) : NULL;
    struct error err = {0};
    if (s && reading->warnings) {
        reading->warnings->file = path;
        source_check(s, mistakes, reading->warnings);
    }
    if (s && grow(&catalog->sources, catalog->source_count, &err)) {
        catalog->sources[catalog->source_count++] = s;
    } else if (s) {
        reading->failed = true;
        source_free(s);
    }
}

static void add_menu(void *context, const char *path, const char *name, struct mistakes *mistakes)
{
    struct reading *reading = context;
    struct catalog *catalog = reading->catalog;
    const struct menu *old = reading->old ? catalog_menu(reading->old, name) : NULL;
    json_t *json = json_read(path, mistakes);
    struct menu *menu = json ? menu_parse(json, name, mistakes) : NULL;
    struct mistakes none = {0};
    struct error err = {0};
    reading->warnings->file = path;
    if (menu && !menu_check(menu, mistakes, reading->warnings)) {
        menu_free(menu);
        menu = NULL;
    }
    if (!menu && old)
        menu = menu_parse(json_deep_copy(old->json), name, &none);
    mistakes_release(&none);
    if (menu && grow(&catalog->menus, catalog->menu_count, &err)) {
        catalog->menus[catalog->menu_count++] = menu;
    } else if (menu) {
        reading->failed = true;
        menu_free(menu);
    }
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

static bool hash_sources(struct catalog *catalog, struct error *err)
{
    struct buffer all = {0};
    for (size_t i = 0; i < catalog->source_count; i++) {
        char *text = json_write(catalog->sources[i]->json, JSON_COMPACT | JSON_SORT_KEYS);
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

static void drop_sources(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->source_count; i++)
        source_free(catalog->sources[i]);
    catalog->source_count = 0;
}

/* Sources belong together: the old ones stay, all of them, when one of the new cannot be used. */
static void keep_old_sources(struct reading *reading)
{
    struct catalog *catalog = reading->catalog;
    struct mistakes none = {0};
    struct error err = {0};
    drop_sources(catalog);
    reading->new_sources = false;
    for (size_t i = 0; reading->old && i < reading->old->source_count; i++) {
        const struct source *old = reading->old->sources[i];
        struct source *s = source_parse(json_deep_copy(old->json), old->name, &none);
        if (s && grow(&catalog->sources, catalog->source_count, &err))
            catalog->sources[catalog->source_count++] = s;
        else
            source_free(s);
    }
    mistakes_release(&none);
    if (catalog->source_count)
        qsort(catalog->sources, catalog->source_count, sizeof(struct source *), by_cost);
}

static bool read_sources(struct reading *reading, const char *dir)
{
    size_t before = reading->mistakes->count;
    bool ok = folder_read(dir, "source", true, add_source, reading, reading->mistakes);
    reading->new_sources = true;
    if (reading->mistakes->count > before)
        keep_old_sources(reading);
    else if (reading->catalog->source_count)
        qsort(reading->catalog->sources, reading->catalog->source_count, sizeof(struct source *), by_cost);
    return ok;
}

/* Whether it can be served on these sources. */
static bool is_right(const struct catalog *catalog, const struct definition *d)
{
    struct mistakes found = {0}, doubts = {0};
    bool ok = definition_check(catalog, d, &found, &doubts);
    mistakes_release(&found);
    mistakes_release(&doubts);
    return ok;
}

/* Takes out the definition at i, or puts the old one of its name there, where that is still right. */
static bool replace_definition(struct reading *reading, size_t i)
{
    struct catalog *catalog = reading->catalog;
    struct definition *old = old_definition(reading, catalog->definitions[i]->name);
    bool kept = old && is_right(catalog, old);
    definition_free(catalog->definitions[i]);
    if (!kept) {
        definition_free(old);
        memmove(&catalog->definitions[i], &catalog->definitions[i + 1],
                (--catalog->definition_count - i) * sizeof(struct definition *));
        return false;
    }
    catalog->definitions[i] = old;
    return true;
}

/* Whether a definition that is wrong on the new sources is right on the old ones, or the one before it no longer is. */
static bool is_fault_of_sources(const struct reading *reading, const struct definition *d)
{
    const struct definition *before;
    if (!reading->new_sources || !reading->old)
        return false;
    before = catalog_find(reading->old, d->name);
    return is_right(reading->old, d) || (before && !is_right(reading->catalog, before));
}

/* What is wrong with a definition is seen here, not when a request comes. */
static void check_definitions(struct reading *reading, const char *dir)
{
    struct catalog *catalog = reading->catalog;
    const struct definition *said = NULL; /* what the sources were at fault for */
    struct mistakes doubts = {0};
    for (size_t i = 0; i < catalog->definition_count;) {
        const struct definition *d = catalog->definitions[i];
        char path[4096];
        struct mistakes found = {.file = path}, doubted = {.file = path};
        snprintf(path, sizeof path, "%s/kpi/%s.json", dir, d->name);
        if (definition_check(catalog, d, &found, &doubted)) {
            mistakes_move(&doubts, &doubted);
            i++;
        } else if (is_fault_of_sources(reading, d)) {
            keep_old_sources(reading);
            mistakes_release(&doubts);
            mistakes_move(reading->mistakes, &found);
            said = d;
            i = 0;
        } else {
            if (d != said)
                mistakes_move(reading->mistakes, &found);
            i += replace_definition(reading, i);
        }
        mistakes_release(&found);
        mistakes_release(&doubted);
    }
    mistakes_move(reading->warnings, &doubts);
}

static void find_additive(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->definition_count; i++)
        catalog->definitions[i]->looks_at_rows = !additive(catalog->definitions[i]);
}

static void add_rollup(void *context, const char *path, const char *name, struct mistakes *mistakes)
{
    struct reading *reading = context;
    struct catalog *catalog = reading->catalog;
    json_t *json = json_read(path, mistakes);
    struct rollup *r = json ? rollup_parse(json, name, catalog->sources, catalog->source_count, mistakes) : NULL;
    struct error err = {0};
    if (r && catalog->rollup_count == ROLLUPS_MOST)
        mistakes_add(mistakes, "", "there are more than %d rollups: each costs time at every load", ROLLUPS_MOST);
    else if (r && !grow(&catalog->rollups, catalog->rollup_count, &err))
        reading->failed = true;
    else if (r)
        catalog->rollups[catalog->rollup_count++] = r;
    if (r && (!catalog->rollup_count || catalog->rollups[catalog->rollup_count - 1] != r))
        rollup_free(r);
}

/* Finds each one's parent, and takes out those that have none to be added up from. */
static void link_rollups(struct reading *reading, const char *dir)
{
    struct catalog *catalog = reading->catalog;
    size_t count = catalog->rollup_count, kept = 0;
    if (count)
        qsort(catalog->rollups, count, sizeof(struct rollup *), rollup_compare);
    for (size_t i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/rollup/%s.json", dir, catalog->rollups[i]->name);
        reading->mistakes->file = path;
        if (!rollup_link(catalog->rollups[i], catalog->rollups, count, reading->mistakes)) {
            rollup_free(catalog->rollups[i]);
            catalog->rollups[i] = NULL;
        }
        reading->mistakes->file = NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (catalog->rollups[i])
            catalog->rollups[kept++] = catalog->rollups[i];
    catalog->rollup_count = kept;
}

/* A rollup that cannot be used is left out: what it would answer is answered from the orders. */
static bool read_rollups(struct reading *reading, const char *dir)
{
    bool ok = folder_read(dir, "rollup", false, add_rollup, reading, reading->mistakes);
    link_rollups(reading, dir);
    return ok;
}

/* What is wrong with rollups is added to in_rollups. */
static struct catalog *read_all(const char *dir, const struct catalog *old, struct mistakes *mistakes,
                                struct mistakes *in_rollups, struct mistakes *warnings)
{
    struct reading reading = {
        .catalog = calloc(1, sizeof *reading.catalog), .old = old, .mistakes = mistakes, .warnings = warnings};
    struct catalog *catalog = reading.catalog;
    struct error err = {0};
    bool ok = catalog && read_sources(&reading, dir) &&
              folder_read(dir, "kpi", true, add_definition, &reading, mistakes) &&
              folder_read(dir, "dimension", true, add_menu, &reading, mistakes);
    if (ok) {
        if (catalog->source_count)
            check_definitions(&reading, dir);
        warnings->file = NULL;
        if (catalog->definition_count)
            qsort(catalog->definitions, catalog->definition_count, sizeof(struct definition *), by_name);
        if (catalog->menu_count)
            qsort(catalog->menus, catalog->menu_count, sizeof(struct menu *), menu_by_name);
        if (!catalog->definition_count || !catalog->source_count)
            ok = mistakes_add(mistakes, "", "%s has no definition or no source", dir);
        find_additive(catalog);
        reading.mistakes = in_rollups;
        ok = ok && read_rollups(&reading, dir);
    }
    if (ok && !reading.failed && hash_sources(catalog, &err)) {
        catalog->references = 1;
        return catalog;
    }
    if (ok || !catalog)
        mistakes_add(mistakes, "", "out of memory");
    if (catalog) {
        catalog->references = 1;
        catalog_release(catalog);
    }
    return NULL;
}

struct catalog *catalog_reload(const char *dir, const struct catalog *old, struct mistakes *mistakes,
                               struct mistakes *warnings)
{
    return read_all(dir, old, mistakes, mistakes, warnings);
}

struct catalog *catalog_of_sources(const char *dir, struct mistakes *mistakes)
{
    struct reading reading = {.catalog = calloc(1, sizeof *reading.catalog), .mistakes = mistakes};
    if (!reading.catalog) {
        mistakes_add(mistakes, "", "out of memory");
        return NULL;
    }
    reading.catalog->references = 1;
    if (read_sources(&reading, dir) && reading.catalog->source_count && read_rollups(&reading, dir) && !reading.failed)
        return reading.catalog;
    catalog_release(reading.catalog);
    return NULL;
}

struct catalog *catalog_load_noting(const char *dir, struct mistakes *in_rollups, struct error *err)
{
    struct mistakes mistakes = {0}, warnings = {0};
    struct catalog *catalog = read_all(dir, NULL, &mistakes, in_rollups, &warnings);
    if (!catalog || mistakes.count) {
        mistakes_error(mistakes.count ? &mistakes : in_rollups, err);
        catalog_release(catalog);
        catalog = NULL;
    }
    mistakes_release(&mistakes);
    mistakes_release(&warnings);
    return catalog;
}

struct catalog *catalog_load(const char *dir, struct error *err)
{
    struct mistakes in_rollups = {0};
    struct catalog *catalog = catalog_load_noting(dir, &in_rollups, err);
    mistakes_release(&in_rollups);
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
    for (size_t i = 0; i < catalog->rollup_count; i++)
        rollup_free(catalog->rollups[i]);
    for (size_t i = 0; i < catalog->source_count; i++)
        source_free(catalog->sources[i]);
    for (size_t i = 0; i < catalog->menu_count; i++)
        menu_free(catalog->menus[i]);
    free(catalog->menus);
    free(catalog->definitions);
    free(catalog->sources);
    free(catalog->rollups);
    free(catalog);
}

#include "core/catalog.h"
#include "core/nearest.h"
#include "core/rollup.h"

#include <stdlib.h>
#include <string.h>

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

const struct rollup *catalog_rollup(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->rollup_count; i++)
        if (strcmp(catalog->rollups[i]->name, name) == 0)
            return catalog->rollups[i];
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
    if (source->left_out || !source_offers(source, d))
        return false;
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *p = d->parameters[i];
        bool range = p->kind == PARAMETER_FROM || p->kind == PARAMETER_TO || p->kind == PARAMETER_PERIOD;
        if ((p->kind == PARAMETER_FILTER || range) && !source_dimension(source, range ? "day" : p->name))
            return false;
    }
    return true;
}

bool catalog_answers(const struct catalog *catalog, const struct definition *d, struct mistakes *mistakes)
{
    const char *unknown = unknown_field(catalog, d);
    if (d->source && !catalog_source(catalog, d->source))
        return mistakes_add(mistakes, "$.source", "there is no source '%s'", d->source);
    if (unknown)
        return mistakes_add(mistakes, "$", "no source has a dimension or measure '%s'", unknown);
    for (size_t i = 0; i < catalog->source_count; i++)
        if (answers_all(catalog->sources[i], d))
            return true;
    return mistakes_add(mistakes, "$",
                        "no single source has all its dimensions and measures and those that its parameters filter on");
}

/* Whether name is one of those in "a,b,c". */
static bool is_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strcspn(p, ",") == n && strncmp(p, name, n) == 0)
            return true;
    return false;
}

static bool has_source(const struct catalog *catalog, const char *name)
{
    return catalog_source(catalog, name) || catalog_rollup(catalog, name);
}

/* Whether all names of the list are known. */
static bool check_names(const struct catalog *catalog, const char *list, struct error *err)
{
    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
        const char *best = NULL;
        unsigned distance = 0;
        char name[64], guess[96];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p, ","), p);
        if (has_source(catalog, name))
            continue;
        for (size_t i = 0; i < catalog->source_count; i++)
            nearest_consider(name, catalog->sources[i]->name, &best, &distance);
        for (size_t i = 0; i < catalog->rollup_count; i++)
            nearest_consider(name, catalog->rollups[i]->name, &best, &distance);
        error_set(err, ERROR_INVALID, "there is no source or rollup '%s'%s", name,
                  mistakes_guess(best, guess, sizeof guess));
        return false;
    }
    return true;
}

bool catalog_use_sources(struct catalog *catalog, const char *list, bool strict, struct error *err)
{
    struct mistakes mistakes = {0};
    bool ok = true;
    if (strict && !check_names(catalog, list, err))
        return false;
    for (size_t i = 0; i < catalog->source_count; i++)
        catalog->sources[i]->left_out = !is_listed(list, catalog->sources[i]->name);
    for (size_t i = 0; i < catalog->rollup_count; i++)
        catalog->rollups[i]->source.left_out = !is_listed(list, catalog->rollups[i]->name);
    for (size_t i = 0; i < catalog->definition_count && ok; i++) {
        ok = catalog_answers(catalog, catalog->definitions[i], &mistakes);
        if (!ok)
            error_set(err, ERROR_INVALID, "the KPI '%s' has requests that none of the sources %s answers: name more",
                      catalog->definitions[i]->name, list);
    }
    mistakes_release(&mistakes);
    return ok;
}

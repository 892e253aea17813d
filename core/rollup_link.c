#include "core/json.h"
#include "core/nearest.h"
#include "core/rollup.h"

#include <stdio.h>
#include <string.h>

bool rollup_measure_counts(const char *measure)
{
    return strcmp(measure, "orders") == 0 || strcmp(measure, "products") == 0;
}

/* Whether a fixed dimension determines this one, also by way of others. */
static bool is_determined(const struct rollup *r, size_t dimension, rollup_is_fixed *is_fixed, const void *context,
                          size_t steps)
{
    for (size_t i = 0; i < r->determine_count && steps > 0; i++) {
        const struct rollup_determines *d = &r->determines[i];
        if (d->dimension == dimension &&
            (is_fixed(r->dimensions[d->by].name, context) || is_determined(r, d->by, is_fixed, context, steps - 1)))
            return true;
    }
    return false;
}

const struct field *rollup_counts_twice(const struct rollup *r, rollup_is_fixed *is_fixed, const void *context)
{
    for (size_t i = 0; i < r->dimension_count; i++)
        if (r->dimensions[i].in_items && !is_fixed(r->dimensions[i].name, context) &&
            !is_determined(r, i, is_fixed, context, r->determine_count))
            return &r->dimensions[i];
    return NULL;
}

static bool has_dimension(const char *name, const void *context)
{
    const struct rollup *r = context;
    for (size_t i = 0; i < r->dimension_count; i++)
        if (strcmp(r->dimensions[i].name, name) == 0)
            return true;
    return false;
}

static bool has_measure(const struct rollup *r, const char *name)
{
    for (size_t i = 0; i < r->measure_count; i++)
        if (strcmp(r->measures[i].name, name) == 0)
            return true;
    return false;
}

static const struct rollup *find(const struct rollup *r, const char *name, struct rollup *const *others, size_t count,
                                 struct mistakes *mistakes)
{
    const char *best = NULL;
    unsigned distance = 0;
    char guess[96];
    for (size_t i = 0; i < count; i++) {
        if (others[i] && strcmp(others[i]->name, name) == 0)
            return others[i];
        if (others[i] && others[i]->grain < r->grain)
            nearest_consider(name, others[i]->name, &best, &distance);
    }
    mistakes_add(mistakes, "$.from", "there is no rollup '%s' that can be used%s", name,
                 mistakes_guess(best, guess, sizeof guess));
    return NULL;
}

static void check_fields(const struct rollup *r, const struct rollup *parent, struct mistakes *mistakes)
{
    char place[64];
    for (size_t i = 0; i < r->dimension_count; i++) {
        snprintf(place, sizeof place, "$.dimensions[%zu]", i);
        if (!has_dimension(r->dimensions[i].name, parent))
            mistakes_add(mistakes, place, "'%s', which it is added up from, has no dimension '%s'", parent->name,
                         r->dimensions[i].name);
    }
    for (size_t i = 0; i < r->measure_count; i++) {
        snprintf(place, sizeof place, "$.measures[%zu]", i);
        if (!has_measure(parent, r->measures[i].name))
            mistakes_add(mistakes, place, "'%s', which it is added up from, has no measure '%s'", parent->name,
                         r->measures[i].name);
    }
}

/* Rows that are put together must not hold one order twice, nor leave out the orders without lines. */
static void check_counts(const struct rollup *r, const struct rollup *parent, struct mistakes *mistakes)
{
    const struct field *twice = rollup_counts_twice(parent, has_dimension, r);
    if (parent->in_items && !r->in_items)
        mistakes_add(mistakes, "$.from", "'%s' leaves out orders without lines, which this one has: leave \"from\" out",
                     parent->name);
    for (size_t i = 0; i < r->measure_count && twice; i++)
        if (rollup_measure_counts(r->measures[i].name)) {
            mistakes_add(mistakes, "$.from",
                         "an order may be in several rows of '%s' that differ in '%s', and '%s' would count it more "
                         "than once: leave \"from\" out",
                         parent->name, twice->name, r->measures[i].name);
            break;
        }
}

bool rollup_link(struct rollup *r, struct rollup *const *others, size_t count, struct mistakes *mistakes)
{
    const char *name = json_text(r->json, "from");
    const struct rollup *parent = name ? find(r, name, others, count, mistakes) : NULL;
    size_t before = mistakes->count;
    if (!name)
        return true;
    if (!parent)
        return false;
    if (parent->grain >= r->grain)
        return mistakes_add(mistakes, "$.from", "'%s' has the grain %s, which is not finer than %s", name,
                            rollup_grain_names[parent->grain], rollup_grain_names[r->grain]);
    check_fields(r, parent, mistakes);
    check_counts(r, parent, mistakes);
    if (mistakes->count > before)
        return false;
    r->parent = parent;
    return rollup_hash(r, mistakes);
}

int rollup_compare(const void *a, const void *b)
{
    const struct rollup *x = *(struct rollup *const *)a, *y = *(struct rollup *const *)b;
    return x->grain == y->grain ? strcmp(x->name, y->name) : x->grain < y->grain ? -1 : 1;
}

#include "core/rollup.h"
#include "core/buffer.h"
#include "core/json.h"
#include "core/nearest.h"
#include "core/schema_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What rollups are made of. */
#define ORDERS "orders"

/* Said with the hash: a loader that stores something else for the same declaration raises it. */
enum { STORED_FORM = 1 };

const char *const rollup_grain_names[ROLLUP_GRAIN_COUNT] = {"day", "month", "all"};

static const struct json_key rollup_keys[] = {
    {"$schema", JSON_STRING, false},    {"title", JSON_STRING, true},   {"grain", JSON_STRING, true},
    {"dimensions", JSON_ARRAY, true},   {"measures", JSON_ARRAY, true}, {"from", JSON_STRING, false},
    {"determines", JSON_OBJECT, false}, {NULL, JSON_NULL, false},
};

/* What a rollup cannot tell apart, and why. */
static const struct {
    const char *name, *why;
} not_for_rollups[] = {
    {"day", "the day is what grain is for: leave it out"},
    {"order", "a row of every order would be no rollup: KPIs that need whole orders take the orders themselves"},
    {"payments", "a list cannot be a dimension of a rollup"},
};

/* Names that collections have already, or sources. */
static const char *const taken_names[] = {
    "orders",       "customers", "products", "locations", "sellers", "imports", "rejects", "files",
    "file_records", "quality",   "analyses", "meta",      "locks",   "order",   "item",    "line",
};

struct reading {
    struct rollup *rollup;
    struct source *const *sources; /* cheapest first */
    size_t source_count;
    struct mistakes *mistakes;
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static void check_name(const struct reading *r, const char *name)
{
    bool taken = ends_with(name, "_fact") || ends_with(name, "_dim") || strncmp(name, "next_", 5) == 0;
    for (size_t i = 0; i < sizeof taken_names / sizeof *taken_names; i++)
        taken = taken || strcmp(name, taken_names[i]) == 0;
    for (size_t i = 0; i < r->source_count; i++)
        taken = taken || strcmp(name, r->sources[i]->name) == 0 || strcmp(name, r->sources[i]->collection) == 0;
    if (taken)
        mistakes_add(r->mistakes, "", "a collection or a source is called '%s' already; choose another name", name);
}

static bool is_of_orders(const struct source *source)
{
    return strcmp(source->collection, ORDERS) == 0;
}

/* Where the cheapest source that has it finds a dimension. */
static const struct field *find_dimension(const struct reading *r, const char *name)
{
    const struct field *found = NULL;
    for (size_t i = 0; i < r->source_count && !found; i++)
        if (is_of_orders(r->sources[i]))
            found = source_dimension(r->sources[i], name);
    return found;
}

/* Rollups are made of fields of orders and of their lines. */
static bool lies_deeper(const struct field *field)
{
    const char *dot = strchr(field->path, '.');
    return dot && (!field->in_items || strchr(dot + 1, '.'));
}

/* The same for a measure that adds up over lines, or over orders. */
static const struct field *find_measure(const struct reading *r, const char *name, bool in_items)
{
    for (size_t i = 0; i < r->source_count; i++) {
        const struct field *f = is_of_orders(r->sources[i]) ? source_measure(r->sources[i], name) : NULL;
        if (f && !f->sums && f->in_items == in_items && !lies_deeper(f))
            return f;
    }
    return NULL;
}

static const char *guess_dimension(const struct reading *r, const char *name)
{
    const char *best = NULL;
    unsigned distance = 0;
    for (size_t i = 0; i < r->source_count; i++)
        for (size_t j = 0; j < r->sources[i]->dimension_count; j++)
            nearest_consider(name, r->sources[i]->dimensions[j].name, &best, &distance);
    return best;
}

static const char *guess_measure(const struct reading *r, const char *name)
{
    const char *best = NULL;
    unsigned distance = 0;
    for (size_t i = 0; i < r->source_count; i++)
        for (size_t j = 0; j < r->sources[i]->measure_count; j++)
            nearest_consider(name, r->sources[i]->measures[j].name, &best, &distance);
    return best;
}

static void place_of(char place[64], const char *key, size_t i)
{
    snprintf(place, 64, "$.%s[%zu]", key, i);
}

static bool read_dimension(struct reading *r, const char *name, const char *place)
{
    const struct field *found = find_dimension(r, name);
    char guess[96];
    for (size_t i = 0; i < sizeof not_for_rollups / sizeof *not_for_rollups; i++)
        if (strcmp(name, not_for_rollups[i].name) == 0)
            return mistakes_add(r->mistakes, place, "'%s': %s", name, not_for_rollups[i].why);
    if (!found)
        return mistakes_add(r->mistakes, place, "no source of the orders has a dimension '%s'%s", name,
                            mistakes_guess(guess_dimension(r, name), guess, sizeof guess));
    if (lies_deeper(found))
        return mistakes_add(r->mistakes, place, "'%s' is at '%s', which is no field of an order or of one of its lines",
                            name, found->path);
    for (size_t i = 0; i < r->rollup->dimension_count; i++)
        if (strcmp(r->rollup->dimensions[i].field, found->field) == 0)
            return mistakes_add(r->mistakes, place, "'%s' is there twice", name);
    r->rollup->dimensions[r->rollup->dimension_count++] = *found;
    return true;
}

static void read_dimensions(struct reading *r)
{
    struct rollup *rollup = r->rollup;
    const char **names;
    size_t count;
    if (!json_strings(rollup->json, "dimensions", &names, &count, r->mistakes))
        count = 0;
    rollup->dimension_count = 0;
    rollup->dimensions = calloc(count + 1, sizeof *rollup->dimensions);
    if (!rollup->dimensions)
        mistakes_add(r->mistakes, "", "out of memory");
    for (size_t i = 0; rollup->dimensions && i < count; i++) {
        char place[64];
        place_of(place, "dimensions", i);
        if (read_dimension(r, names[i], place))
            rollup->in_items = rollup->in_items || rollup->dimensions[rollup->dimension_count - 1].in_items;
    }
    for (size_t i = 0; i < r->source_count && rollup->in_items && !rollup->items; i++)
        if (is_of_orders(r->sources[i]))
            rollup->items = r->sources[i]->unwind;
    free(names);
}

/* In lines, orders and products are counted: no line has them as a number. */
static bool resolve_measure(const struct reading *r, struct rollup_measure *measure)
{
    bool orders = strcmp(measure->name, "orders") == 0, products = strcmp(measure->name, "products") == 0;
    const struct field *found = find_measure(r, measure->name, r->rollup->in_items);
    measure->sum = orders ? ROLLUP_ORDERS : products ? ROLLUP_PRODUCTS : ROLLUP_SUM;
    if (r->rollup->in_items && products)
        found = find_dimension(r, "product");
    measure->path = found ? found->path : NULL;
    return found || (orders && r->rollup->in_items);
}

static void read_measure(struct reading *r, const char *name, const char *place)
{
    struct rollup *rollup = r->rollup;
    struct rollup_measure measure = {.name = name};
    char guess[96];
    for (size_t i = 0; i < rollup->measure_count; i++)
        if (strcmp(rollup->measures[i].name, name) == 0) {
            mistakes_add(r->mistakes, place, "'%s' is there twice", name);
            return;
        }
    for (size_t i = 0; i < rollup->dimension_count; i++)
        if (strcmp(rollup->dimensions[i].field, name) == 0) {
            mistakes_add(r->mistakes, place, "a dimension of the rows is called '%s' already", name);
            return;
        }
    if (resolve_measure(r, &measure))
        rollup->measures[rollup->measure_count++] = measure;
    else
        mistakes_add(r->mistakes, place, "no source of the orders has a measure '%s' that adds up over %s%s", name,
                     rollup->in_items ? "lines" : "orders",
                     mistakes_guess(guess_measure(r, name), guess, sizeof guess));
}

static void read_measures(struct reading *r)
{
    struct rollup *rollup = r->rollup;
    const json_t *list = json_object_get(rollup->json, "measures");
    const char **names;
    size_t count;
    if (!json_strings(rollup->json, "measures", &names, &count, r->mistakes))
        count = 0;
    rollup->measure_count = 0;
    rollup->measures = calloc(count + 1, sizeof *rollup->measures);
    if (!rollup->measures)
        mistakes_add(r->mistakes, "", "out of memory");
    else if (json_is_array(list) && !json_array_size(list))
        mistakes_add(r->mistakes, "$.measures", "names no measure: a rollup without any would answer nothing");
    for (size_t i = 0; rollup->measures && i < count; i++) {
        char place[64];
        place_of(place, "measures", i);
        read_measure(r, names[i], place);
    }
    free(names);
}

/* The position of a dimension inside items, which is what determines; -1 when it is none: that is added. */
static int item_dimension(const struct reading *r, const char *name, const char *place)
{
    const struct rollup *rollup = r->rollup;
    for (size_t i = 0; i < rollup->dimension_count; i++)
        if (name && strcmp(rollup->dimensions[i].name, name) == 0 && rollup->dimensions[i].in_items)
            return (int)i;
    mistakes_add(r->mistakes, place, "must be one of $.dimensions that order lines have, such as product");
    return -1;
}

static void add_determined(struct reading *r, int by, const json_t *list, const char *place)
{
    struct rollup *rollup = r->rollup;
    for (size_t i = 0; i < json_array_size(list); i++) {
        char inner[160];
        int dimension;
        snprintf(inner, sizeof inner, "%s[%zu]", place, i);
        dimension = item_dimension(r, json_string_value(json_array_get(list, i)), inner);
        if (dimension >= 0 && dimension == by)
            mistakes_add(r->mistakes, inner, "determines itself");
        else if (dimension >= 0 && by >= 0)
            rollup->determines[rollup->determine_count++] = (struct rollup_determines){(size_t)by, (size_t)dimension};
    }
    if (!json_array_size(list))
        mistakes_add(r->mistakes, place, "must be a list of dimensions");
}

static void read_determines(struct reading *r)
{
    const json_t *object = json_object_get(r->rollup->json, "determines");
    const char *name;
    json_t *list;
    size_t most = 1;
    json_object_foreach((json_t *)(uintptr_t)object, name, list) most += json_array_size(list);
    r->rollup->determines = calloc(most, sizeof *r->rollup->determines);
    if (!r->rollup->determines) {
        mistakes_add(r->mistakes, "", "out of memory");
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, list)
    {
        char place[128];
        snprintf(place, sizeof place, "$.determines.%s", name);
        add_determined(r, item_dimension(r, name, place), list, place);
    }
}

/* Of what is stored and what the loader holds it to, and of nothing else: a new title is no reason to build it again.
 */
bool rollup_hash(struct rollup *r, struct mistakes *mistakes)
{
    struct buffer all = {0};
    bool ok;
    buffer_printf(&all, "%d %s %s %s", STORED_FORM, r->name, rollup_grain_names[r->grain],
                  r->parent ? r->parent->hash : "");
    for (size_t i = 0; i < r->dimension_count; i++)
        buffer_printf(&all, "\n%s %s", r->dimensions[i].field, r->dimensions[i].path);
    for (size_t i = 0; i < r->measure_count; i++)
        buffer_printf(&all, "\n%s %d %s", r->measures[i].name, r->measures[i].sum,
                      r->measures[i].path ? r->measures[i].path : "");
    for (size_t i = 0; i < r->determine_count; i++)
        buffer_printf(&all, "\ndetermines %zu %zu", r->determines[i].by, r->determines[i].dimension);
    ok = !all.failed || mistakes_add(mistakes, "", "out of memory");
    if (ok)
        hash_text(all.bytes, all.used, r->hash);
    buffer_release(&all);
    return ok;
}

/* A path of the rollup's own documents; the source's fields own them. */
static void set_field(struct field *field, const char *name, const char *in, const char *last)
{
    char *path = NULL;
    if (asprintf(&path, "%s%s", in, last) < 0)
        path = NULL;
    *field = (struct field){.name = name, .path = path, .field = last};
}

static bool make_source(struct rollup *r)
{
    struct source *s = &r->source;
    bool ok;
    *s = (struct source){.name = r->name, .title = r->title, .collection = r->name, .filters = true, .rollup = r};
    s->dimensions = calloc(r->dimension_count + 1, sizeof *s->dimensions);
    s->measures = calloc(r->measure_count + 1, sizeof *s->measures);
    ok = s->dimensions && s->measures;
    if (ok && r->grain == ROLLUP_DAY)
        set_field(&s->dimensions[s->dimension_count++], "day", "", "day");
    for (size_t i = 0; ok && i < r->dimension_count; i++)
        set_field(&s->dimensions[s->dimension_count++], r->dimensions[i].name, "rows.", r->dimensions[i].field);
    for (size_t i = 0; ok && i < r->measure_count; i++)
        set_field(&s->measures[s->measure_count++], r->measures[i].name, "rows.", r->measures[i].name);
    for (size_t i = 0; ok && i < s->dimension_count; i++)
        ok = s->dimensions[i].path;
    for (size_t i = 0; ok && i < s->measure_count; i++)
        ok = s->measures[i].path;
    return ok;
}

/* Reads on after a mistake, so that all are found at once. */
static void read_members(struct reading *r)
{
    struct rollup *rollup = r->rollup;
    const json_t *json = rollup->json;
    const char *title = json_text(json, "title");
    int grain;
    json_check_keys(json, rollup_keys, "$", r->mistakes);
    check_name(r, rollup->name);
    rollup->title = title;
    if (title && !*title)
        mistakes_add(r->mistakes, "$.title", "is empty");
    grain = json_choice(json_text(json, "grain"), rollup_grain_names, ROLLUP_GRAIN_COUNT, "$.grain", r->mistakes);
    rollup->grain = grain < 0 ? ROLLUP_DAY : (enum rollup_grain)grain;
    read_dimensions(r);
    read_measures(r);
    read_determines(r);
}

struct rollup *rollup_parse(json_t *json, const char *name, struct source *const *sources, size_t source_count,
                            struct mistakes *mistakes)
{
    struct rollup *rollup = calloc(1, sizeof *rollup);
    struct reading reading = {rollup, sources, source_count, mistakes};
    char *own_name = strdup(name);
    size_t before = mistakes->count;
    if (!rollup || !own_name) {
        mistakes_add(mistakes, "", "out of memory");
        free(rollup);
        free(own_name);
        json_decref(json);
        return NULL;
    }
    rollup->name = own_name;
    rollup->json = json;
    read_members(&reading);
    if (mistakes->count == before)
        rollup_hash(rollup, mistakes);
    if (mistakes->count == before && !make_source(rollup))
        mistakes_add(mistakes, "", "out of memory");
    if (mistakes->count == before)
        return rollup;
    rollup_free(rollup);
    return NULL;
}

static void free_fields(struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)fields[i].path);
    free(fields);
}

void rollup_free(struct rollup *rollup)
{
    if (!rollup)
        return;
    free_fields(rollup->source.dimensions, rollup->source.dimension_count);
    free_fields(rollup->source.measures, rollup->source.measure_count);
    free((char *)(uintptr_t)rollup->name);
    free(rollup->dimensions);
    free(rollup->measures);
    free(rollup->determines);
    json_decref(rollup->json);
    free(rollup);
}

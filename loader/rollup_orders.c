#include "loader/rollup_orders.h"
#include "core/day.h"

#include <stdlib.h>
#include <string.h>

void order_reading_init(struct order_reading *reading)
{
    *reading = (struct order_reading){.product = -1};
}

static void release_level(struct order_level *level)
{
    for (size_t i = 0; i < level->dimension_count; i++) {
        dictionary_release(level->dictionaries[i]);
        free(level->dictionaries[i]);
    }
    free(level->dictionaries);
    free(level->fields);
}

void order_reading_release(struct order_reading *reading)
{
    for (int i = 0; i < LEVEL_COUNT; i++)
        release_level(&reading->levels[i]);
    claims_release(&reading->claims);
    free(reading->dimensions);
    free(reading->numbers);
    free(reading->repeated);
    free(reading->product_orders);
    order_reading_init(reading);
}

/* The field of that name, which is added when it is not read yet. */
static struct order_field *field_of(struct order_level *level, const char *name)
{
    for (size_t i = 0; i < level->field_count; i++)
        if (strcmp(level->fields[i].name, name) == 0)
            return &level->fields[i];
    level->fields = memory_grow(level->fields, &level->field_room, level->field_count + 1, sizeof *level->fields);
    level->fields[level->field_count] = (struct order_field){name, -1, -1};
    return &level->fields[level->field_count++];
}

/* The level that a path leads to; *name is the field there. False: it leads deeper. */
static bool find_level(struct order_reading *reading, const struct rollup *rollup, const char *path, int *level,
                       const char **name, struct error *err)
{
    size_t n = rollup->items ? strlen(rollup->items) : 0;
    *level = n && strncmp(path, rollup->items, n) == 0 && path[n] == '.' ? LEVEL_ITEM : LEVEL_ORDER;
    *name = *level == LEVEL_ITEM ? path + n + 1 : path;
    if (*level == LEVEL_ITEM)
        reading->items = rollup->items;
    if (!strchr(*name, '.'))
        return true;
    error_set(err, ERROR_INVALID, "the rollup %s cannot be kept: '%s' is no field of an order or of one of its lines",
              rollup->name, path);
    return false;
}

static bool add_dimension(struct order_reading *reading, const struct rollup *rollup, const char *path,
                          struct place *place, struct error *err)
{
    const char *name;
    struct order_field *field;
    struct order_level *level;
    if (!find_level(reading, rollup, path, &place->level, &name, err))
        return false;
    level = &reading->levels[place->level];
    field = field_of(level, name);
    if (field->dimension < 0) {
        field->dimension = (int)level->dimension_count;
        level->dictionaries = memory_grow(level->dictionaries, &level->dimension_room, level->dimension_count + 1,
                                          sizeof(struct dictionary *));
        level->dictionaries[level->dimension_count] = memory_zeroed(1, sizeof(struct dictionary));
        dictionary_init(level->dictionaries[level->dimension_count++]);
    }
    place->at = (size_t)field->dimension;
    return true;
}

static bool add_number(struct order_reading *reading, const struct rollup *rollup, const char *path,
                       struct place *place, struct error *err)
{
    const char *name;
    struct order_field *field;
    if (!find_level(reading, rollup, path, &place->level, &name, err))
        return false;
    field = field_of(&reading->levels[place->level], name);
    if (field->number < 0)
        field->number = (int)reading->levels[place->level].number_count++;
    place->at = (size_t)field->number;
    return true;
}

/* What is counted needs no number; but products are told apart. */
static bool add_measure(struct order_reading *reading, const struct rollup *rollup,
                        const struct rollup_measure *measure, struct place *place, struct error *err)
{
    if (measure->sum == ROLLUP_ORDERS)
        return true;
    if (measure->sum == ROLLUP_SUM || !rollup->in_items)
        return add_number(reading, rollup, measure->path, place, err);
    if (!add_dimension(reading, rollup, measure->path, place, err))
        return false;
    reading->product = (int)place->at;
    return true;
}

/* What is determined is a dimension of items, as that is which determines it. */
static void add_claims(struct order_part *part, struct order_reading *reading)
{
    const struct rollup *rollup = part->rollup;
    part->claims = memory_zeroed(rollup->determine_count, sizeof *part->claims);
    for (; part->claim_count < rollup->determine_count; part->claim_count++) {
        const struct rollup_determines *d = &rollup->determines[part->claim_count];
        part->claims[part->claim_count] =
            claims_add(&reading->claims, part->dimensions[d->by].at, part->dimensions[d->dimension].at);
    }
}

const struct claim *order_broken_claim(const struct order_reading *reading, const struct order_part *part)
{
    for (size_t i = 0; i < part->claim_count; i++)
        if (reading->claims.list[part->claims[i]].broken)
            return &reading->claims.list[part->claims[i]];
    return NULL;
}

bool order_part_init(struct order_part *part, struct order_reading *reading, const struct rollup *rollup,
                     struct error *err)
{
    bool ok = true;
    *part = (struct order_part){.rollup = rollup,
                                .dictionaries = memory_zeroed(rollup->dimension_count, sizeof(struct dictionary *)),
                                .dimensions = memory_zeroed(rollup->dimension_count, sizeof *part->dimensions),
                                .measures = memory_zeroed(rollup->measure_count, sizeof *part->measures)};
    for (size_t i = 0; i < rollup->dimension_count && ok; i++) {
        ok = add_dimension(reading, rollup, rollup->dimensions[i].path, &part->dimensions[i], err);
        if (ok)
            part->dictionaries[i] = reading->levels[part->dimensions[i].level].dictionaries[part->dimensions[i].at];
    }
    for (size_t i = 0; i < rollup->measure_count && ok; i++)
        ok = add_measure(reading, rollup, &rollup->measures[i], &part->measures[i], err);
    if (ok)
        add_claims(part, reading);
    return ok;
}

void order_part_release(struct order_part *part)
{
    free(part->dictionaries);
    free(part->dimensions);
    free(part->measures);
    free(part->claims);
    *part = (struct order_part){0};
}

/* Items come whole: to pick fields of them costs the database more than what is saved on the way. */
void order_reading_projection(const struct order_reading *reading, bson_t *projection)
{
    const struct order_level *order = &reading->levels[LEVEL_ORDER];
    BSON_APPEND_INT32(projection, "_id", 0);
    BSON_APPEND_INT32(projection, "day", 1);
    for (size_t i = 0; i < order->field_count; i++)
        if (strcmp(order->fields[i].name, "day") != 0)
            BSON_APPEND_INT32(projection, order->fields[i].name, 1);
    if (reading->items)
        BSON_APPEND_INT32(projection, reading->items, 1);
}

/* Where the values of an item, or with -1 of the order, stand. */
static uint32_t *dimensions_of(const struct order_reading *r, ptrdiff_t item)
{
    return r->dimensions +
           (item < 0 ? 0
                     : r->levels[LEVEL_ORDER].dimension_count + (size_t)item * r->levels[LEVEL_ITEM].dimension_count);
}

static struct sum *numbers_of(const struct order_reading *r, ptrdiff_t item)
{
    return r->numbers +
           (item < 0 ? 0 : r->levels[LEVEL_ORDER].number_count + (size_t)item * r->levels[LEVEL_ITEM].number_count);
}

/* Makes room for so many items, and clears the last of them; with 0 the order itself. */
static void make_room(struct order_reading *r, size_t items)
{
    const struct order_level *order = &r->levels[LEVEL_ORDER], *item = &r->levels[LEVEL_ITEM],
                             *last = items ? item : order;
    ptrdiff_t at = (ptrdiff_t)items - 1;
    size_t dimensions = order->dimension_count + items * item->dimension_count;
    size_t numbers = order->number_count + items * item->number_count;
    r->dimensions = memory_grow(r->dimensions, &r->dimension_room, dimensions + 1, sizeof *r->dimensions);
    r->numbers = memory_grow(r->numbers, &r->number_room, numbers + 1, sizeof *r->numbers);
    r->repeated = memory_grow(r->repeated, &r->repeated_room, items + 1, sizeof *r->repeated);
    memset(dimensions_of(r, at), 0, last->dimension_count * sizeof *r->dimensions);
    memset(numbers_of(r, at), 0, last->number_count * sizeof *r->numbers);
}

/* The field of that key, or NULL. Documents have theirs in one order: it is mostly the one behind the last, *next. */
static const struct order_field *find_field(const struct order_level *level, const char *key, size_t *next)
{
    for (size_t i = 0; i < level->field_count; i++, ++*next) {
        if (*next >= level->field_count)
            *next = 0;
        if (strcmp(level->fields[*next].name, key) == 0)
            return &level->fields[(*next)++];
    }
    return NULL;
}

/* Takes the fields that are asked for. */
static void read_fields(struct order_reading *r, const struct order_level *level, bson_iter_t *it, uint32_t *dimensions,
                        struct sum *numbers, bson_iter_t *items)
{
    size_t next = 0;
    while (bson_iter_next(it)) {
        const char *key = bson_iter_key(it);
        const struct order_field *field = find_field(level, key, &next);
        if (items && r->items && strcmp(key, r->items) == 0 && BSON_ITER_HOLDS_ARRAY(it))
            bson_iter_recurse(it, items);
        else if (items && strcmp(key, "day") == 0 && BSON_ITER_HOLDS_DATE_TIME(it))
            r->day = day_from_ms(bson_iter_date_time(it));
        if (field && field->dimension >= 0 &&
            !dictionary_take(level->dictionaries[field->dimension], it, &dimensions[field->dimension]))
            r->unfit = true;
        if (field && field->number >= 0 && !sum_read(it, &numbers[field->number]))
            r->unfit = true;
    }
}

/* Whether the product has been in this order before. */
static bool is_repeated(struct order_reading *r, uint32_t product)
{
    bool repeated;
    if (product >= r->product_count) {
        size_t wanted = (size_t)product + 1;
        r->product_orders = memory_grow(r->product_orders, &r->product_room, wanted, sizeof *r->product_orders);
        memset(r->product_orders + r->product_count, 0, (wanted - r->product_count) * sizeof *r->product_orders);
        r->product_count = wanted;
    }
    repeated = r->product_orders[product] == r->number;
    r->product_orders[product] = r->number;
    return repeated;
}

static void read_items(struct order_reading *r, bson_iter_t *items)
{
    while (bson_iter_next(items)) {
        ptrdiff_t at = (ptrdiff_t)r->item_count;
        bson_iter_t item;
        if (!BSON_ITER_HOLDS_DOCUMENT(items) || !bson_iter_recurse(items, &item))
            continue;
        make_room(r, ++r->item_count);
        read_fields(r, &r->levels[LEVEL_ITEM], &item, dimensions_of(r, at), numbers_of(r, at), NULL);
        r->repeated[at] = r->product >= 0 && is_repeated(r, dimensions_of(r, at)[r->product]);
        claims_check(&r->claims, r->number, r->day, dimensions_of(r, at));
    }
}

bool order_read(struct order_reading *r, const bson_t *doc)
{
    bson_iter_t it, items;
    r->number++;
    r->item_count = 0;
    r->day = INT64_MIN;
    memset(&items, 0, sizeof items);
    make_room(r, 0);
    if (!bson_iter_init(&it, doc))
        return false;
    read_fields(r, &r->levels[LEVEL_ORDER], &it, dimensions_of(r, -1), numbers_of(r, -1), &items);
    if (items.raw)
        read_items(r, &items);
    return r->day != INT64_MIN;
}

/* The cell of an item, or with -1 of the order. */
static size_t find_cell(const struct order_reading *r, const struct order_part *part, struct cells *cells,
                        uint32_t period, ptrdiff_t item)
{
    uint32_t key[cells->dimension_count + 1];
    key[0] = period;
    for (size_t d = 0; d < cells->dimension_count; d++)
        key[d + 1] = dimensions_of(r, part->dimensions[d].level == LEVEL_ITEM ? item : -1)[part->dimensions[d].at];
    return cells_find(cells, key);
}

/* Whether an earlier item of the same product went to the same cell. */
static bool is_counted(const struct order_reading *r, const size_t *cells, ptrdiff_t item)
{
    uint32_t product = dimensions_of(r, item)[r->product];
    for (ptrdiff_t i = 0; i < item; i++)
        if (cells[i] == cells[item] && dimensions_of(r, i)[r->product] == product)
            return true;
    return false;
}

static void add_sums(const struct order_reading *r, const struct order_part *part, struct cells *cells, size_t cell,
                     ptrdiff_t item, bool new_order, bool new_product)
{
    struct sum *sums = cells_sums(cells, cell), one = sum_of_count(1), none = sum_of_count(0);
    for (size_t m = 0; m < cells->measure_count; m++) {
        const struct rollup_measure *measure = &part->rollup->measures[m];
        const struct sum *value;
        if (measure->sum == ROLLUP_ORDERS)
            value = new_order ? &one : &none;
        else if (measure->sum == ROLLUP_PRODUCTS && item >= 0)
            value = new_product ? &one : &none;
        else
            value = &numbers_of(r, part->measures[m].level == LEVEL_ITEM ? item : -1)[part->measures[m].at];
        if (!sum_add(&sums[m], value))
            cells->unfit = true;
    }
}

void order_add(const struct order_reading *r, const struct order_part *part, struct cells *cells, uint32_t period)
{
    size_t few[64], *items = r->item_count <= 64 ? few : memory_zeroed(r->item_count, sizeof *items);
    if (!part->rollup->in_items)
        add_sums(r, part, cells, find_cell(r, part, cells, period, -1), -1, true, false);
    for (size_t i = 0; i < r->item_count && part->rollup->in_items; i++) {
        bool new_order;
        items[i] = find_cell(r, part, cells, period, (ptrdiff_t)i);
        new_order = cells->marks[items[i]] != r->number;
        cells->marks[items[i]] = r->number;
        add_sums(r, part, cells, items[i], (ptrdiff_t)i, new_order,
                 !r->repeated[i] || !is_counted(r, items, (ptrdiff_t)i));
    }
    cells->unfit |= r->unfit;
    if (items != few)
        free(items);
}

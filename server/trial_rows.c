#include "server/trial_rows.h"
#include "core/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

void shape_of_definition(struct shape *shape, const struct definition *d, size_t first, struct mistakes *warnings)
{
    *shape = (struct shape){.single_row = d->single_row, .first = first, .warnings = warnings};
    for (size_t i = 0; i < d->column_count; i++)
        shape->columns[shape->count++] = (struct shape_column){.name = d->columns[i].name,
                                                               .type = (int)d->columns[i].type,
                                                               .nullable = d->columns[i].nullable,
                                                               .key = d->columns[i].key};
}

void shape_of_menu(struct shape *shape, size_t first)
{
    *shape = (struct shape){.first = first, .count = 1};
    shape->columns[0] = (struct shape_column){.name = "value", .type = COLUMN_STRING, .nullable = true};
}

void shape_of_file(struct shape *shape, const json_t *json, size_t first)
{
    const json_t *columns = json_object_get(json, "columns");
    *shape = (struct shape){.may_be_none = true, .first = first};
    for (size_t i = 0; i < json_array_size(columns) && i < SHAPE_COLUMNS_MOST; i++) {
        const char *type = json_text(json_array_get(columns, i), "type");
        const char *name = json_text(json_array_get(columns, i), "name");
        struct shape_column *column = &shape->columns[shape->count];
        if (strcmp(name, "of") == 0)
            continue; /* the loader counts where the pipeline does not */
        shape->count++;
        *column = (struct shape_column){.name = name, .type = -1, .nullable = true};
        for (int t = 0; type && t < COLUMN_TYPE_COUNT; t++)
            if (strcmp(type, column_type_names[t]) == 0)
                column->type = t;
    }
}

/* Whether it was said of another row or request. */
static bool is_known(const struct mistakes *mistakes, size_t first, const char *path, const char *reason)
{
    size_t n = strlen(reason);
    for (size_t i = first; i < mistakes->count; i++)
        if (mistakes->list[i].place && strcmp(mistakes->list[i].place, path) == 0 && mistakes->list[i].reason &&
            strncmp(mistakes->list[i].reason, reason, n) == 0)
            return true;
    return false;
}

static void put_where(const struct place *where, char *text, size_t size)
{
    snprintf(text, size, " (on %s%s%s)", where->data, *where->request ? ", with " : "", where->request);
}

void shape_mistake(const struct place *where, const char *path, struct mistakes *mistakes, const char *format, ...)
{
    char reason[300], seen[160];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    put_where(where, seen, sizeof seen);
    if (!is_known(mistakes, where->first, path, reason))
        mistakes_add(mistakes, path, "%s%s", reason, seen);
}

/* The same of a column, once however many rows it is seen in. */
static void column_mistake(const struct shape *shape, size_t i, const char *member, const struct place *where,
                           const char *reason, struct mistakes *mistakes)
{
    char path[64], text[300];
    snprintf(path, sizeof path, "$.columns[%zu]%s", i, member);
    snprintf(text, sizeof text, "'%s' %s", shape->columns[i].name, reason);
    shape_mistake(where, path, mistakes, "%s", text);
}

/* What is wrong with the value for a column of that type, or NULL. */
static const char *misfit(const bson_iter_t *it, enum column_type type)
{
    bool whole = BSON_ITER_HOLDS_INT32(it) || BSON_ITER_HOLDS_INT64(it);
    bool number = whole || BSON_ITER_HOLDS_DOUBLE(it) || BSON_ITER_HOLDS_DECIMAL128(it);
    bool zero = BSON_ITER_HOLDS_DOUBLE(it) && !(bson_iter_double(it) < 0 || bson_iter_double(it) > 0); /* of nothing */
    switch (type) {
    case COLUMN_STRING:
        return BSON_ITER_HOLDS_UTF8(it) ? NULL : "is no text";
    case COLUMN_MONEY:
        return whole || zero || BSON_ITER_HOLDS_DECIMAL128(it) ? NULL
               : number ? "is a double, which is not exact; money is Decimal128 ($sum and $divide keep it)"
                        : "is no number";
    case COLUMN_COUNT:
        return whole ? NULL : "is no whole number";
    case COLUMN_DAY:
        if (!BSON_ITER_HOLDS_DATE_TIME(it))
            return "is no date";
        return bson_iter_date_time(it) % DAY_MS == 0 ? NULL : "is no midnight, as a day is";
    case COLUMN_TIME:
        return BSON_ITER_HOLDS_DATE_TIME(it) ? NULL : "is no date";
    case COLUMN_BOOL:
        return BSON_ITER_HOLDS_BOOL(it) ? NULL : "is neither true nor false";
    default:
        return number ? NULL : "is no number";
    }
}

static void drop_keys(struct shape *shape)
{
    for (size_t i = 0; i < shape->key_count; i++)
        bson_free(shape->keys[i]);
    shape->key_count = 0;
}

void shape_release(struct shape *shape)
{
    drop_keys(shape);
    free(shape->keys);
    shape->keys = NULL;
    shape->key_room = 0;
}

/* Keeps what should tell the row from the others of its run. */
static void keep_key(struct shape *shape, const bson_t *row)
{
    bson_t key = BSON_INITIALIZER;
    bson_iter_t it;
    if (shape->key_count == shape->key_room) {
        size_t room = shape->key_room ? shape->key_room * 2 : 64;
        char **keys = realloc(shape->keys, room * sizeof *keys);
        if (!keys)
            return;
        shape->keys = keys;
        shape->key_room = room;
    }
    for (size_t i = 0; i < shape->count; i++)
        if (shape->columns[i].key && bson_iter_init_find(&it, row, shape->columns[i].name))
            bson_append_iter(&key, NULL, 0, &it);
        else if (shape->columns[i].key)
            BSON_APPEND_NULL(&key, shape->columns[i].name);
    if (bson_count_keys(&key))
        shape->keys[shape->key_count++] = bson_as_relaxed_extended_json(&key, NULL);
    bson_destroy(&key);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows with the same key: their order, and which of them a page has, would be chance. */
static void check_keys(struct shape *shape, const struct place *where, struct mistakes *mistakes)
{
    if (shape->key_count)
        qsort(shape->keys, shape->key_count, sizeof *shape->keys, by_text);
    for (size_t i = 1; i < shape->key_count && !shape->keys_differ_not; i++)
        if (strcmp(shape->keys[i - 1], shape->keys[i]) == 0) {
            shape->keys_differ_not = true;
            shape_mistake(where, "$.columns", mistakes,
                          "two rows have the same key %.120s: the columns that say \"key\": true must tell every row "
                          "from the others",
                          shape->keys[i]);
        }
    drop_keys(shape);
}

/* What orders have and no line has is more often forgotten than meant. */
static void warn_of_lines(struct shape *shape, size_t i, const struct place *where)
{
    char path[64], seen[160];
    snprintf(path, sizeof path, "$.columns[%zu]", i);
    put_where(where, seen, sizeof seen);
    if (shape->warnings && !shape->columns[i].warned)
        mistakes_add(shape->warnings, path, "'%s' is null in every row, but has values without that filter%s",
                     shape->columns[i].name, seen);
    shape->columns[i].warned = true;
}

static void check_filled(struct shape *shape, size_t rows, const struct place *where)
{
    for (size_t i = 0; i < shape->count; i++) {
        struct shape_column *column = &shape->columns[i];
        if (rows && where->of_lines && column->filled && !column->filled_now)
            warn_of_lines(shape, i, where);
        column->filled = column->filled || column->filled_now;
        column->filled_now = false;
    }
}

void shape_row(struct shape *shape, const bson_t *row, const struct place *where, struct mistakes *mistakes)
{
    for (size_t i = 0; i < shape->count; i++) {
        struct shape_column *column = &shape->columns[i];
        bson_iter_t it;
        bool there = bson_iter_init_find(&it, row, column->name);
        const char *wrong;
        column->seen = column->seen || there;
        if (!there || BSON_ITER_HOLDS_NULL(&it)) {
            if (!column->nullable)
                column_mistake(shape, i, "", where, "is null, and the column does not say \"nullable\": true",
                               mistakes);
            continue;
        }
        column->filled_now = true;
        wrong = column->type < 0 ? NULL : misfit(&it, (enum column_type)column->type);
        if (wrong)
            column_mistake(shape, i, ".type", where, wrong, mistakes);
    }
    if (!shape->single_row && !shape->keys_differ_not)
        keep_key(shape, row);
}

void shape_rows(struct shape *shape, size_t rows, const struct place *where, struct mistakes *mistakes)
{
    shape->rows += rows;
    if (shape->single_row && rows > 1)
        shape_mistake(where, "$.single_row", mistakes, "the pipeline gives more rows than one");
    check_keys(shape, where, mistakes);
    check_filled(shape, rows, where);
}

void shape_end(struct shape *shape, struct mistakes *mistakes)
{
    if (mistakes->count > shape->first)
        return; /* which says why, or would hide it */
    if (!shape->rows && !shape->may_be_none)
        mistakes_add(mistakes, "$.pipeline", "gives no row on sample data");
    for (size_t i = 0; shape->rows && i < shape->count; i++) {
        char path[64];
        snprintf(path, sizeof path, "$.columns[%zu].name", i);
        if (!shape->columns[i].seen)
            mistakes_add(mistakes, path, "the pipeline gives no '%s'", shape->columns[i].name);
    }
}

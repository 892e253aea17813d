#include "loader/stored.h"
#include "loader/retry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FETCH_MOST = 1000 };

void stored_init(struct stored *s, const struct store *store, struct dimension *dimensions)
{
    memset(s, 0, sizeof *s);
    s->store = store;
    s->dimensions = dimensions;
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&s->asked[kind], (enum kind)kind);
}

void stored_release(struct stored *s)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&s->asked[kind]);
}

void stored_want(struct stored *s, enum kind kind, struct text key)
{
    struct value values[FIELDS_MOST];
    if (s->store->empty[kind] || dimension_find(&s->dimensions[kind], key) != DIMENSION_NONE)
        return;
    memset(values, 0, sizeof values);
    values[0] = value_text(key);
    dimension_add(&s->asked[kind], values, 0, false);
}

bool stored_is_full(const struct stored *s)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        if (s->asked[kind].count - s->pending[kind] >= FETCH_MOST)
            return true;
    return false;
}

/* Documents that a query gave, to be read when what they refer to is there. */
struct documents {
    bson_t **list;
    size_t count, room;
};

static void documents_release(struct documents *documents)
{
    for (size_t i = 0; i < documents->count; i++)
        bson_destroy(documents->list[i]);
    free(documents->list);
    *documents = (struct documents){0};
}

static bool find_once(const struct stored *s, enum kind kind, const struct text *keys, size_t count,
                      struct documents *out, struct error *err)
{
    mongoc_collection_t *collection = store_get(s->store, s->store->client, kind);
    mongoc_cursor_t *cursor = store_find(collection, keys, count, NULL);
    const bson_t *doc;
    bson_error_t why;
    bool ok;
    documents_release(out);
    while (mongoc_cursor_next(cursor, &doc)) {
        out->list = memory_grow(out->list, &out->room, out->count + 1, sizeof *out->list);
        out->list[out->count++] = bson_copy(doc);
    }
    ok = !mongoc_cursor_error(cursor, &why);
    if (!ok)
        db_error(&why, "looking up what is loaded already", err);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return ok;
}

static bool find(const struct stored *s, enum kind kind, const struct text *keys, size_t count, struct documents *out,
                 struct error *err)
{
    struct retry retry = retry_for(s->store->retry_seconds);
    bool ok;
    do
        ok = find_once(s, kind, keys, count, out, err);
    while (!ok && retry_again(&retry, err));
    return ok;
}

/* Fetches what is wanted of a kind into *out. */
static bool fetch_kind(struct stored *s, enum kind kind, struct documents *out, struct error *err)
{
    const struct dimension *asked = &s->asked[kind];
    while (s->pending[kind] < asked->count) {
        struct text keys[FETCH_MOST];
        struct documents some = {0};
        size_t n = 0;
        for (; n < FETCH_MOST && s->pending[kind] + n < asked->count; n++) {
            struct value key;
            values_unpack(asked->rows[s->pending[kind] + n].packed, &key, 1);
            keys[n] = key.text;
        }
        if (!find(s, kind, keys, n, &some, err)) {
            documents_release(&some);
            return false;
        }
        s->pending[kind] += n;
        out->list = memory_grow(out->list, &out->room, out->count + some.count + 1, sizeof *out->list);
        if (some.count)
            memcpy(out->list + out->count, some.list, some.count * sizeof *some.list);
        out->count += some.count;
        free(some.list);
    }
    return true;
}

/* The text of a field, or no value. */
static struct text text_field(const bson_t *doc, const char *name)
{
    bson_iter_t it;
    uint32_t n;
    const char *text;
    if (!bson_iter_init_find(&it, doc, name) || !BSON_ITER_HOLDS_UTF8(&it))
        return (struct text){0};
    text = bson_iter_utf8(&it, &n);
    return (struct text){text, n};
}

/* The shortest decimal that is that double, which is what the file had. */
static bool shortest(double value, struct decimal *out)
{
    char text[40];
    int digits = 14;
    do
        snprintf(text, sizeof text, "%.*g", ++digits, value);
    while (digits < 17 && strtod(text, NULL) != value);
    return decimal_parse(text, strlen(text), (struct decimal_format){'.', 0}, out);
}

static struct value number_of(const bson_iter_t *it)
{
    struct decimal number;
    bson_decimal128_t raw;
    if (BSON_ITER_HOLDS_DECIMAL128(it) && bson_iter_decimal128(it, &raw) && decimal_from_bson(&raw, &number))
        return value_number(number);
    if (BSON_ITER_HOLDS_INT32(it))
        return value_integer(bson_iter_int32(it));
    if (BSON_ITER_HOLDS_DOUBLE(it) && shortest(bson_iter_double(it), &number))
        return value_number(number);
    return value_null();
}

static struct value degrees_of(const bson_t *doc, size_t field)
{
    bson_iter_t it, at;
    if (!bson_iter_init(&it, doc) ||
        !bson_iter_find_descendant(&it, field == LOCATION_LONGITUDE ? "point.coordinates.0" : "point.coordinates.1",
                                   &at))
        return value_null();
    return number_of(&at);
}

static struct value value_of(const struct stored *s, const bson_t *doc, const struct schema_field *field, size_t number)
{
    struct text text = text_field(doc, field->name);
    bson_iter_t it;
    if (field->type == FIELD_DEGREES)
        return degrees_of(doc, number);
    if (field->type == FIELD_REFERENCE) {
        int64_t row = text.bytes ? dimension_find(&s->dimensions[field->refers], text) : DIMENSION_NONE;
        return row == DIMENSION_NONE ? value_null() : value_integer(row);
    }
    if (text.bytes)
        return value_text(text);
    return bson_iter_init_find(&it, doc, field->name) ? number_of(&it) : value_null();
}

static void read_values(const struct stored *s, enum kind kind, const bson_t *doc, struct value *values)
{
    const struct schema_kind *schema = &schema_kinds[kind];
    for (size_t k = 0; k < schema->field_count; k++)
        values[k] = value_of(s, doc, &schema->fields[k], k);
}

static void add_rows(struct stored *s, enum kind kind, const struct documents *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        struct value values[FIELDS_MOST];
        read_values(s, kind, documents->list[i], values);
        if (values[0].type == VALUE_TEXT)
            dimension_add(&s->dimensions[kind], values, DIMENSION_STORED, false);
    }
}

/* What the fetched customers and sellers refer to is wanted too. */
static void want_locations(struct stored *s, const struct documents *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        struct text key = text_field(documents->list[i], "location_id");
        if (key.bytes)
            stored_want(s, KIND_LOCATION, key);
    }
}

bool stored_fetch(struct stored *s, struct error *err)
{
    static const enum kind kinds[] = {KIND_CUSTOMER, KIND_SELLER, KIND_PRODUCT, KIND_LOCATION};
    struct documents documents[DIMENSION_COUNT];
    bool ok = true;
    memset(documents, 0, sizeof documents);
    for (int i = 0; i < DIMENSION_COUNT && ok; i++) {
        ok = fetch_kind(s, kinds[i], &documents[kinds[i]], err);
        if (kinds[i] == KIND_CUSTOMER || kinds[i] == KIND_SELLER)
            want_locations(s, &documents[kinds[i]]);
    }
    /* In the order of the kinds: a row refers to earlier ones. */
    for (int kind = 0; kind < DIMENSION_COUNT; kind++) {
        if (ok)
            add_rows(s, (enum kind)kind, &documents[kind]);
        documents_release(&documents[kind]);
    }
    return ok;
}

/* Puts documents in the place of the rows of their keys, but for what they leave empty and a row has filled. */
static void restore_rows(struct stored *s, enum kind kind, const struct documents *documents)
{
    struct dimension *dimension = &s->dimensions[kind];
    for (size_t i = 0; i < documents->count; i++) {
        struct text key = text_field(documents->list[i], "_id");
        int64_t at = key.bytes ? dimension_find(dimension, key) : DIMENSION_NONE;
        struct value values[FIELDS_MOST] = {0}, said[FIELDS_MOST] = {0};
        if (at == DIMENSION_NONE)
            continue;
        read_values(s, kind, documents->list[i], values);
        dimension_values(dimension, at, said);
        for (size_t k = 0; k < schema_kinds[kind].field_count && dimension->rows[at].filled; k++)
            if (values[k].type == VALUE_NULL)
                values[k] = said[k];
        dimension_replace(dimension, values, dimension->rows[at].file);
    }
}

/* Restores those rows of `keys`, which are of one kind. */
static bool restore(struct stored *s, enum kind kind, const struct text *keys, size_t count, struct error *err)
{
    struct documents documents = {0};
    bool ok = find(s, kind, keys, count, &documents, err);
    if (ok && (kind == KIND_CUSTOMER || kind == KIND_SELLER)) {
        want_locations(s, &documents);
        ok = stored_fetch(s, err);
    }
    if (ok)
        restore_rows(s, kind, &documents);
    documents_release(&documents);
    return ok;
}

bool stored_restore(struct stored *s, struct error *err)
{
    /* In the order of the kinds: a row refers to earlier ones. */
    for (int kind = 0; kind < DIMENSION_COUNT; kind++) {
        struct dimension *dimension = &s->dimensions[kind];
        struct text keys[FETCH_MOST];
        size_t n = 0;
        for (size_t i = 0; i <= dimension->count; i++) {
            if (n == FETCH_MOST || (n && i == dimension->count)) {
                if (!restore(s, (enum kind)kind, keys, n, err))
                    return false;
                n = 0;
            }
            if (i == dimension->count || !dimension->rows[i].said_before)
                continue;
            dimension->rows[i].said_before = false; /* what the database does not hold is news after all */
            keys[n++] = dimension_key(dimension, (int64_t)i);
        }
    }
    return true;
}

/* The number of the key in a sorted table of pointers to keys. */
static int by_text(const void *a, const void *b)
{
    const struct text *x = *(const struct text *const *)a, *y = *(const struct text *const *)b;
    int order = memcmp(x->bytes, y->bytes, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

bool stored_orders(struct stored *s, const struct text *keys, size_t count, bson_t **docs, struct error *err)
{
    struct documents found = {0};
    const struct text **sorted = memory_zeroed(count + 1, sizeof *sorted);
    bool ok;
    for (size_t i = 0; i < count; i++) {
        docs[i] = NULL;
        sorted[i] = &keys[i];
    }
    qsort(sorted, count, sizeof *sorted, by_text);
    ok = find(s, KIND_ORDER, keys, count, &found, err);
    for (size_t i = 0; i < found.count && ok; i++) {
        struct text id = text_field(found.list[i], "_id");
        const struct text *wanted = &id;
        const struct text **at = id.bytes ? bsearch(&wanted, sorted, count, sizeof *sorted, by_text) : NULL;
        if (at) {
            docs[*at - keys] = found.list[i];
            found.list[i] = NULL;
        }
    }
    documents_release(&found);
    free(sorted);
    return ok;
}

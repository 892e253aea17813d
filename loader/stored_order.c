#include "loader/stored_order.h"

#include <string.h>

static const struct order_word database = {.file = FROM_DATABASE};

/* An order's document, or a part of it, while it is read. */
struct reading {
    const struct dimension *dimensions;
    struct order *order;
    bool strange; /* something in it is not as we write it */
};

static struct text text_at(const bson_iter_t *it)
{
    uint32_t n;
    const char *text;
    if (!BSON_ITER_HOLDS_UTF8(it))
        return (struct text){0};
    text = bson_iter_utf8(it, &n);
    return (struct text){text, n};
}

static void want(struct stored *stored, enum kind kind, const bson_iter_t *it)
{
    struct text key = text_at(it);
    if (key.bytes)
        stored_want(stored, kind, key);
}

void stored_order_want(struct stored *stored, const bson_t *doc)
{
    bson_iter_t it, items, item;
    if (bson_iter_init_find(&it, doc, "customer_id"))
        want(stored, KIND_CUSTOMER, &it);
    if (bson_iter_init_find(&it, doc, "location_id"))
        want(stored, KIND_LOCATION, &it);
    if (bson_iter_init_find(&it, doc, "warehouse_id"))
        want(stored, KIND_LOCATION, &it);
    if (!bson_iter_init_find(&it, doc, "items") || !bson_iter_recurse(&it, &items))
        return;
    while (bson_iter_next(&items)) {
        if (!bson_iter_recurse(&items, &item))
            continue;
        while (bson_iter_next(&item)) {
            if (strcmp(bson_iter_key(&item), "product_id") == 0)
                want(stored, KIND_PRODUCT, &item);
            else if (strcmp(bson_iter_key(&item), "seller_id") == 0)
                want(stored, KIND_SELLER, &item);
        }
    }
}

static struct value reference_at(const struct reading *r, enum kind kind, const bson_iter_t *it)
{
    struct text key = text_at(it);
    int64_t row = key.bytes ? dimension_find(&r->dimensions[kind], key) : DIMENSION_NONE;
    return row == DIMENSION_NONE ? value_null() : value_integer(row);
}

/* A text, a number or a moment as it stands. */
static struct value plain_at(const bson_iter_t *it)
{
    bson_decimal128_t raw;
    struct decimal number;
    if (BSON_ITER_HOLDS_UTF8(it))
        return value_text(text_at(it));
    if (BSON_ITER_HOLDS_INT32(it))
        return value_integer(bson_iter_int32(it));
    if (BSON_ITER_HOLDS_DECIMAL128(it) && bson_iter_decimal128(it, &raw) && decimal_from_bson(&raw, &number))
        return value_number(number);
    if (BSON_ITER_HOLDS_DATE_TIME(it))
        return (struct value){.type = VALUE_TIME, .integer = bson_iter_date_time(it)};
    return value_null();
}

/* The fields of a document that are fields of a kind, by their names. */
static void read_fields(const struct reading *r, enum kind kind, bson_iter_t *it, struct value *values)
{
    for (size_t i = 0; i < schema_kinds[kind].field_count; i++)
        values[i] = value_null();
    while (bson_iter_next(it)) {
        int field = schema_find_field(kind, bson_iter_key(it));
        if (field < 0)
            continue;
        values[field] = schema_kinds[kind].fields[field].type == FIELD_REFERENCE
                            ? reference_at(r, schema_kinds[kind].fields[field].refers, it)
                            : plain_at(it);
    }
}

static bool read_status(const bson_t *doc, struct value *status)
{
    bson_iter_t it;
    struct text name = bson_iter_init_find(&it, doc, "status") ? text_at(&it) : (struct text){0};
    for (size_t i = 0; i < order_status_count; i++) {
        if (text_equal(name, text_of(order_statuses[i].name))) {
            *status = value_integer((int64_t)i);
            return true;
        }
    }
    return false;
}

static void add_line(struct reading *r, const struct value *values)
{
    struct cleaning ignored = {0};
    const struct value *first;
    order_add_item(r->order, values, &database, &ignored, &first);
}

/* A line, or an item that is one. */
static void read_line(const struct reading *r, const bson_iter_t *line, struct value values[ITEM_FIELDS])
{
    bson_iter_t fields;
    values[ITEM_COSTED_SALES] = value_null();
    if (bson_iter_recurse(line, &fields))
        read_fields(r, KIND_ITEM, &fields, values);
    if (bson_iter_recurse(line, &fields) && bson_iter_find(&fields, "costed_sales"))
        values[ITEM_COSTED_SALES] = plain_at(&fields);
}

/* The lines of an item: those that it lists, or itself. */
static void read_item(struct reading *r, bson_iter_t *item)
{
    struct value values[ITEM_FIELDS] = {0}, line[ITEM_FIELDS] = {0};
    bson_iter_t fields, lines;
    bool listed = false;
    if (!bson_iter_recurse(item, &fields))
        return;
    read_line(r, item, values);
    r->strange |= values[ITEM_PRODUCT].type == VALUE_NULL || values[ITEM_QUANTITY].type != VALUE_INTEGER;
    if (bson_iter_recurse(item, &fields) && bson_iter_find(&fields, "lines") && bson_iter_recurse(&fields, &lines)) {
        while (bson_iter_next(&lines)) {
            if (!BSON_ITER_HOLDS_DOCUMENT(&lines))
                continue;
            read_line(r, &lines, line);
            line[ITEM_PRODUCT] = values[ITEM_PRODUCT];
            line[ITEM_SELLER] = values[ITEM_SELLER];
            add_line(r, line);
            listed = true;
        }
    }
    if (!listed)
        add_line(r, values);
}

static void read_payment(struct reading *r, bson_iter_t *payment)
{
    struct value values[PAYMENT_FIELDS];
    const struct value *first;
    bson_iter_t fields;
    if (!bson_iter_recurse(payment, &fields))
        return;
    read_fields(r, KIND_PAYMENT, &fields, values);
    values[PAYMENT_ORDER] = r->order->values[ORDER_ID];
    order_add_payment(r->order, values, &database, &first);
}

static void read_review(struct reading *r, bson_iter_t *review)
{
    struct value values[REVIEW_FIELDS];
    const struct value *first;
    bson_iter_t fields;
    if (!bson_iter_recurse(review, &fields))
        return;
    read_fields(r, KIND_REVIEW, &fields, values);
    if (bson_iter_recurse(review, &fields) && bson_iter_find(&fields, "review_id"))
        values[REVIEW_ID] = plain_at(&fields);
    values[REVIEW_ORDER] = r->order->values[ORDER_ID];
    order_add_review(r->order, values, &database, &first);
}

static void read_parts(struct reading *r, const bson_t *doc, const char *name,
                       void (*read)(struct reading *r, bson_iter_t *part))
{
    bson_iter_t it, parts;
    if (!bson_iter_init_find(&it, doc, name) || !bson_iter_recurse(&it, &parts))
        return;
    while (bson_iter_next(&parts))
        read(r, &parts);
}

/* A moment that is its own day came without a time of day, or might as well have: its day by the shop's clock is that
 * one either way. */
static void read_day(const bson_t *doc, const char *day, struct value *moment)
{
    bson_iter_t it;
    if (moment->type == VALUE_TIME && bson_iter_init_find(&it, doc, day) && BSON_ITER_HOLDS_DATE_TIME(&it) &&
        bson_iter_date_time(&it) == moment->integer)
        moment->type = VALUE_DAY;
}

/* The order's own fields. A source without a time of day leaves the hour null. */
static bool read_head(struct reading *r, const bson_t *doc)
{
    struct value *values = r->order->values;
    bson_iter_t it;
    if (!bson_iter_init(&it, doc))
        return false;
    read_fields(r, KIND_ORDER, &it, values);
    if (!read_status(doc, &values[ORDER_STATUS]) || values[ORDER_ID].type != VALUE_TEXT ||
        values[ORDER_ORDERED].type != VALUE_TIME)
        return false;
    r->order->at_customer = values[ORDER_LOCATION].type == VALUE_NULL ||
                            (bson_iter_init_find(&it, doc, "at_customer") && bson_iter_as_bool(&it));
    if (bson_iter_init_find(&it, doc, "hour") && BSON_ITER_HOLDS_NULL(&it))
        values[ORDER_ORDERED].type = VALUE_DAY;
    read_day(doc, "shipped_day", &values[ORDER_SHIPPED]);
    read_day(doc, "delivered_day", &values[ORDER_DELIVERED]);
    read_day(doc, "estimated_day", &values[ORDER_ESTIMATED]);
    return true;
}

bool stored_order_read(const struct stored *stored, const bson_t *doc, struct order *order, struct error *err)
{
    struct reading r = {.dimensions = stored->dimensions, .order = order};
    order_clear(order);
    r.strange = !read_head(&r, doc);
    read_parts(&r, doc, "items", read_item);
    read_parts(&r, doc, "payments", read_payment);
    read_parts(&r, doc, "reviews", read_review);
    if (r.strange)
        error_set(err, ERROR_INVALID,
                  "the collection orders holds an order that kpi-load did not write, or whose products are gone; "
                  "load everything again with --replace");
    return !r.strange;
}

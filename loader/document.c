#include "loader/document.h"
#include "core/day.h"
#include "loader/distance.h"

#include <string.h>

/* For keys that are literals. */
#define KEY(key) (key), (int)(sizeof(key) - 1)

static void put_value(bson_t *doc, const char *key, int n, const struct value *value)
{
    bson_decimal128_t decimal;
    switch (value->type) {
    case VALUE_NULL:
        bson_append_null(doc, key, n);
        break;
    case VALUE_TEXT:
        bson_append_utf8(doc, key, n, value->text.bytes, (int)value->text.n);
        break;
    case VALUE_NUMBER:
        decimal_to_bson(decimal_reduce(value->number), &decimal);
        bson_append_decimal128(doc, key, n, &decimal);
        break;
    case VALUE_INTEGER:
        bson_append_int32(doc, key, n, (int32_t)value->integer);
        break;
    case VALUE_TIME:
    case VALUE_DAY:
        bson_append_date_time(doc, key, n, value->integer);
        break;
    }
}

/* The key of the row that a reference names, or null. */
static void put_reference(bson_t *doc, const char *key, int n, const struct dimension *dimension,
                          const struct value *reference)
{
    struct value id = {.type = VALUE_NULL};
    if (reference->type == VALUE_INTEGER)
        values_unpack(dimension->rows[reference->integer].packed, &id, 1);
    put_value(doc, key, n, &id);
}

static void put_point(bson_t *doc, const struct value *latitude, const struct value *longitude)
{
    bson_t point, coordinates;
    if (latitude->type == VALUE_NULL || longitude->type == VALUE_NULL) {
        bson_append_null(doc, KEY("point"));
        return;
    }
    bson_append_document_begin(doc, KEY("point"), &point);
    bson_append_utf8(&point, KEY("type"), KEY("Point"));
    bson_append_array_begin(&point, KEY("coordinates"), &coordinates);
    bson_append_double(&coordinates, KEY("0"), decimal_to_double(longitude->number));
    bson_append_double(&coordinates, KEY("1"), decimal_to_double(latitude->number));
    bson_append_array_end(&point, &coordinates);
    bson_append_document_end(doc, &point);
}

void document_dimension(bson_t *doc, const struct dimension dimensions[DIMENSION_COUNT], enum kind kind, int64_t number)
{
    const struct schema_kind *schema = &schema_kinds[kind];
    struct value values[FIELDS_MOST];
    dimension_values(&dimensions[kind], number, values);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct schema_field *field = &schema->fields[i];
        if (field->type == FIELD_REFERENCE)
            put_reference(doc, field->name, -1, &dimensions[field->refers], &values[i]);
        else if (field->type != FIELD_DEGREES)
            put_value(doc, field->name, -1, &values[i]);
    }
    if (kind == KIND_LOCATION)
        put_point(doc, &values[LOCATION_LATITUDE], &values[LOCATION_LONGITUDE]);
}

/* A moment and, in a field beside it, its day by the shop's clock. */
static void put_moment(bson_t *doc, const struct order *order, int field, const char *at, const char *on)
{
    struct value day = order->values[field];
    put_value(doc, at, -1, &day);
    if (day.type != VALUE_NULL)
        day.integer = day_to_ms(day_from_ms(order_wall_time(order, field)));
    put_value(doc, on, -1, &day);
}

/* The calendar of the order's time in the shop: fields that KPIs group by. */
static void put_calendar(bson_t *doc, const struct order *order)
{
    const struct value *ordered = &order->values[ORDER_ORDERED];
    int64_t wall = order_wall_time(order, ORDER_ORDERED), day = day_from_ms(wall);
    bson_append_date_time(doc, KEY("ordered_at"), ordered->integer);
    bson_append_date_time(doc, KEY("day"), day_to_ms(day));
    bson_append_int32(doc, KEY("month_of_year"), day_to_civil(day).month);
    bson_append_int32(doc, KEY("weekday"), day_weekday(day));
    if (ordered->type == VALUE_TIME)
        bson_append_int32(doc, KEY("hour"), (int32_t)((wall - day_to_ms(day)) / 3600000));
    else
        bson_append_null(doc, KEY("hour"));
}

/* What the order copies from its location and its customer. */
static void put_place(bson_t *doc, const struct dimension *dimensions, const struct value *location,
                      const struct value *customer)
{
    struct value place[LOCATION_FIELDS], person[CUSTOMER_FIELDS];
    memset(place, 0, sizeof place);
    memset(person, 0, sizeof person);
    if (location->type == VALUE_INTEGER)
        dimension_values(&dimensions[KIND_LOCATION], location->integer, place);
    if (customer->type == VALUE_INTEGER)
        dimension_values(&dimensions[KIND_CUSTOMER], customer->integer, person);
    put_value(doc, KEY("region"), &place[LOCATION_REGION]);
    put_value(doc, KEY("country"), &place[LOCATION_COUNTRY]);
    put_value(doc, KEY("state"), &place[LOCATION_STATE]);
    put_value(doc, KEY("city"), &place[LOCATION_CITY]);
    put_value(doc, KEY("segment"), &person[CUSTOMER_SEGMENT]);
}

/* Appends a document to an array, under the number that is its key. */
static void begin_element(bson_t *array, size_t number, bson_t *element)
{
    char text[16];
    const char *key;
    size_t n = bson_uint32_to_string((uint32_t)number, &key, text, sizeof text);
    bson_append_document_begin(array, key, (int)n, element);
}

static void put_amounts(bson_t *doc, const struct value *item)
{
    put_value(doc, KEY("quantity"), &item[ITEM_QUANTITY]);
    put_value(doc, KEY("unit_price"), &item[ITEM_UNIT_PRICE]);
    put_value(doc, KEY("gross"), &item[ITEM_GROSS]);
    put_value(doc, KEY("discount"), &item[ITEM_DISCOUNT]);
    put_value(doc, KEY("sales"), &item[ITEM_SALES]);
    put_value(doc, KEY("cost"), &item[ITEM_COST]);
    put_value(doc, KEY("profit"), &item[ITEM_PROFIT]);
    put_value(doc, KEY("costed_sales"), &item[ITEM_COSTED_SALES]);
    put_value(doc, KEY("freight"), &item[ITEM_FREIGHT]);
}

/* The lines that an item is the sum of. Only they tell what a line that comes again replaces. */
static void put_lines(bson_t *doc, const struct order *order, const struct order_item *item)
{
    bson_t lines, line;
    size_t count = 0;
    bson_append_array_begin(doc, KEY("lines"), &lines);
    for (size_t i = item->first_line; i < order->line_count; i++) {
        const struct value *values = order->lines[i].values;
        if (!value_equal(&values[ITEM_PRODUCT], &item->values[ITEM_PRODUCT]) ||
            !value_equal(&values[ITEM_SELLER], &item->values[ITEM_SELLER]))
            continue;
        begin_element(&lines, count++, &line);
        put_value(&line, KEY("line"), &values[ITEM_LINE]);
        put_amounts(&line, values);
        bson_append_document_end(&lines, &line);
    }
    bson_append_array_end(doc, &lines);
}

static void put_item(bson_t *doc, const struct dimension *dimensions, const struct order *order,
                     const struct order_item *item)
{
    static const struct value several = {.type = VALUE_NULL};
    struct value product[PRODUCT_FIELDS];
    const struct value *values = item->values;
    dimension_values(&dimensions[KIND_PRODUCT], values[ITEM_PRODUCT].integer, product);
    put_value(doc, KEY("product_id"), &product[PRODUCT_ID]);
    put_reference(doc, KEY("seller_id"), &dimensions[KIND_SELLER], &values[ITEM_SELLER]);
    put_value(doc, KEY("line"), item->line_count == 1 ? &values[ITEM_LINE] : &several);
    put_value(doc, KEY("name"), &product[PRODUCT_NAME]);
    put_value(doc, KEY("category"), &product[PRODUCT_CATEGORY]);
    put_value(doc, KEY("subcategory"), &product[PRODUCT_SUBCATEGORY]);
    put_amounts(doc, values);
    if (item->line_count > 1)
        put_lines(doc, order, item);
}

static void put_items(bson_t *doc, const struct dimension *dimensions, const struct order *order)
{
    bson_t items, item;
    bson_append_array_begin(doc, KEY("items"), &items);
    for (size_t i = 0; i < order->item_count; i++) {
        begin_element(&items, i, &item);
        put_item(&item, dimensions, order, &order->items[i]);
        bson_append_document_end(&items, &item);
    }
    bson_append_array_end(doc, &items);
}

static void put_totals(bson_t *doc, const struct order_totals *totals)
{
    put_value(doc, KEY("gross"), &totals->gross);
    put_value(doc, KEY("sales"), &totals->sales);
    put_value(doc, KEY("profit"), &totals->profit);
    put_value(doc, KEY("costed_sales"), &totals->costed_sales);
    put_value(doc, KEY("discount"), &totals->discount);
    put_value(doc, KEY("freight"), &totals->freight);
    put_value(doc, KEY("units"), &totals->units);
    put_value(doc, KEY("products"), &totals->products);
    bson_append_int32(doc, KEY("orders"), 1);
}

static void put_payments(bson_t *doc, const struct order *order)
{
    bson_t payments, payment;
    bson_append_array_begin(doc, KEY("payments"), &payments);
    for (size_t i = 0; i < order->payment_count; i++) {
        const struct value *values = order->payments[i].values;
        begin_element(&payments, i, &payment);
        put_value(&payment, KEY("sequence"), &values[PAYMENT_SEQUENCE]);
        put_value(&payment, KEY("type"), &values[PAYMENT_TYPE]);
        put_value(&payment, KEY("installments"), &values[PAYMENT_INSTALLMENTS]);
        put_value(&payment, KEY("value"), &values[PAYMENT_VALUE]);
        bson_append_document_end(&payments, &payment);
    }
    bson_append_array_end(doc, &payments);
}

static void put_reviews(bson_t *doc, const struct order *order)
{
    struct value score = order_review_score(order);
    bson_t reviews, review;
    bson_append_array_begin(doc, KEY("reviews"), &reviews);
    for (size_t i = 0; i < order->review_count; i++) {
        const struct value *values = order->reviews[i].values;
        begin_element(&reviews, i, &review);
        put_value(&review, KEY("review_id"), &values[REVIEW_ID]);
        put_value(&review, KEY("score"), &values[REVIEW_SCORE]);
        put_value(&review, KEY("created_at"), &values[REVIEW_CREATED]);
        bson_append_document_end(&reviews, &review);
    }
    bson_append_array_end(doc, &reviews);
    put_value(doc, KEY("review_score"), &score);
}

static void put_distance(bson_t *doc, const struct dimension *dimensions, const struct order *order)
{
    double km;
    if (distance_of_order(dimensions, order, &km))
        bson_append_double(doc, KEY("distance_km"), km);
    else
        bson_append_null(doc, KEY("distance_km"));
}

void document_order(bson_t *doc, const struct dimension dimensions[DIMENSION_COUNT], const struct order *order)
{
    const struct value *v = order->values;
    const struct order_status *status = &order_statuses[v[ORDER_STATUS].integer];
    put_value(doc, KEY("_id"), &v[ORDER_ID]);
    put_reference(doc, KEY("customer_id"), &dimensions[KIND_CUSTOMER], &v[ORDER_CUSTOMER]);
    put_reference(doc, KEY("location_id"), &dimensions[KIND_LOCATION], &v[ORDER_LOCATION]);
    bson_append_bool(doc, KEY("at_customer"), order->at_customer && v[ORDER_LOCATION].type != VALUE_NULL);
    put_reference(doc, KEY("warehouse_id"), &dimensions[KIND_LOCATION], &v[ORDER_WAREHOUSE]);
    put_calendar(doc, order);
    put_moment(doc, order, ORDER_SHIPPED, "shipped_at", "shipped_day");
    put_moment(doc, order, ORDER_DELIVERED, "delivered_at", "delivered_day");
    put_moment(doc, order, ORDER_ESTIMATED, "estimated_at", "estimated_day");
    bson_append_utf8(doc, KEY("status"), status->name, -1);
    bson_append_bool(doc, KEY("counted"), status->counted);
    put_value(doc, KEY("ship_mode"), &v[ORDER_SHIP_MODE]);
    put_place(doc, dimensions, &v[ORDER_LOCATION], &v[ORDER_CUSTOMER]);
    put_items(doc, dimensions, order);
    put_totals(doc, &order->totals);
    put_payments(doc, order);
    put_reviews(doc, order);
    put_distance(doc, dimensions, order);
    bson_append_bool(doc, KEY("is_return"), order_is_return(order));
}
